"""What ops and their gradients give at NaN, infinities, zeros of both signs, denormals, kinks, ties and huge numbers."""

import itertools

import torch
import torch.nn.functional as F
from golden import number, save, start

UNARY = {
    "abs": torch.abs,
    "exp": torch.exp,
    "log": torch.log,
    "sin": torch.sin,
    "cos": torch.cos,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "gelu": F.gelu,
    "gelu tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "softplus": F.softplus,
    "sqrt": torch.sqrt,
    "square": torch.square,
    "neg": torch.neg,
    "sign": torch.sign,
    "erf": torch.erf,
    "clip": lambda x: torch.clamp(x, -1, 1),
    **{f"pow {p}": (lambda p: lambda x: torch.pow(x, p))(p) for p in (-1, 0, 0.5, 1, 2, 3)},
}
BINARY = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "pow": torch.pow,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "eq": torch.eq,
    "ne": torch.ne,
    "lt": torch.lt,
    "le": torch.le,
    "gt": torch.gt,
    "ge": torch.ge,
}
ROWS = {
    "sum": lambda x: x.sum(-1),
    "mean": lambda x: x.mean(-1),
    "max": lambda x: x.amax(-1),
    "min": lambda x: x.amin(-1),
    "argmax": lambda x: x.argmax(-1),
    "argmin": lambda x: x.argmin(-1),
    "logsumexp": lambda x: x.logsumexp(-1),
    "variance": lambda x: x.var(-1),
    "std": lambda x: x.std(-1),
    "cumsum": lambda x: x.cumsum(-1),
    "softmax": lambda x: x.softmax(-1),
    "logSoftmax": lambda x: x.log_softmax(-1),
    "crossEntropy": lambda x: F.cross_entropy(x, torch.ones(len(x), dtype=torch.int64), reduction="none"),
}
INF, NAN = float("inf"), float("nan")
NUMBERS = [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 20.0, 25.0, -100.0, 1e4, -1e4, 3e38, -3e38, 1e-40, -1e-40]
FEW = [NAN, INF, -INF, 0.0, 1.0, -2.0]


def flat(t: torch.Tensor) -> list:
    return [number(float(x), 9 if t.dtype is torch.float32 else 13) for x in t.detach().reshape(-1)]


def case(op: str, f, *inputs: torch.Tensor) -> dict:
    case = {"op": op, "inputs": [flat(x) for x in inputs], "shape": list(inputs[0].shape)}
    for dtype in (torch.float32, torch.float64):
        xs = [x.to(dtype).requires_grad_() for x in inputs]
        y = f(*xs)
        found = {"y": flat(y)}
        if y.requires_grad:
            found["dxs"] = [flat(dx) for dx in torch.autograd.grad(y.sum(), xs)]
        case[str(dtype).removeprefix("torch.")] = found
    return case


start()
pairs = torch.tensor(list(itertools.product(NUMBERS, NUMBERS))).T
rows = torch.tensor([*itertools.product(FEW, FEW, FEW), [1e4, -1e4, 1e4], [3e38, 3e38, -3e38], [1e-10, 0, -1e-10]])
save(
    "specials",
    [
        *(case(op, f, torch.tensor(NUMBERS)) for op, f in UNARY.items()),
        *(case(op, f, pairs[0], pairs[1]) for op, f in BINARY.items()),
        *(case(op, f, rows) for op, f in ROWS.items()),
    ],
)
