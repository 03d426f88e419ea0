"""torch.nn.RNNCell, LSTMCell and GRUCell: next states and all gradients."""

from itertools import product

import torch
from golden import rounded, save, start, tensors

CELLS = {
    "rnn": (torch.nn.RNNCell, [{}, {"nonlinearity": "relu"}]),
    "lstm": (torch.nn.LSTMCell, [{}]),
    "gru": (torch.nn.GRUCell, [{}]),
}


def case(kind: str, options: dict, batch: list, given: bool) -> dict:
    D, H = 3, 5
    cell = CELLS[kind][0](D, H, **options)
    with torch.no_grad():
        for p in cell.parameters():
            p.copy_(p.mul(1000).round().div(1000))
    names = ["h", "c"] if kind == "lstm" else ["h"]
    inputs = {"input": rounded(*batch, D).requires_grad_()}
    if given:
        inputs |= {k: rounded(*batch, H).requires_grad_() for k in names}
    states = [inputs[k] for k in names] if given else None
    result = cell(inputs["input"], states[0] if given and kind != "lstm" else states)
    outputs = dict(zip(names, result if kind == "lstm" else [result]))
    cotangents = {k: rounded(*v.shape) for k, v in outputs.items()}
    sum((v * cotangents[k]).sum() for k, v in outputs.items()).backward()
    words = ["batched" if batch else "unbatched", "states" if given else "no states"]
    return {
        "kind": kind,
        "name": ", ".join([*words, *(f"{k} {v}" for k, v in options.items())]),
        "options": {"inputSize": D, "hiddenSize": H, **options},
        "state": tensors(dict(cell.named_parameters())),
        "inputs": tensors(inputs),
        "cotangents": tensors(cotangents),
        "outputs": tensors(outputs),
        "grads": tensors({k: v.grad for k, v in [*inputs.items(), *cell.named_parameters()]}),
    }


start()
save(
    "cells",
    [
        case(kind, {**extra, **bias}, batch, given)
        for kind, (_, extras) in CELLS.items()
        for extra, bias, batch, given in product(extras, [{}, {"bias": False}], [[4], []], [True, False])
    ],
)
