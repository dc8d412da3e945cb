"""Makes philox.json: an implementation of Philox4x32-10 (Salmon et al. 2011) of its own, checked here against the
known answers of the Random123 distribution, and the generator's keying from (seed, purpose, step, index), for ChanceTests.
Run: python3 make.py"""
import json

M32, M64 = (1 << 32) - 1, (1 << 64) - 1


def philox(counter, key):
    x, k = list(counter), list(key)
    for _ in range(10):
        hi0, lo0 = divmod(0xD2511F53 * x[0], 1 << 32)
        hi1, lo1 = divmod(0xCD9E8D57 * x[2], 1 << 32)
        x = [hi1 ^ x[1] ^ k[0], lo1, hi0 ^ x[3] ^ k[1], lo0]
        k = [(k[0] + 0x9E3779B9) & M32, (k[1] + 0xBB67AE85) & M32]
    return x


assert philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
assert philox([M32] * 4, [M32] * 2) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
assert philox([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0]) == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


def mix(x):
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & M64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & M64
    x ^= x >> 31
    return ((x << 17) | (x >> 47)) & M64


def bits(seed, purpose, step, index):
    h = 14695981039346656037
    for c in purpose:
        h = ((h ^ ord(c)) * 1099511628211) & M64
    key = mix(seed ^ mix(h))
    block = index >> 2
    return philox([block & M32, block >> 32, step & M32, step >> 32], [key & M32, key >> 32])[index & 3]


rows = [{"seed": s, "purpose": p, "step": t, "index": i, "bits": bits(s, p, t, i)}
        for s in (0, 1, 12345678901234567) for p in ("", "order", "masks") for t in (0, 1, 5_000_000_000) for i in (0, 1, 2, 3, 4, 1001, 1 << 40)]
json.dump(rows, open("philox.json", "w"))
