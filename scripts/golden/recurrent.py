"""torch.nn.RNN, LSTM and GRU: outputs, final states and all gradients."""

import torch
from golden import rounded, save, start, tensors

# name, options, input [T, B, D] or [T, D], hidden size, whether initial states are given
CONFIGURATIONS = [
    ("plain", {}, (5, 3, 4), 5, False),
    ("initial states", {}, (4, 2, 3), 4, True),
    ("no bias", {"bias": False}, (4, 2, 3), 4, True),
    ("one of everything", {}, (1, 1, 1), 1, True),
    ("two layers", {"num_layers": 2}, (4, 2, 3), 5, True),
    ("bidirectional", {"bidirectional": True}, (5, 2, 3), 4, False),
    ("batch first", {"batch_first": True}, (4, 3, 2), 3, True),
    ("unbatched", {}, (6, 3), 5, True),
    ("unbatched, bidirectional", {"bidirectional": True, "num_layers": 2}, (3, 2), 3, True),
    (
        "all together",
        {"num_layers": 3, "bidirectional": True, "batch_first": True, "bias": False},
        (3, 5, 4),
        5,
        True,
    ),
    ("wider than the vectors", {}, (2, 5, 9), 17, True),
]
CAMEL = {"num_layers": "numLayers", "batch_first": "batchFirst"}


def case(kind: str, name: str, options: dict, shape: tuple, hidden: int, given: bool) -> dict:
    module = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind]
    net = module(shape[-1], hidden, **options)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(p.mul(1000).round().div(1000))
    x = rounded(*shape).requires_grad_()
    layers = net.num_layers * (2 if net.bidirectional else 1)
    batch = [] if len(shape) == 2 else [shape[0 if net.batch_first else 1]]
    names = ["h0", "c0"] if kind == "lstm" else ["h0"]
    initial = {k: rounded(layers, *batch, hidden).requires_grad_() for k in names} if given else {}
    states = tuple(initial.values())
    output, final = net(x, (states if kind == "lstm" else states[0]) if given else None)
    final = final if kind == "lstm" else (final,)
    outputs = {"output": output, **dict(zip(["hn", "cn"], final))}
    cotangents = {k: rounded(*v.shape) for k, v in outputs.items()}
    sum((v * cotangents[k]).sum() for k, v in outputs.items()).backward()
    inputs = {"input": x, **initial}
    camel = {CAMEL.get(k, k): v for k, v in options.items()}
    return {
        "name": name,
        "options": {"inputSize": shape[-1], "hiddenSize": hidden, **camel},
        "state": tensors(dict(net.named_parameters())),
        "inputs": tensors(inputs),
        "cotangents": tensors(cotangents),
        "outputs": tensors(outputs),
        "grads": tensors({k: v.grad for k, v in [*inputs.items(), *net.named_parameters()]}),
    }


start()
for kind in ["rnn", "lstm", "gru"]:
    cases = [case(kind, *configuration) for configuration in CONFIGURATIONS]
    if kind == "rnn":
        relu = [c for c in CONFIGURATIONS if c[0] in ("plain", "two layers", "all together")]
        for name, options, *rest in relu:
            cases.append(case(kind, f"relu, {name}", {**options, "nonlinearity": "relu"}, *rest))
    save(kind, cases)
