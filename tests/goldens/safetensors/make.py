"""Writes edges.safetensors with nothing but struct, json and numpy: the independent writer that Heartwood's reader is tested against.

Run in this folder: python3 make.py

f16, bf16        stored edge values: signed zeros, subnormals, largest, infinities, NaN, ordinary numbers
f16.value, ...   the same as float32 (numpy's own conversion; for bf16 the bits, moved)
inputs           float32 numbers on and beside the ties between two 16-bit numbers
f16.rounded, ... inputs rounded to nearest, ties to even (numpy; for bf16 by exact fractions)
ids              an I64 tensor, as old BERT checkpoints hold; flag (BOOL, a single value); empty (F32, [0 3])
"""
import json
import struct
from fractions import Fraction

import numpy as np

f16 = np.array([0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x3C00, 0xBC00, 0x3555, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00, 0x0200, 0x4248], dtype=np.uint16)
bf16 = np.array([0x0000, 0x8000, 0x0001, 0x8001, 0x007F, 0x0080, 0x3F80, 0xBF80, 0x3EAB, 0x7F7F, 0xFF7F, 0x7F80, 0xFF80, 0x7FC0, 0x0040, 0x4049], dtype=np.uint16)


def widen(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


def nearest_bf16(x):
    if np.isnan(x):
        return 0x7FC0
    bits = int(np.float32(x).view(np.uint32))
    low = bits >> 16
    if not np.isfinite(x):
        return low
    if (low & 0x7FFF) == 0x7F7F:  # beyond the largest: as if the next number were 2^128
        above = Fraction(2) ** 128
    else:
        above = Fraction(float(abs(widen(np.array([low + 1], dtype=np.uint16))[0])))
    below = Fraction(float(abs(widen(np.array([low], dtype=np.uint16))[0])))
    exact = Fraction(float(abs(x)))
    down, up = exact - below, above - exact
    return low if down < up or (down == up and low % 2 == 0) else low + 1


inputs = np.array([0.0, -0.0, 1.0, 1.0 + 2**-9, 1.0 + 3 * 2**-9, 1.0 + 2**-8, 1.0 + 3 * 2**-8, 1.0 + 2**-11, 1.0 + 3 * 2**-11, -1.0 - 2**-8, 1 / 3, 3.14159265,
                   65504.0, 65519.996, 65520.0, 3.3895314e38, 3.4028235e38, -3.4028235e38, np.inf, -np.inf, np.nan,
                   5.9604645e-08, 2.9802322e-08, 2.98023259e-08, 6.1035156e-05, 6.0975552e-05, 1e-40, 9.2e-41, 1e-45, 1.1754944e-38], dtype=np.float32)
rounded = np.array([nearest_bf16(x) for x in inputs], dtype=np.uint16)
with np.errstate(over="ignore"):
    halves = inputs.astype(np.float16).view(np.uint16)

tensors = [
    ("f16", "F16", f16), ("f16.value", "F32", f16.view(np.float16).astype(np.float32)),
    ("bf16", "BF16", bf16), ("bf16.value", "F32", widen(bf16)),
    ("inputs", "F32", inputs), ("f16.rounded", "F16", halves), ("bf16.rounded", "BF16", rounded),
    ("ids", "I64", np.arange(4, dtype=np.int64).reshape(1, 4)), ("flag", "BOOL", np.array(True)), ("empty", "F32", np.zeros((0, 3), dtype=np.float32)),
]
header, data = {"__metadata__": {"format": "pt"}}, b""
for name, dtype, array in tensors:
    raw = array.tobytes()
    header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
with open("edges.safetensors", "wb") as file:  # the header is not padded on purpose: numbers lie at any alignment
    file.write(struct.pack("<Q", len(text)) + text + data)
