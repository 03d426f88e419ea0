"""F.scaled_dot_product_attention: outputs and all gradients, over the matrix of its options."""

from itertools import product

import torch
import torch.nn.functional as F
from golden import rounded, save, start, tensor, tensors

# L, S, E, Ev
SIZES = {"short": (3, 5, 4, 2), "long": (6, 4, 3, 5)}
MASKS = [
    "none",
    "causal",
    "causal, bottom right",
    "bool",
    "bool, a query sees nothing",
    "bool, of the keys",
    "float",
    "float, of the heads",
    "float, -inf",
]


def mask_of(kind: str, batch: list, heads: int, L: int, S: int):
    """The mask that PyTorch gets, None where an option says it."""
    if kind == "causal, bottom right":
        return torch.ones(L, S, dtype=torch.bool).tril(S - L)
    if kind.startswith("bool"):
        if kind.endswith("keys"):
            mask = torch.rand(*batch, 1, 1, S) < 0.7
            mask[..., 0] = True
            return mask
        mask = torch.rand(*batch, 1, L, S) < 0.6
        mask[..., 1] = True
        if kind.endswith("nothing"):
            mask[..., L // 2, :] = False
        return mask
    if kind == "float, of the heads":
        return rounded(heads, L, S)
    if kind.startswith("float"):
        mask = rounded(L, S)
        if kind.endswith("inf"):
            mask[1:, 1] = -torch.inf
        return mask
    return None


def case(name: str, kind: str, batch: list, groups: int, sizes: tuple, scale=None) -> dict:
    """`groups`: query heads for each head of keys; 0 for no axis of heads at all."""
    L, S, E, Ev = sizes
    heads = [2] if groups else []
    many = [2 * groups] if groups else []
    query = rounded(*batch, *many, L, E)
    key, value = rounded(*batch, *heads, S, E), rounded(*batch, *heads, S, Ev)
    mask = mask_of(kind, batch, 2 * groups, L, S)
    inputs = {"query": query, "key": key, "value": value}
    if mask is not None and mask.is_floating_point():
        inputs["attnMask"] = mask
    for t in inputs.values():
        t.requires_grad_()
    causal = kind == "causal"
    out = F.scaled_dot_product_attention(
        query, key, value, mask, is_causal=causal, scale=scale, enable_gqa=groups > 1
    )
    cotangent = rounded(*out.shape)
    (out * cotangent).sum().backward()
    ours = {"scale": scale} if scale else {}
    if kind.startswith("causal"):
        ours["isCausal"] = True
        ours["causalAlignment"] = "topLeft" if causal else "bottomRight"
    if groups > 1:
        ours["enableGqa"] = True
    return {
        "name": name,
        "options": ours,
        **({"keep": tensor(mask)} if kind.startswith("bool") else {}),
        "inputs": tensors(inputs),
        "cotangent": tensor(cotangent),
        "out": tensor(out),
        "grads": tensors({k: v.grad for k, v in inputs.items()}),
    }


start()
cases = []
for kind, (size, sizes), groups in product(MASKS, SIZES.items(), (1, 3)):
    scale = 0.7 if len(cases) % 3 == 2 else None
    words = [kind, size] + ["groups"] * (groups > 1) + [f"scale {scale}"] * (scale is not None)
    cases.append(case(", ".join(words), kind, [2], groups, sizes, scale))
for kind in MASKS[:3]:
    cases.append(case(f"{kind}, no heads", kind, [], 0, (4, 3, 2, 3)))
    cases.append(case(f"{kind}, five axes", kind, [2, 2], 1, (2, 3, 2, 1)))
    cases.append(case(f"{kind}, wider than the vectors", kind, [], 1, (19, 37, 17, 9)))
    cases.append(case(f"{kind}, one query", kind, [2], 2, (1, 9, 5, 3)))
save("attention", cases)
