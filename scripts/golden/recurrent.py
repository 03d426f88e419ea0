"""torch.nn.RNN, LSTM and GRU: outputs, final states and all gradients, over the matrix of their options."""

from itertools import product

import torch
from golden import results, rounded, save, start, tensors
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
CAMEL = {"num_layers": "numLayers", "batch_first": "batchFirst", "proj_size": "projSize"}

# name, options, input [T, B, D] or [T, D], hidden size, whether initial states are given
LARGER = [
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
# How an input comes: options, shape for T = 4, B = 3, D = 2, lengths
LAYOUTS = {
    "batched": ({}, (4, 3, 2), None),
    "batch first": ({"batch_first": True}, (3, 4, 2), None),
    "unbatched": ({}, (4, 2), None),
    "packed": ({}, (4, 3, 2), [4, 3, 1]),
    "packed, batch first": ({"batch_first": True}, (3, 4, 2), [4, 2, 2]),
    "packed, unsorted": ({}, (4, 3, 2), [2, 4, 3]),
    "packed, unsorted, batch first": ({"batch_first": True}, (3, 4, 2), [2, 4, 3]),
}


def case(kind, name, options, shape, hidden, given, lengths=None) -> dict:
    net = MODULES[kind](shape[-1], hidden, **options)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(p.mul(1000).round().div(1000))
    x = rounded(*shape).requires_grad_()
    layers = net.num_layers * (2 if net.bidirectional else 1)
    batch = [] if len(shape) == 2 else [shape[0 if net.batch_first else 1]]
    widths = {"h0": net.proj_size or hidden, **({"c0": hidden} if kind == "lstm" else {})}
    initial = {}
    if given:
        initial = {k: rounded(layers, *batch, n).requires_grad_() for k, n in widths.items()}
    states = tuple(initial.values())
    first = net.batch_first
    enforce = lengths is not None and lengths == sorted(lengths, reverse=True)
    sequence = x if lengths is None else pack_padded_sequence(x, lengths, first, enforce)
    output, final = net(sequence, (states if kind == "lstm" else states[0]) if given else None)
    final = final if kind == "lstm" else (final,)
    if lengths is not None:
        output, _ = pad_packed_sequence(output, first)
    outputs = {"output": output, **dict(zip(["hn", "cn"], final))}
    cotangents = {k: rounded(*v.shape) for k, v in outputs.items()}
    sum((v * cotangents[k]).sum() for k, v in outputs.items()).backward()
    inputs = {"input": x, **initial}
    camel = {CAMEL.get(k, k): v for k, v in options.items()}
    return {
        "name": name,
        "options": {"inputSize": shape[-1], "hiddenSize": hidden, **camel},
        **({"lengths": lengths, "enforceSorted": enforce} if lengths else {}),
        "state": tensors(dict(net.named_parameters())),
        "inputs": tensors(inputs),
        "cotangents": tensors(cotangents),
        "outputs": results(outputs),
        "grads": results({k: v.grad for k, v in [*inputs.items(), *net.named_parameters()]}),
    }


def matrix(kind: str, extra: dict) -> list:
    """Every layout with every combination of layers, directions and biases; initial states for every second one."""
    cases = []
    for layout, num_layers, bidirectional, bias in product(
        LAYOUTS, (1, 2, 3), (False, True), (True, False)
    ):
        options, shape, lengths = LAYOUTS[layout]
        chosen = {"num_layers": num_layers, "bidirectional": bidirectional, "bias": bias}
        words = [layout, f"{num_layers} layers"]
        words += ["bidirectional"] * bidirectional + ["no bias"] * (not bias)
        words += [f"{k} {v}" for k, v in extra.items()]
        given = len(cases) % 2 == 1
        name = ", ".join(words)
        cases.append(case(kind, name, {**options, **chosen, **extra}, shape, 3, given, lengths))
    return cases


start()
for kind in MODULES:
    cases = [case(kind, *configuration) for configuration in LARGER]
    cases += matrix(kind, {})
    if kind == "rnn":
        cases += matrix(kind, {"nonlinearity": "relu"})
    if kind == "lstm":
        cases += matrix(kind, {"proj_size": 2})
    save(kind, cases)
