"""torch.nn.MultiheadAttention: outputs, weights and all gradients, over the matrix of its options and masks."""

from itertools import product

import torch
from golden import results, rounded, save, start, tensors

E, H, N, L, S = 4, 2, 2, 3, 4
CAMEL = {
    "add_bias_kv": "addBiasKv",
    "add_zero_attn": "addZeroAttn",
    "batch_first": "batchFirst",
    "need_weights": "needWeights",
    "average_attn_weights": "averageAttnWeights",
    "is_causal": "isCausal",
}
APPENDED = [{}, {"add_bias_kv": True}, {"add_zero_attn": True}, {"add_bias_kv": True, "add_zero_attn": True}]
# Which inputs are tensors of their own, with the sizes of keys and values; what is left out is the one before it.
INPUTS = {"self": {}, "key = value": {"key": E}, "three": {"key": E, "value": E}, "kdim, vdim": {"key": 3, "value": 5}}
MASKS = [
    "none", "bool", "float", "bool, each head", "float, each head", "padding", "float padding", "bool and padding",
    "float and float padding", "bool and float padding", "float and padding", "causal", "causal hint",
    "causal hint and padding",
]
LAYOUTS = ["batched", "batch first", "unbatched"]


def camel(named: dict) -> dict:
    return {CAMEL.get(k, k): v for k, v in named.items()}


def blocked(*shape: int) -> torch.Tensor:
    """Blocks some keys, and never the first."""
    mask = torch.rand(shape) < 0.4
    mask[..., 0] = False
    return mask


def masks_of(name: str, n: int, keys: int, unbatched: bool) -> dict:
    """attn_mask and key_padding_mask for n sequences of L queries and `keys` keys."""
    each = "each head" in name
    shape = (n * H, L, keys) if each else (L, keys)
    padding = (keys,) if unbatched else (n, keys)
    masks = {}
    if name.startswith("bool"):
        masks["attn_mask"] = blocked(*shape)
    if name == "float" or name.startswith(("float,", "float and")):
        masks["attn_mask"] = rounded(*shape).requires_grad_()
    if name.startswith("causal"):
        masks["attn_mask"] = torch.full((L, keys), -torch.inf).triu(1)
    if name.endswith("float padding"):
        masks["key_padding_mask"] = rounded(*padding).requires_grad_()
    elif name.endswith("padding"):
        masks["key_padding_mask"] = blocked(*padding)
    return masks


def case(mask: str, inputs: str, layout: str, options: dict, call: dict) -> dict:
    own = INPUTS[inputs]
    dims = {f"{k[0]}dim": n for k, n in own.items() if n != E}
    first = {"batch_first": True} if layout == "batch first" else {}
    net = torch.nn.MultiheadAttention(E, H, **options, **dims, **first)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(rounded(*p.shape, scale=0.5))
    n = 1 if layout == "unbatched" else N

    def sequence(length: int, width: int) -> torch.Tensor:
        shape = {"batched": (length, n, width), "batch first": (n, length, width)}.get(layout, (length, width))
        return rounded(*shape).requires_grad_()

    keys = L if inputs == "self" else S
    given = {"query": sequence(L, E), **{k: sequence(S, width) for k, width in own.items()}}
    query = given["query"]
    key = given.get("key", query)
    value = given.get("value", key)
    masks = masks_of(mask, n, keys, layout == "unbatched")
    call = {**call, **({"is_causal": True} if "hint" in mask else {})}
    output, weights = net(query, key, value, **masks, **call)
    outputs = {"output": output, **({} if weights is None else {"weights": weights})}
    cotangents = {k: rounded(*v.shape) for k, v in outputs.items()}
    sum((v * cotangents[k]).sum() for k, v in outputs.items()).backward()
    named = {"attnMask": masks.get("attn_mask"), "keyPaddingMask": masks.get("key_padding_mask")}
    given = {**given, **{k: v for k, v in named.items() if v is not None}}
    words = [layout, inputs, f"mask: {mask}", *(f"{k} {v}" for k, v in {**options, **call}.items())]
    return {
        "name": ", ".join(words),
        "options": {"embedDim": E, "numHeads": H, **camel({**options, **dims, **first})},
        "call": camel(call),
        "state": tensors(dict(net.named_parameters())),
        "inputs": tensors(given),
        "cotangents": tensors(cotangents),
        "outputs": results(outputs),
        "grads": results({k: v.grad for k, v in [*given.items(), *net.named_parameters()] if v.grad is not None}),
    }


start()
cases = []
for mask, appended in product(MASKS, APPENDED):
    if "hint" in mask and appended:
        continue  # PyTorch's hint forgets the appended keys where no weights are needed
    for _ in range(2):
        k = len(cases)
        inputs = list(INPUTS)[(k // 2 + 2 * (k % 2)) % 4]
        bias = {"bias": False} if k % 5 == 4 else {}
        call = [{}, {"need_weights": False}, {"average_attn_weights": False}][k % 3]
        cases.append(case(mask, inputs, LAYOUTS[(k // 3) % 3], {**appended, **bias}, call))
save("multihead-attention", cases)
