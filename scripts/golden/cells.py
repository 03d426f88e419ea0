"""torch.nn.RNNCell, LSTMCell and GRUCell: next states and all gradients."""

from itertools import product

import torch
from golden import results, rounded, save, start, tensors

CELLS = {
    "rnn": (torch.nn.RNNCell, [{}, {"nonlinearity": "relu"}]),
    "lstm": (torch.nn.LSTMCell, [{}]),
    "gru": (torch.nn.GRUCell, [{}]),
}
# Inputs, units: odd, one, past two vectors, a whole vector
SIZES = [(3, 5), (1, 1), (5, 9), (2, 4)]


def case(kind: str, options: dict, sizes: tuple, batch: list, given: bool) -> dict:
    D, H = sizes
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
    words = [f"{D} to {H}", "batched" if batch else "unbatched", "states" if given else "no states"]
    return {
        "kind": kind,
        "name": ", ".join([*words, *(f"{k} {v}" for k, v in options.items())]),
        "options": {"inputSize": D, "hiddenSize": H, **options},
        "state": tensors(dict(cell.named_parameters())),
        "inputs": tensors(inputs),
        "cotangents": tensors(cotangents),
        "outputs": results(outputs),
        "grads": results({k: v.grad for k, v in [*inputs.items(), *cell.named_parameters()]}),
    }


start()
save(
    "cells",
    [
        case(kind, {**extra, **bias}, sizes, batch, given)
        for kind, (_, extras) in CELLS.items()
        for extra, bias, sizes, batch, given in product(
            extras, [{}, {"bias": False}], SIZES, [[4], []], [True, False]
        )
    ],
)
