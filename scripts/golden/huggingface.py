"""Hugging Face's GPT-2, BERT and T5: tiny checkpoints as its writer saves them, and what its models make of them.

Needs torch and transformers. Weights are drawn wide, so that attention is not even, and rounded to bfloat16, so that the
files pack well; the reference computes in float64 from what is in the files.
"""

import base64
import json
import sys
import tempfile
from pathlib import Path

import torch
from golden import number, save

sys.path.pop(0)  # safetensors.py is there too
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForNextSentencePrediction,
    BertForPreTraining,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    GPT2Model,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.activations import ACT2FN
from transformers.models.t5.modeling_t5 import T5Attention

DIGITS = 7
EAGER = {"attn_implementation": "eager"}


def tensor(t: torch.Tensor) -> dict:
    data = [number(float(x), DIGITS) for x in t.detach().reshape(-1).tolist()]
    return {"shape": list(t.shape), "data": data, **({} if t.is_floating_point() else {"dtype": "int32"})}


def draw(model) -> None:
    """Weights as wide as keeps states of size 1, biases and scales beside 0 and 1."""
    for name, p in model.named_parameters():
        wide = p.shape[-1] if p.dim() > 1 else 25
        values = torch.randn(p.shape) * (1.5 / wide**0.5)
        if "ln_" in name or "norm" in name.lower():
            values += name.endswith("weight")
        p.data = values.to(torch.bfloat16).to(torch.float32)


def files(model, dtype=torch.float32, shard="1GB", rename=None, extra=None) -> dict:
    """What the official writer makes of the model, by file."""
    with tempfile.TemporaryDirectory() as folder:
        model.to(dtype).save_pretrained(folder, max_shard_size=shard)
        folder = Path(folder)
        if rename or extra:
            path = folder / "model.safetensors"
            tensors = {(rename or (lambda k: k))(k): t for k, t in load_file(path).items()}
            save_file(tensors | (extra or {}), path, {"format": "pt"})
        names = [p for p in sorted(folder.iterdir()) if "safetensors" in p.name or p.name == "config.json"]
        model.to(torch.float64)
        return {p.name: base64.b64encode(p.read_bytes()).decode() for p in names}


def ids(vocab: int, *shape: int) -> torch.Tensor:
    return torch.randint(3, vocab, shape)


def greedy(model, prompt, **options) -> list:
    found = model.generate(prompt, do_sample=False, pad_token_id=0, **options)
    return found.tolist()


def until(text: list, end: list) -> list:
    """Without the padding after its end."""
    ends = [i for i, token in enumerate(text) if token in end]
    return text[: ends[0] + 1] if ends else text


BEAMS = [
    {"num_beams": 3, "length_penalty": 1.0},
    {"num_beams": 4, "length_penalty": 0.0, "num_return_sequences": 3},
    {"num_beams": 3, "length_penalty": 2.0, "early_stopping": True},
    {"num_beams": 3, "length_penalty": -1.0, "early_stopping": "never"},
    {"num_beams": 2, "length_penalty": 0.5, "early_stopping": "never", "repetition_penalty": 1.3},
]


def beams(model, prompt, end) -> list:
    """Beam search, with tokens of `end` as ends: ids and scores of the best."""
    found = []
    for options in BEAMS:
        result = model.generate(
            prompt, do_sample=False, pad_token_id=0, eos_token_id=end, max_new_tokens=12,
            output_scores=True, return_dict_in_generate=True, **options,
        )
        start = 1 if model.config.is_encoder_decoder else prompt.shape[1]
        found.append({
            "options": options,
            "end": end,
            "ids": [until(row[start:], end) for row in result.sequences.tolist()],
            "scores": [number(float(x), DIGITS) for x in result.sequences_scores],
        })
    return found


