"""50 steps of torch.optim's optimisers, in float64 and in float32.

The gradient of p at step k is 0.3 p³ − 0.2 p + c[k], where c[k] is the parameter's own; none where c[k] is null.
"""

import torch
from golden import rounded, save, start, tensor, tensors
from optimizer_options import CAMEL, OPTIMIZERS

STEPS = 50
CONFIGURATIONS = [
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.05, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.02, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.001, "momentum": 0.5, "maximize": True}),
    ("RMSprop", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "alpha": 0.9, "eps": 1e-4, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.005, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.005, "centered": True}),
    ("RMSprop", {"lr": 0.005, "centered": True, "momentum": 0.5, "weight_decay": 0.01}),
    ("RMSprop", {"lr": 0.001, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05, "betas": [0.8, 0.99], "eps": 1e-3}),
    ("Adam", {"lr": 0.02, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05, "amsgrad": True, "betas": [0.9, 0.9]}),
    ("Adam", {"lr": 0.01, "maximize": True, "weight_decay": 0.01}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.02, "weight_decay": 0.2}),
    ("AdamW", {"lr": 0.05, "amsgrad": True, "betas": [0.9, 0.9]}),
    ("AdamW", {"lr": 0.01, "maximize": True}),
]


def run(op: str, options: dict, p0: dict, c: dict, second: dict, dtype: torch.dtype) -> dict:
    parameters = {k: torch.nn.Parameter(v.clone().to(dtype)) for k, v in p0.items()}
    a, b = parameters.values()
    optimizer = OPTIMIZERS[op]([{"params": [a]}, {"params": [b], **second}], **options)
    marks = {}
    for k in range(STEPS):
        for name, p in parameters.items():
            shift = c[name][k]
            p.grad = None if shift is None else (0.3 * p**3 - 0.2 * p + shift).detach()
        optimizer.step()
        if k in (0, 1, 9, STEPS - 1):
            marks[str(k + 1)] = {n: tensor(p, 9 if dtype is torch.float32 else 13) for n, p in parameters.items()}
    states = {
        f"{n}.{k}": v.reshape([1]) if k == "step" else v
        for n, p in parameters.items()
        for k, v in optimizer.state[p].items()
        if torch.is_tensor(v)
    }
    return {"steps": marks, "state": tensors(states)}


start()
cases = []
for op, options in CONFIGURATIONS:
    p0 = {"a": rounded(2, 3), "b": rounded(5)}
    c = {name: rounded(STEPS, scale=0.3).tolist() for name in p0}
    c["b"][3] = None  # no gradient at this step
    second = {"lr": options.get("lr", 0.001) / 2}
    camel = {CAMEL.get(k, k): v for k, v in options.items()}
    cases.append(
        {
            "name": " ".join([op, *(f"{k} {v}" for k, v in camel.items())]),
            "op": op,
            "options": camel,
            "second": second,
            "p0": tensors(p0),
            "shifts": c,
            "float64": run(op, options, p0, c, second, torch.float64),
            "float32": run(op, options, p0, c, second, torch.float32),
        }
    )
save("optimizers", cases)
