"""What the scripts beside this one share: PyTorch's numbers, to packed JSON in tests/golden.

Run one with a Python that has torch, numpy and safetensors: `python scripts/golden/recurrent.py`. Inputs are rounded
to few digits, so that both sides start from the same numbers; results are computed in float64 and kept to 13 digits.
"""

import gzip
import json
import math
from pathlib import Path

import torch

SEED = 20261123
FOLDER = Path(__file__).parents[2] / "tests" / "golden"


def start() -> None:
    torch.manual_seed(SEED)
    torch.set_default_dtype(torch.float64)


def rounded(*shape: int, scale: float = 1.0) -> torch.Tensor:
    """Normal numbers with three decimals."""
    return (torch.randn(shape) * scale).mul(1000).round().div(1000)


def number(x: float, digits: int):
    if math.isnan(x):
        return "nan"
    if math.isinf(x):
        return "inf" if x > 0 else "-inf"
    x = float(f"{x:.{digits}g}")
    return int(x) if x == int(x) and abs(x) < 1e15 else x


def tensor(t: torch.Tensor, digits: int = 13) -> dict:
    t = t.detach()
    data = [number(float(x), digits) for x in t.reshape(-1).tolist()]
    kind = {torch.int64: "int32", torch.int32: "int32", torch.bool: "bool"}.get(t.dtype)
    return {"shape": list(t.shape), "data": data, **({"dtype": kind} if kind else {})}


def tensors(named: dict) -> dict:
    return {name: tensor(t) for name, t in named.items() if t is not None}


def results(named: dict) -> dict:
    """Kept to 11 decimals: a tenth of what float64 must agree to."""
    return tensors({k: v.detach().round(decimals=11) for k, v in named.items()})


def save(name: str, cases: list) -> None:
    head = {"torch": torch.__version__.split("+")[0], "seed": SEED}
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    text = json.dumps(head, separators=(",", ":"))[:-1] + f',"cases":[\n{lines}\n]}}\n'
    FOLDER.mkdir(exist_ok=True)
    packed = gzip.compress(text.encode(), mtime=0)
    (FOLDER / f"{name}.json.gz").write_bytes(packed)
    print(f"{name}.json.gz: {len(cases)} cases, {len(packed) // 1024} KB")
