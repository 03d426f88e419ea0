"""torch.nn.Conv1d over its options, with all gradients, and F.pad's modes."""

import torch
import torch.nn.functional as F
from golden import rounded, save, start, tensor, tensors

CAMEL = {"padding_mode": "paddingMode"}
#   channels, length, kernel and options; batch 3, or None for an input without a batch
CONFIGURATIONS = [
    (3, 4, 9, 3, {}),
    (3, 4, 9, 3, {"bias": False}),
    (1, 1, 1, 1, {}),
    (5, 2, 7, 1, {}),
    (2, 3, 8, 4, {"stride": 2}),
    (2, 3, 10, 3, {"stride": 3}),
    (2, 3, 4, 2, {"stride": 5}),
    (2, 3, 7, 3, {"padding": 1}),
    (2, 3, 3, 5, {"padding": 4}),
    (2, 3, 11, 3, {"dilation": 2}),
    (2, 3, 12, 3, {"stride": 2, "padding": 3, "dilation": 3}),
    (4, 6, 8, 3, {"groups": 2}),
    (4, 4, 8, 3, {"groups": 4, "padding": 1}),
    (3, 6, 8, 2, {"groups": 3, "stride": 2, "bias": False}),
    (6, 4, 13, 4, {"groups": 2, "stride": 3, "padding": 2, "dilation": 2}),
    (2, 3, 7, 3, {"padding": "same"}),
    (2, 3, 7, 4, {"padding": "same"}),
    (2, 3, 9, 4, {"padding": "same", "dilation": 3}),
    (2, 3, 7, 3, {"padding": "valid"}),
    (2, 3, 7, 3, {"padding": 2, "padding_mode": "reflect"}),
    (2, 3, 7, 3, {"padding": 5, "padding_mode": "replicate"}),
    (2, 3, 7, 3, {"padding": 7, "padding_mode": "circular"}),
    (2, 3, 7, 4, {"padding": "same", "padding_mode": "reflect"}),
    (2, 3, 7, 4, {"padding": "same", "padding_mode": "circular", "dilation": 2}),
    (2, 3, 7, 3, {"padding": "valid", "padding_mode": "replicate"}),
    (4, 2, 9, 3, {"padding": 3, "padding_mode": "reflect", "groups": 2, "stride": 2}),
    (16, 8, 15, 3, {}),
    (8, 3, 13, 5, {}),
]

start()
cases = []
for inputs, outputs, length, width, options in CONFIGURATIONS:
    for batch in [3, None]:
        module = torch.nn.Conv1d(inputs, outputs, width, **options)
        with torch.no_grad():
            for p in module.parameters():
                p.copy_(rounded(*p.shape))
        x = rounded(*([batch] if batch else []), inputs, length).requires_grad_()
        y = module(x)
        dy = rounded(*y.shape)
        (y * dy).sum().backward()
        named = [f"{k} {v}" for k, v in options.items()]
        cases.append(
            {
                "name": ", ".join([f"{inputs} to {outputs}", f"{width} of {list(x.shape)}", *named]),
                "sizes": [inputs, outputs, width],
                "options": {CAMEL.get(k, k): v for k, v in options.items()},
                "state": tensors(module.state_dict()),
                "x": tensor(x),
                "y": tensor(y),
                "dy": tensor(dy),
                "grads": tensors({"x": x.grad, **{k: p.grad for k, p in module.named_parameters()}}),
            }
        )
save("conv1d", cases)

cases = []
for mode in ["reflect", "replicate", "circular"]:
    for shape, padding in [((4,), (3, 1)), ((2, 5), (0, 4)), ((3, 2, 4, 5), (2, 3, 1, 0))]:
        x = rounded(*[1] * (2 - min(len(shape), 2)), *shape).requires_grad_()
        y = F.pad(x, padding, mode=mode)
        dy = rounded(*y.shape)
        (y * dy).sum().backward()
        case = {"name": f"{mode}, {list(shape)} by {list(padding)}", "mode": mode}
        case |= {"padding": list(padding), "x": tensor(x), "y": tensor(y), "dy": tensor(dy)}
        cases.append(case | {"dx": tensor(x.grad)})
save("pad", cases)
