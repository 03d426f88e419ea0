"""Small files of the safetensors format, right and wrong, with the official reader's verdict on each.

Handwritten ones for each rule, seeded mutants of a good file, and files of the official writer.
"""

import base64
import json
import math
import random
import struct
import sys
from pathlib import Path

sys.path[:] = [p for p in sys.path if Path(p) != Path(__file__).parent]  # this file hides the package
import numpy as np
import safetensors
from safetensors import SafetensorError
from safetensors.numpy import save

SEED = 20261123
FOLDER = Path(__file__).parents[2] / "tests" / "golden"


def file(header: str | bytes, data: bytes = b"", length: int | None = None) -> bytes:
    header = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def entry(dtype="F32", shape="[1]", offsets="[0,4]", name="a", more="") -> str:
    return f'"{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}{more}}}'


def one(*args, data: bytes = bytes(4), **named) -> bytes:
    return file("{" + entry(*args, **named) + "}", data)


def verdict(raw: bytes) -> bool:
    try:
        safetensors.deserialize(raw)
        return True
    except SafetensorError:
        return False


A = entry()
FOUR = bytes(4)
FILES: dict[str, bytes] = {
    # The length
    "no bytes": b"",
    "seven bytes": bytes(7),
    "a header of no bytes": bytes(8),
    "a header longer than the file": file("{}", length=3),
    "a header length of 2^32 + 2": file("{}", length=2**32 + 2),
    "a header length of 2^63": file("{}", length=2**63),
    "a header length of 2^64 - 1": file("{}", length=2**64 - 1),
    "a header length over the limit": file("{}", length=100_000_001),
    "a header cut short": file("{" + A + "}", FOUR, length=len(A)),
    # Around the object
    "no tensors": file("{}"),
    "trailing spaces": file("{}      "),
    "trailing white space of each kind": file("{} \n\r\t"),
    "a trailing vertical tab": file("{}\x0b"),
    "a trailing no-break space": file("{}\xa0"),
    "a trailing NUL": file("{}\0"),
    "a leading space": file(" {}"),
    "a leading newline": file("\n{}"),
    "a byte order mark": file(b"\xef\xbb\xbf{}"),
    "two objects": file("{}{}"),
    "an array": file("[]"),
    "a number": file("1"),
    "an object that does not end": file("{"),
    "white space everywhere": file(
        '{ "a" :\t{ "dtype"\r:\n"F32" , "shape" : [ 1 ] , "data_offsets" : [ 0 , 4 ] } }', FOUR
    ),
    "a comment": file("{/**/}"),
    "a comma before }": file("{" + A + ",}", FOUR),
    "a comma before the first": file("{," + A + "}", FOUR),
    "no comma": file("{" + A + entry(name="b", offsets="[4,8]") + "}", bytes(8)),
    "a key without quotes": file('{a:{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', FOUR),
    "a key in single quotes": file("{" + A.replace('"a"', "'a'") + "}", FOUR),
    # Encoding
    "bytes that are not UTF-8": file(b'{"\xff":' + A[4:].encode() + b"}", FOUR),
    "an overlong NUL": file(b'{"\xc0\x80":' + A[4:].encode() + b"}", FOUR),
    "a surrogate in UTF-8": file(b'{"\xed\xa0\x80":' + A[4:].encode() + b"}", FOUR),
    "a cut UTF-8 sequence": file(b'{"\xe2\x82":' + A[4:].encode() + b"}", FOUR),
    "a code point over the last": file(b'{"\xf4\x90\x80\x80":' + A[4:].encode() + b"}", FOUR),
    "a raw newline in a string": one(name="\n"),
    "a raw U+001F in a string": one(name="\x1f"),
    "a raw U+007F in a string": one(name="\x7f"),
    "a raw U+2028 in a string": one(name="\u2028"),
    "escapes of each kind": one(name=r"\"\\\/\b\f\n\r\t\u0041\u00e9\uABcd"),
    "an unknown escape": one(name=r"\x41"),
    "an escape of three digits": one(name=r"\u041"),
    "an escaped NUL": one(name=r"\u0000"),
    "escaped surrogates in a pair": one(name=r"\ud83d\ude00"),
    "an escaped high surrogate": one(name=r"\ud800"),
    "an escaped low surrogate": one(name=r"\udc00"),
    "two escaped high surrogates": one(name=r"\ud800\ud800"),
    "a high surrogate before a letter": one(name=r"\ud800\u0041"),
    "a lone surrogate in the metadata": file(r'{"__metadata__":{"k":"\udfff"}}'),
    "keys in escapes": file(
        r'{"\u0061":{"dt\u0079pe":"F\u00332","shape":[1],"data_offsets":[0,4]}}', FOUR
    ),
    "the metadata in escapes": file(r'{"__metadata\u005f_":{"k":"v"}}'),
    # Names
    "an empty name": one(name=""),
    "a tensor called __proto__": one(name="__proto__"),
    "a tensor called constructor": one(name="constructor"),
    "a tensor called toString": one(name="toString"),
    "a name in Chinese": one(name="权重"),
    # Keys twice
    "a tensor twice": file("{" + A + "," + A + "}", FOUR),
    "a tensor twice, once in escapes": file("{" + A + "," + entry(name=r"\u0061") + "}", FOUR),
    "a dtype twice": one(more=',"dtype":"F32"'),
    "a shape twice": one(more=',"shape":[1]'),
    "offsets twice": one(more=',"data_offsets":[0,4]'),
    "metadata twice": file('{"__metadata__":{},"__metadata__":{}}'),
    "a key of the metadata twice": file('{"__metadata__":{"k":"v","k":"w"}}'),
    "an unknown field twice": one(more=',"x":1,"x":2'),
    # Metadata
    "metadata": file('{"__metadata__":{"format":"pt","":"","__proto__":"x"}}'),
    "metadata after a tensor": file("{" + A + ',"__metadata__":{"k":"v"}}', FOUR),
    "no metadata in the metadata": file('{"__metadata__":{}}'),
    "metadata null": file('{"__metadata__":null}'),
    "metadata in an array": file('{"__metadata__":[]}'),
    "metadata that are a string": file('{"__metadata__":"x"}'),
    "a number in the metadata": file('{"__metadata__":{"k":1}}'),
    "null in the metadata": file('{"__metadata__":{"k":null}}'),
    "an object in the metadata": file('{"__metadata__":{"k":{}}}'),
    "a tensor called __metadata__": one(name="__metadata__"),
    # Entries
    "an entry that is null": file('{"a":null}'),
    "an entry that is a number": file('{"a":1}'),
    "an entry that is an array": file('{"a":["F32",[1],[0,4]]}', FOUR),
    "an entry without dtype": file('{"a":{"shape":[1],"data_offsets":[0,4]}}', FOUR),
    "an entry without shape": file('{"a":{"dtype":"F32","data_offsets":[0,4]}}', FOUR),
    "an entry without offsets": file('{"a":{"dtype":"F32","shape":[1]}}', FOUR),
    "fields in another order": file('{"a":{"data_offsets":[0,4],"shape":[1],"dtype":"F32"}}', FOUR),
    "an unknown field": one(more=',"x":[1.5e3,-0,{"q":null,"r":[true,false]}]'),
    "a lone surrogate in an unknown field": one(more=r',"x":"\ud800"'),
    "a number out of range": one(more=',"x":1e999'),
    "an integer of 400 digits": one(more=',"x":' + "9" * 400),
    "an integer of 30 digits": one(more=',"x":' + "9" * 30),
    "125 arrays in an entry": one(more=',"x":' + "[" * 125 + "]" * 125),
    "126 arrays in an entry": one(more=',"x":' + "[" * 126 + "]" * 126),
    "1000 arrays in an entry": one(more=',"x":' + "[" * 1000 + "]" * 1000),
    "NaN": one(more=',"x":NaN'),
    "a literal misspelt": one(more=',"x":nulL'),
    "a literal in capitals": one(more=',"x":True'),
    # Dtypes
    "a dtype in small letters": one("f32"),
    "an unknown dtype": one("F12"),
    "an empty dtype": one(""),
    "a dtype with a space": one("F32 "),
    "a dtype that is a number": file('{"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}}', FOUR),
    "a dtype that is null": file('{"a":{"dtype":null,"shape":[1],"data_offsets":[0,4]}}', FOUR),
    "a dtype that is an object": file(
        '{"a":{"dtype":{"F32":null},"shape":[1],"data_offsets":[0,4]}}', FOUR
    ),
    "a bool that is 2": one("BOOL", "[3]", "[0,3]", data=b"\0\1\2"),
    "an I64 over int32": one("I64", "[1]", "[0,8]", data=struct.pack("<q", 2**31)),
    "an I64 under int32": one("I64", "[1]", "[0,8]", data=struct.pack("<q", -(2**31) - 1)),
    "I64 at the ends of int32": one(
        "I64", "[3]", "[0,24]", data=struct.pack("<3q", 2**31 - 1, -(2**31), -1)
    ),
    # Shapes
    "a scalar": one(shape="[]"),
    "rank 20": one(shape=str([1] * 20)),
    "a shape that is a number": one(shape="1"),
    "a shape that is null": one(shape="null"),
    "a shape that is an object": one(shape='{"0":1}'),
    "a nested shape": one(shape="[[1]]"),
    "size 0": one(shape="[0]", offsets="[0,0]", data=b""),
    "size 0 with data": one(shape="[0]"),
    "size 0 by 5": one(shape="[0,5]", offsets="[0,0]", data=b""),
    "2^53 by 0": one(shape=f"[{2**53},0]", offsets="[0,0]", data=b""),
    "2^53 + 1 by 0": one(shape=f"[{2**53 + 1},0]", offsets="[0,0]", data=b""),
    "2^64 by 0": one(shape=f"[{2**64},0]", offsets="[0,0]", data=b""),
    "2^40 by 2^40 by 0": one(shape=f"[{2**40},{2**40},0]", offsets="[0,0]", data=b""),
    "0 by 2^40 by 2^40": one(shape=f"[0,{2**40},{2**40}]", offsets="[0,0]", data=b""),
    "2^32 by 2^32, which wraps to 0": one(shape=f"[{2**32},{2**32}]", offsets="[0,0]", data=b""),
    "2^62 of 4 bytes, which wraps to 0": one(shape=f"[{2**62}]", offsets="[0,0]", data=b""),
    "2^62 + 1 of 4 bytes, which wraps to 4": one(shape=f"[{2**62 + 1}]"),
    "a size that floats would round": one(
        "U8", "[94906267,94906267]", f"[0,{94906267**2 - 1}]", data=b""
    ),
    "a shape too small": one(shape="[2]", data=bytes(4)),
    "a shape too large": one(shape="[1]", offsets="[0,8]", data=bytes(8)),
    # Offsets
    "offsets in reverse": one(shape="[0]", offsets="[4,0]"),
    "offsets in reverse, of the right size": one(offsets="[8,4]", data=bytes(8)),
    "one offset": one(offsets="[0]"),
    "three offsets": one(offsets="[0,4,4]"),
    "no offsets": one(offsets="[]"),
    "offsets in an object": one(offsets='{"0":0,"1":4}'),
    "offsets beyond the data": one(offsets="[4,8]"),
    "offsets at 2^64 - 4": one(offsets=f"[{2**64 - 4},{2**64}]"),
    "a hole at the beginning": one(offsets="[4,8]", data=bytes(8)),
    "a hole between": file("{" + A + "," + entry(name="b", offsets="[8,12]") + "}", bytes(12)),
    "data after the last": one(data=bytes(5)),
    "data without tensors": file("{}", b"\0"),
    "data cut short": one(data=bytes(3)),
    "two tensors in one place": file("{" + A + "," + entry(name="b") + "}", FOUR),
    "two tensors that overlap": file(
        "{" + A + "," + entry("U8", "[4]", "[2,6]", "b") + "}", bytes(6)
    ),
    "tensors not in the order of their data": file(
        "{" + entry(offsets="[4,8]") + "," + entry(name="b") + "}", bytes(8)
    ),
    "empty tensors at one place": file(
        "{"
        + ",".join(entry(shape="[0]", offsets="[0,0]", name=n) for n in "xy")
        + ","
        + entry()
        + ","
        + entry(shape="[0]", offsets="[4,4]", name="z")
        + "}",
        FOUR,
    ),
    "an empty tensor inside another": file(
        "{" + A + "," + entry(shape="[0]", offsets="[2,2]", name="x") + "}", FOUR
    ),
    "an empty tensor beyond the data": file(
        "{" + A + "," + entry(shape="[0]", offsets="[8,8]", name="x") + "}", FOUR
    ),
    "data out of alignment": file(
        "{" + entry("U8", "[1]", "[0,1]") + "," + entry("F64", "[1]", "[1,9]", "b") + "}", bytes(9)
    ),
}
for spelling in "1.0 1e0 1E0 10e-1 -0 -1 01 00 +1 0x1 1. .1 1_0 １ true null".split() + ['"1"']:
    FILES[f"a size spelt {spelling}"] = one(shape=f"[{spelling}]")
    FILES[f"an offset spelt {spelling}"] = one(offsets=f"[0,{spelling}]")