def gpt2(name, options=None, cls=GPT2LMHeadModel, beam=False, **saving) -> dict:
    torch.manual_seed(len(name))
    config = GPT2Config(
        **{"vocab_size": 37, "n_positions": 48, "n_embd": 16, "n_layer": 2, "n_head": 2, **(options or {})}
    )
    whole = GPT2LMHeadModel._from_config(config, **EAGER).eval()
    draw(whole)
    whole.tie_weights()
    saved = files(whole if cls is GPT2LMHeadModel else whole.transformer, **saving)
    dtype = saving.get("dtype", torch.float32)
    whole.to(dtype).to(torch.float64)
    x = ids(37, 2, 9)
    mask = torch.ones(2, 9, dtype=torch.long)
    mask[1, :3] = 0  # padding on the left
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    with torch.no_grad():
        out = whole(x, output_hidden_states=True, output_attentions=True)
        padded = whole(x, attention_mask=mask, position_ids=positions)
        end = int(out.logits[0, -1].topk(5).indices[-1])
        return {
            "name": name,
            "files": saved,
            "ids": tensor(x),
            "logits": tensor(out.logits),
            "hiddenStates": [tensor(h) for h in out.hidden_states],
            "attentions": [tensor(a) for a in out.attentions],
            "padded": {
                "attentionMask": tensor(mask),
                "positions": tensor(positions),
                "logits": tensor(padded.logits[1, 3:]),
            },
            "prompt": x[:1].tolist()[0],
            "greedy": greedy(whole, x[:1], max_new_tokens=24, eos_token_id=None)[0],
            **({"beams": beams(whole, x[:1], [end, (end + 5) % 37])} if beam else {}),
        }


def old(key: str) -> str:
    """Names of normalisations of before 2020."""
    if "ln_" not in key and "LayerNorm" not in key:
        return key
    return key.replace(".weight", ".gamma").replace(".bias", ".beta")


