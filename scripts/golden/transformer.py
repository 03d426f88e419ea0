"""torch.nn's transformer layers: outputs and all gradients, over the matrix of their options and masks."""

from itertools import product

import torch
from golden import results, rounded, save, start, tensors

E, H, F, N, L, S = 4, 2, 5, 2, 3, 4
LAYOUTS = ["batched", "batch first", "unbatched"]
ACTIVATIONS = {"relu": "relu", "gelu": "gelu", "silu": torch.nn.functional.silu}
ENCODER_MASKS = ["none", "bool", "float", "float, each head", "padding", "bool and padding", "causal hint"]
DECODER_MASKS = [
    ("none", "none"), ("bool", "bool"), ("float", "float"), ("float, each head", "padding"), ("padding", "float"),
    ("bool and padding", "bool and padding"), ("causal hint", "causal hint"),
]
TRANSFORMER_MASKS = [
    ("none", "none", "none"), ("none", "causal", "none"), ("padding", "causal", "padding"), ("bool", "float", "bool"),
    ("causal", "bool and padding", "float"),
]


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


def decoder_layers() -> list:
    cases = []
    for norm_first, activation, (masks, memory_masks) in product((False, True), ACTIVATIONS, DECODER_MASKS):
        k = len(cases)
        layout = LAYOUTS[k % 3]
        n, shape = shapes(layout)
        options = layer_options(norm_first, activation, layout, k)
        inputs = {"tgt": rounded(*shape(L)).requires_grad_(), "memory": rounded(*shape(S)).requires_grad_()}
        inputs |= mask(masks, "tgt", n, L, L, layout == "unbatched")
        inputs |= mask(memory_masks, "memory", n, L, S, layout == "unbatched")
        call = {"tgt_is_causal": True} if "hint" in masks else {}
        if "hint" in memory_masks:
            inputs["memory_mask"] = torch.full((L, S), -torch.inf).triu(1)
            call["memory_is_causal"] = True
        net = made(torch.nn.TransformerDecoderLayer, options)
        cases.append(case(net, words(layout, options, f"{masks}; {memory_masks}"), options, inputs, call))
    return cases


def stacks(kind: str) -> list:
    """Encoders and decoders of two layers, with and without a last norm, for every way to say that a mask is causal."""
    decodes = kind == "decoder"
    Layer = torch.nn.TransformerDecoderLayer if decodes else torch.nn.TransformerEncoderLayer
    Stack = torch.nn.TransformerDecoder if decodes else torch.nn.TransformerEncoder
    cases = []
    for masks, norm in product(["none", "bool", "causal", "causal hint", "causal, denied"], (True, False)):
        k = len(cases)
        layout = LAYOUTS[k % 3]
        n, shape = shapes(layout)
        options = layer_options(k % 2 == 1, "relu", layout, k)
        last = torch.nn.LayerNorm(E) if norm else None
        net = Stack(made(Layer, options), 2, last, **({} if decodes else {"enable_nested_tensor": False}))
        prefix = "tgt" if decodes else "src"
        inputs = {prefix: rounded(*shape(L)).requires_grad_()}
        if decodes:
            inputs["memory"] = rounded(*shape(S)).requires_grad_()
        given = mask(masks, prefix, n, L, L, layout == "unbatched")
        inputs |= given if decodes else {k.replace("src_mask", "mask"): x for k, x in given.items()}
        hint = "tgt_is_causal" if decodes else "is_causal"
        call = {hint: "hint" in masks} if "," in masks or "hint" in masks else {}
        cases.append(case(net, words(layout, options, masks) + f", norm {norm}", {**options, "norm": norm}, inputs, call))
    return cases


def transformers() -> list:
    cases = []
    for norm_first, (src, tgt, memory) in product((False, True), TRANSFORMER_MASKS):
        k = len(cases)
        layout = LAYOUTS[k % 3]
        n, shape = shapes(layout)
        options = layer_options(norm_first, "gelu" if k % 2 else "relu", layout, k)
        depth = {"num_encoder_layers": 1 + k % 2, "num_decoder_layers": 2 - k % 2}
        net = made(torch.nn.Transformer, {**options, **depth})
        inputs = {"src": rounded(*shape(S)).requires_grad_(), "tgt": rounded(*shape(L)).requires_grad_()}
        inputs |= mask(src, "src", n, S, S, layout == "unbatched")
        inputs |= mask(tgt, "tgt", n, L, L, layout == "unbatched")
        inputs |= mask(memory, "memory", n, L, S, layout == "unbatched")
        cases.append(case(net, words(layout, options, f"{src}; {tgt}; {memory}"), {**options, **depth}, inputs, {}))
    return cases


start()
save("transformer-encoder-layer", encoder_layers())
save("transformer-decoder-layer", decoder_layers())
save("transformer-encoder", stacks("encoder"))
save("transformer-decoder", stacks("decoder"))
save("transformer", transformers())