SIZES = {"BOOL": 1, "U8": 1, "I8": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4, "U32": 4}
SIZES |= {"F32": 4, "F64": 8, "I64": 8, "U64": 8, "C64": 8}
SIZES |= {f"F8_{kind}": 1 for kind in ["E5M2", "E4M3", "E8M0", "E4M3FNUZ", "E5M2FNUZ"]}
for dtype, size in SIZES.items():
    FILES[f"two of {dtype}"] = one(dtype, "[2]", f"[0,{2 * size}]", data=bytes(2 * size))
FILES["two of F4"] = one("F4", "[2]", "[0,1]", data=bytes(1))
for dtype in ["F6_E2M3", "F6_E3M2"]:
    FILES[f"four of {dtype}"] = one(dtype, "[4]", "[0,3]", data=bytes(3))


PIECES = list('{}[]":,0148-.eE \\u') + ["\\u0061", "null", "__metadata__", "a", "[0,4]", "F16"]


def mutant(rng: random.Random, header: str, data: bytes) -> bytes:
    """One to three small changes: pieces of JSON in, or characters out, twice or exchanged."""
    text = header
    for _ in range(rng.randint(1, 3)):
        i = rng.randrange(len(text))
        j = min(len(text), i + rng.randint(1, 6))
        kind = rng.randrange(4)
        if kind == 0:
            text = text[:i] + rng.choice(PIECES) + text[i:]
        elif kind == 1:
            text = text[:i] + text[j:]
        elif kind == 2:
            text = text[:j] + text[i:j] + text[j:]
        else:
            text = text[:i] + rng.choice(PIECES) + text[i + 1 :]
    return file(text, data)


