"""Five steps of torch.optim's optimisers with gradients that are 0, denormal or huge, all at once, with odd options."""

import itertools

import torch
from golden import save, start, tensor
from optimizer_options import CAMEL, OPTIMIZERS

GRADIENTS = [0.0, -0.0, 1e-45, -1e-40, 1e-20, -1e-8, 1.0, -1e15, 1e18, -1e18]
PARAMETERS = [0.5, 0.0, 1.0, -1e-40, -1.0, 2.0, -0.5, 1e10, 1.0, 0.0]
CONFIGURATIONS = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"centered": True, "momentum": 0.9}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "betas": [0.0, 0.0]}),
    ("AdamW", {}),
    ("AdamW", {"eps": 1e-30}),
]
ODD = [{"lr": 0.01}, {"lr": 0.0}, {"lr": 0.01, "weight_decay": 0.1}]


def run(op: str, options: dict, dtype: torch.dtype) -> list:
    p = torch.nn.Parameter(torch.tensor(PARAMETERS, dtype=dtype))
    optimizer = OPTIMIZERS[op]([p], **options)
    found = []
    for _ in range(5):
        p.grad = torch.tensor(GRADIENTS, dtype=dtype)
        optimizer.step()
        found.append(tensor(p, 9 if dtype is torch.float32 else 13))
    return found


start()
cases = []
for (op, options), odd in itertools.product(CONFIGURATIONS, ODD):
    all = {**options, **odd}
    camel = {CAMEL.get(k, k): v for k, v in all.items()}
    cases.append(
        {
            "name": " ".join([op, *(f"{k} {v}" for k, v in camel.items())]),
            "op": op,
            "options": camel,
            "parameters": PARAMETERS,
            "gradients": GRADIENTS,
            "float64": run(op, all, torch.float64),
            "float32": run(op, all, torch.float32),
        }
    )
save("optimizer-edges", cases)