def bert(name, options=None, cls=BertForPreTraining, **saving) -> dict:
    torch.manual_seed(len(name))
    base = {"vocab_size": 31, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    base |= {"intermediate_size": 24, "max_position_embeddings": 20}
    model = cls._from_config(BertConfig(**base | (options or {})), **EAGER).eval()
    draw(model)
    model.tie_weights()
    saved = files(model, **saving)
    model.to(saving.get("dtype", torch.float32)).to(torch.float64)
    x = ids(31, 2, 11)
    mask = torch.ones(2, 11, dtype=torch.long)
    mask[1, 8:] = 0
    types = torch.tensor([[0] * 6 + [1] * 5, [0] * 3 + [1] * 8])
    with torch.no_grad():
        inputs = {"attention_mask": mask, "token_type_ids": types}
        out = model(x, output_hidden_states=True, output_attentions=True, **inputs)
    found = {
        "logits": out.get("prediction_logits"),
        "nextSentenceLogits": out.get("seq_relationship_logits"),
        "pooled": out.get("pooler_output"),
    }
    if cls is BertForMaskedLM:
        found["logits"] = out.logits
    if cls is BertForNextSentencePrediction:
        found["nextSentenceLogits"] = out.logits
    return {
        "name": name,
        "files": saved,
        "ids": tensor(x),
        "attentionMask": tensor(mask),
        "tokenTypes": tensor(types),
        "outputs": {k: tensor(t) for k, t in found.items() if t is not None},
        "hiddenStates": [tensor(h) for h in out.hidden_states],
        "attentions": [tensor(a) for a in out.attentions],
    }


def t5(name, options=None, own_head=False, beam=False, **saving) -> dict:
    torch.manual_seed(len(name))
    base = {"vocab_size": 31, "d_model": 12, "d_kv": 5, "d_ff": 20, "num_layers": 2, "num_heads": 3}
    base |= {"relative_attention_num_buckets": 8, "relative_attention_max_distance": 12}
    config = T5Config(**base | {"decoder_start_token_id": 0} | (options or {}))
    model = T5ForConditionalGeneration._from_config(config, **EAGER).eval()
    if own_head:
        model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
    draw(model)
    if not own_head:
        model.tie_weights()
    saved = files(model, **saving)
    if own_head:  # as writers of before 2026 tell of it
        config_json = json.loads(base64.b64decode(saved["config.json"]))
        config_json |= {"tie_word_embeddings": False}
        config_json.pop("scale_decoder_outputs", None)
        saved["config.json"] = base64.b64encode(json.dumps(config_json).encode()).decode()
    model.to(saving.get("dtype", torch.float32)).to(torch.float64)
    x, y = ids(31, 2, 17), ids(31, 2, 10)
    mask = torch.ones(2, 17, dtype=torch.long)
    mask[0, 13:] = 0
    mask[1, :4] = 0
    y_mask = torch.ones(2, 10, dtype=torch.long)
    y_mask[1, 6:] = 0
    with torch.no_grad():
        out = model(
            input_ids=x, attention_mask=mask, decoder_input_ids=y, decoder_attention_mask=y_mask,
            output_hidden_states=True, output_attentions=True,
        )
        end = int(out.logits[0, 0].topk(4).indices[-1])
        text = greedy(model, x, attention_mask=mask, max_new_tokens=16, eos_token_id=None)
        return {
            "name": name,
            "files": saved,
            "ids": tensor(x),
            "attentionMask": tensor(mask),
            "decoderIds": tensor(y),
            "decoderAttentionMask": tensor(y_mask),
            "logits": tensor(out.logits),
            "hiddenStates": [tensor(h) for h in out.decoder_hidden_states],
            "encoderHiddenStates": [tensor(h) for h in out.encoder_hidden_states],
            "encoder": [tensor(a) for a in out.encoder_attentions],
            "decoder": [tensor(a) for a in out.decoder_attentions],
            "cross": [tensor(a) for a in out.cross_attentions],
            "greedy": text,
            **({"beams": beams(model, x[1:, 4:], [end, (end + 5) % 31])} if beam else {}),
        }


def bucket(both: bool, count: int, most: int, n: int) -> dict:
    """The bucket of each relative position from −n to n."""
    at = torch.arange(-n, n + 1)
    found = T5Attention._relative_position_bucket(at, both, count, most)
    return {"both": both, "count": count, "most": most, "n": n, "buckets": found.tolist()}


def activation(name: str) -> dict:
    x = torch.tensor([-20, -5, -3.2, -1.5, -0.7, -0.1, 0, 0.3, 1, 2.5, 3.1, 6.5, 12], dtype=torch.float64)
    return {"name": name, "x": tensor(x), "y": tensor(ACT2FN[name](x))}


def main() -> None:
    masks = {f"h.{l}.attn.bias": torch.ones(1, 1, 48, 48).tril() for l in range(2)}
    masks |= {f"h.{l}.attn.masked_bias": torch.tensor(-1e4) for l in range(2)}
    save(
        "gpt2",
        [
            gpt2("the usual", beam=True),
            gpt2("without head or prefix, with masks", cls=GPT2Model, extra=masks),
            gpt2(
                "a head of its own, other scales",
                {
                    "tie_word_embeddings": False,
                    "n_inner": 20,
                    "n_head": 4,
                    "activation_function": "quick_gelu",
                    "scale_attn_by_inverse_layer_idx": True,
                    "layer_norm_epsilon": 1e-3,
                },
            ),
            gpt2("bfloat16 in shards", dtype=torch.bfloat16, shard="9KB"),
            gpt2("float16, scores as they are", {"scale_attn_weights": False}, dtype=torch.float16),
            gpt2("old names", rename=old),
        ],
    )
    save(
        "bert",
        [
            bert("both heads"),
            bert("both heads, old names", rename=old),
            bert("masked words, float16, gelu_new", {"hidden_act": "gelu_new"}, BertForMaskedLM, dtype=torch.float16),
            bert("a head of its own", {"tie_word_embeddings": False, "num_attention_heads": 4}, BertForMaskedLM),
            bert("next sentence, in shards", cls=BertForNextSentencePrediction, shard="9KB"),
            bert("no head and no prefix, bfloat16", cls=BertModel, dtype=torch.bfloat16),
        ],
    )
    bias = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"
    save(
        "t5",
        [
            t5("the usual", beam=True),
            t5(
                "gated, a head of its own, fewer layers in the decoder",
                {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False, "num_layers": 3, "num_decoder_layers": 2},
                own_head=True,
            ),
            t5("not scaled, bfloat16 in shards", {"tie_word_embeddings": False}, dtype=torch.bfloat16, shard="9KB"),
            t5("gated silu, with old copies", {"feed_forward_proj": "gated-silu", "num_decoder_layers": 1},
               extra={bias: torch.zeros(8, 3)}, dtype=torch.float16),
        ],
    )
    sizes = [(32, 128, 300), (8, 12, 40), (32, 20, 40), (6, 100, 150)]
    save("relative-position", [bucket(both, *rest) for both in (True, False) for rest in sizes])
    save("activations", [activation(name) for name in ACT2FN if name not in ("prelu", "xielu")])


if __name__ == "__main__":
    main()
