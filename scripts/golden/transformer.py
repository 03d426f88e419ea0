"""torch.nn's transformer layers: outputs and all gradients, over the matrix of their options and masks."""

from itertools import product

import torch
from golden import results, rounded, save, start, tensors

E, H, F, N, L, S = 4, 2, 5, 2, 3, 4
LAYOUTS = ["batched", "batch first", "unbatched"]
ACTIVATIONS = {"relu": "relu", "gelu": "gelu", "silu": torch.nn.functional.silu}
ENCODER_MASKS = ["none", "bool", "float", "float, each head", "padding", "bool and padding", "causal hint"]


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def blocked(*shape: int) -> torch.Tensor:
    """Blocks some keys, and never the first."""
    mask = torch.rand(shape) < 0.4
    mask[..., 0] = False
    return mask


def causal(size: int) -> torch.Tensor:
    return torch.full((size, size), -torch.inf).triu(1)


def shapes(layout: str):
    """How many sequences there are, and the shape of one with a length."""
    n = 1 if layout == "unbatched" else N
    shape = {"batched": lambda t: (t, n, E), "batch first": lambda t: (n, t, E)}.get(layout, lambda t: (t, E))
    return n, shape


def mask(kind: str, prefix: str, n: int, queries: int, keys: int, unbatched: bool) -> dict:
    """The masks called prefix_mask and prefix_key_padding_mask."""
    shape = (n * H, queries, keys) if "each head" in kind else (queries, keys)
    masks = {}
    if kind.startswith("bool"):
        masks[f"{prefix}_mask"] = blocked(*shape)
    if kind.startswith("float"):
        masks[f"{prefix}_mask"] = rounded(*shape).requires_grad_()
    if kind.startswith("causal"):
        masks[f"{prefix}_mask"] = causal(queries)
    if kind.endswith("padding"):
        masks[f"{prefix}_key_padding_mask"] = blocked(*((keys,) if unbatched else (n, keys)))
    return masks


def case(net: torch.nn.Module, name: str, options: dict, inputs: dict, call: dict) -> dict:
    """`inputs`: the sequences, in order, then masks by name; `call`: hints."""
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(rounded(*p.shape, scale=0.5))
    sequences = [x for k, x in inputs.items() if not k.endswith("mask")]
    masks = {k: x for k, x in inputs.items() if k.endswith("mask")}
    output = net(*sequences, **masks, **call)
    cotangent = rounded(*output.shape)
    (output * cotangent).sum().backward()
    grads = {**{camel(k): x.grad for k, x in inputs.items()}, **{k: p.grad for k, p in net.named_parameters()}}
    return {
        "name": name,
        "options": {camel(k): v for k, v in options.items()},
        "call": {camel(k): v for k, v in call.items()},
        "state": tensors(dict(net.named_parameters())),
        "inputs": tensors({camel(k): x for k, x in inputs.items()}),
        "cotangents": tensors({"output": cotangent}),
        "outputs": results({"output": output}),
        "grads": results({k: g for k, g in grads.items() if g is not None}),
    }


def layer_options(norm_first: bool, activation: str, layout: str, k: int) -> dict:
    options = {"dim_feedforward": F, "dropout": 0.0, "norm_first": norm_first, "activation": activation}
    return {
        **options,
        **({"batch_first": True} if layout == "batch first" else {}),
        **({"bias": False} if k % 4 == 3 else {}),
        **({"layer_norm_eps": 1e-3} if k % 3 == 2 else {}),
    }


def made(cls, options: dict, *args):
    return cls(E, H, *args, **{**options, "activation": ACTIVATIONS[options["activation"]]})


def words(layout: str, options: dict, masks: str) -> str:
    shown = {k: v for k, v in options.items() if k not in ("dim_feedforward", "dropout", "batch_first")}
    return ", ".join([layout, f"mask: {masks}", *(f"{k} {v}" for k, v in shown.items())])


def encoder_layers() -> list:
    cases = []
    for norm_first, activation, masks in product((False, True), ACTIVATIONS, ENCODER_MASKS):
        k = len(cases)
        layout = LAYOUTS[k % 3]
        n, shape = shapes(layout)
        options = layer_options(norm_first, activation, layout, k)
        inputs = {"src": rounded(*shape(L)).requires_grad_()}
        for name, x in mask(masks, "src", n, L, L, layout == "unbatched").items():
            inputs[name] = x
        call = {"is_causal": True} if "hint" in masks else {}
        net = made(torch.nn.TransformerEncoderLayer, options)
        cases.append(case(net, words(layout, options, masks), options, inputs, call))
    return cases


start()
save("transformer-encoder-layer", encoder_layers())