GOOD = '{"__metadata__":{"k":"v"},' + entry(shape="[1,1]") + "," + entry("U8", "[4]", "[4,8]", "b")
GOOD += "," + entry("F32", "[0]", "[8,8]", "c") + "}"


def mutants(count: int) -> dict[str, bytes]:
    rng = random.Random(SEED)
    return {f"mutant {i}": mutant(rng, GOOD, bytes(8)) for i in range(count)}


def written() -> list:
    """Files of the official writer, which takes names in any order."""
    rng = random.Random(SEED)
    names = ["b", "a", "a.b", "", "Z", "é", "权重", "\uff5e", "😀", 'q"\\/\b\f\n\r\t\0\x1f\x7f\u2028']
    sets = [
        ({n: "float32" for n in names}, None),
        ({f"{n}{d}": d for n in names[:4] for d in ["bool", "int32", "float32", "float64"]}, {"k": 'v\n"é'}),
        ({}, {"format": "pt"}),
        ({}, None),
    ]
    cases = []
    for named, metadata in sets:
        tensors = {}
        for name, dtype in named.items():
            shape = [rng.randint(0, 3) for _ in range(rng.randint(0, 3))]
            values = [rng.choice([0, 1]) for _ in range(math.prod(shape))]
            tensors[name] = np.array(values, dtype).reshape(shape)
        described = [
            [name, str(t.dtype), t.shape, t.ravel().astype(int).tolist()] for name, t in tensors.items()
        ]
        raw = base64.b64encode(save(tensors, metadata)).decode()
        cases.append({"tensors": described, "metadata": metadata or {}, "file": raw})
    return cases


def main() -> None:
    def compact(x) -> str:
        return json.dumps(x, separators=(",", ":"))

    files = FILES | mutants(120)
    rows = [[n, verdict(raw), base64.b64encode(raw).decode()] for n, raw in files.items()]
    head = compact({"safetensors": safetensors.__version__, "seed": SEED})[:-1]
    lines = ",\n".join(compact(row) for row in rows)
    saved = ",\n".join(compact(case) for case in written())
    text = f'{head},"files":[\n{lines}\n],"written":[\n{saved}\n]}}\n'
    (FOLDER / "safetensors.json").write_text(text)
    good = sum(row[1] for row in rows)
    print(f"safetensors.json: {len(rows)} files, {good} of them good, {len(text) // 1024} KB")


if __name__ == "__main__":
    main()
