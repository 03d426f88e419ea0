"""torch.nn.utils.rnn: what packing and padding give, and the gradients through them."""

import torch
from golden import rounded, save, start, tensor, tensors
from torch.nn.utils import rnn


def packed_fields(packed: rnn.PackedSequence) -> dict:
    ints = lambda t: None if t is None else t.tolist()
    return {
        "batchSizes": ints(packed.batch_sizes),
        "sortedIndices": ints(packed.sorted_indices),
        "unsortedIndices": ints(packed.unsorted_indices),
    }


def pack_padded(name: str, shape: tuple, lengths: list, first: bool, enforce: bool, pad: dict) -> dict:
    x = rounded(*shape).requires_grad_()
    packed = rnn.pack_padded_sequence(x, torch.tensor(lengths), first, enforce)
    w = rounded(*packed.data.shape)
    (packed.data * w).sum().backward()
    data = packed.data.detach().requires_grad_()
    again, lengths_again = rnn.pad_packed_sequence(packed._replace(data=data), first, **pad)
    w_again = rounded(*again.shape)
    (again * w_again).sum().backward()
    options = {"paddingValue": pad.get("padding_value"), "totalLength": pad.get("total_length")}
    return {
        "name": name,
        "lengths": lengths,
        "batchFirst": first,
        "enforceSorted": enforce,
        "padOptions": {k: v for k, v in options.items() if v is not None},
        **packed_fields(packed),
        "tensors": tensors(
            {
                "input": x,
                "data": packed.data,
                "dData": w,
                "dInput": x.grad,
                "padded": again,
                "dPadded": w_again,
                "dDataAgain": data.grad,
            }
        ),
        "lengthsAgain": lengths_again.tolist(),
    }


def pad(name: str, lengths: list, first: bool, value: float, side: str) -> dict:
    xs = [rounded(n, 2).requires_grad_() for n in lengths]
    y = rnn.pad_sequence(xs, first, value, side)
    w = rounded(*y.shape)
    (y * w).sum().backward()
    descending = sorted(lengths, reverse=True) == lengths
    packed = rnn.pack_sequence(xs, enforce_sorted=descending)
    return {
        "name": name,
        "options": {"batchFirst": first, "paddingValue": value, "paddingSide": side},
        "enforceSorted": descending,
        **packed_fields(packed),
        "sequences": [tensor(x) for x in xs],
        "tensors": tensors({"padded": y, "dPadded": w, "data": packed.data}),
        "grads": [tensor(x.grad) for x in xs],
    }


start()
save(
    "packed-sequence",
    [
        pack_padded("sorted", (4, 3, 2), [4, 2, 1], False, True, {}),
        pack_padded("sorted, batch first", (3, 4, 2), [4, 4, 1], True, True, {"padding_value": -1.5}),
        pack_padded("unsorted", (5, 4, 2), [2, 5, 1, 3], False, False, {"total_length": 7}),
        pack_padded("unsorted, batch first", (4, 5), [2, 5, 1, 3], True, False, {}),
        pack_padded("shorter than the tensor", (6, 2, 1), [2, 3], False, False, {}),
        pack_padded("more axes", (3, 2, 2, 2), [3, 1], False, True, {"padding_value": 2.0, "total_length": 4}),
    ],
)
save(
    "pad-sequence",
    [
        pad("right", [3, 1, 2], False, 0.0, "right"),
        pad("left, batch first", [1, 3, 2], True, -2.0, "left"),
        pad("left", [4, 2, 2], False, 1.0, "left"),
        pad("right, batch first", [3, 2, 1], True, 0.5, "right"),
    ],
)
