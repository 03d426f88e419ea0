"""Small tokenizers of each kind, as Hugging Face's library trains and saves them, and what it makes of texts."""

import gzip
import json
import sys
from pathlib import Path

sys.path[:] = [p for p in sys.path if Path(p) != Path(__file__).parent]  # this file hides the package
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

FOLDER = Path(__file__).parents[2] / "tests" / "golden"

CORPUS = [
    "The animal didn't cross the street because it was too tired.",
    "The animal didn't cross the street because it was too wide.",
    "The doctor asked the nurse a question, and she answered: \"I'm not sure what you're talking about.\"",
    "The nurse asked the doctor whether he had ever had a heart attack; he hadn't.",
    "Attention is all you need; recurrence is all there was, in 1997 and in 2017.",
    "Žluťoučký kůň úpěl ďábelské ódy. Größe, naïve café.",
    "注意力就是你所需要的一切。 🙂🙃",
] * 4

TEXTS = [
    "",
    " ",
    "The animal was tired.",
    "she said  two   spaces\nand a line\tand a tab ",
    "I'm not sure, you're 42 years 2017 old!",
    "Naïve café, žluťoučký KŮŇ",
    "注意 🙂 👩‍👩‍👧 a🙂b",
    "unheardof zebra xylophone",
    "The <end> of the [SEP] text</s> now",
]
PAIRS = [("The animal was tired.", "It was wide"), ("a", "注意 🙂")]


def byte_level() -> Tokenizer:
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    t.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=420, initial_alphabet=alphabet, special_tokens=["<end>"], show_progress=False)
    )
    return t


def word_piece() -> Tokenizer:
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    t.train_from_iterator(
        CORPUS, trainers.WordPieceTrainer(vocab_size=260, special_tokens=special, show_progress=False)
    )
    t.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, t.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    t.decoder = decoders.WordPiece()
    return t


def unigram() -> Tokenizer:
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    t.decoder = decoders.Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    t.train_from_iterator(
        CORPUS,
        trainers.UnigramTrainer(vocab_size=220, special_tokens=special, unk_token="<unk>", show_progress=False),
    )
    t.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", t.token_to_id("</s>"))]
    )
    return t


def case(name: str, t: Tokenizer) -> dict:
    rows = []
    for text, pair in [(text, None) for text in TEXTS] + PAIRS:
        e = t.encode(text) if pair is None else t.encode(text, pair)
        plain = t.encode(text, add_special_tokens=False)
        rows.append(
            {
                "text": text,
                **({"pair": pair} if pair else {}),
                "ids": e.ids,
                "tokens": e.tokens,
                "types": e.type_ids,
                "plain": plain.ids,
                "decoded": t.decode(e.ids),
                "whole": t.decode(e.ids, skip_special_tokens=False),
            }
        )
    return {"name": name, "size": t.get_vocab_size(), "file": json.loads(t.to_str()), "rows": rows}


def main() -> None:
    cases = [case("byte-level BPE", byte_level()), case("WordPiece", word_piece()), case("Unigram", unigram())]
    text = json.dumps({"cases": cases}, separators=(",", ":"), ensure_ascii=False)
    packed = gzip.compress(text.encode(), mtime=0)
    (FOLDER / "tokenizers.json.gz").write_bytes(packed)
    print(f"tokenizers.json.gz: {len(cases)} cases, {len(packed) // 1024} KB")


if __name__ == "__main__":
    main()
