"""SHAKE-256 and SHA3-512 (FIPS 202), Ed25519 (RFC 8032), X25519 (RFC 7748), the key generation of ML-KEM-768 (FIPS 203) and X-Wing's public key
(draft-connolly-cfrg-xwing-kem-08) in plain Python, so that they share no line with what the product uses. Slow, and not in constant time: for vectors
alone. check() compares them with the vectors of those documents.
"""
import hashlib

# ---- Keccak: FIPS 202, 3


def _rounds():
    constants, state = [], 1
    for _ in range(24):
        constant = 0
        for bit in range(7):
            if state & 1:
                constant |= 1 << ((1 << bit) - 1)
            state = (state << 1) ^ (0x171 if state & 0x80 else 0)
        constants.append(constant)
    return constants


ROUNDS, MASK = _rounds(), (1 << 64) - 1


def _rotated(lane, bits):
    bits %= 64
    return ((lane << bits) | (lane >> (64 - bits))) & MASK


def _permuted(a):
    for constant in ROUNDS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[(x - 1) % 5] ^ _rotated(c[(x + 1) % 5], 1) for x in range(5)]
        a = [lane ^ d[i % 5] for i, lane in enumerate(a)]
        b, x, y, lane = list(a), 1, 0, a[1]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            lane, b[x + 5 * y] = a[x + 5 * y], _rotated(lane, (t + 1) * (t + 2) // 2)
        a = [b[i] ^ (~b[i - i % 5 + (i + 1) % 5] & b[i - i % 5 + (i + 2) % 5] & MASK) for i in range(25)]
        a[0] ^= constant
    return a


def _sponge(message, rate, suffix, length):
    padded = bytearray(message) + bytes([suffix]) + bytes(-(len(message) + 1) % rate)
    padded[-1] |= 0x80
    state, output = [0] * 25, b""
    for block in range(0, len(padded), rate):
        for i in range(rate // 8):
            state[i] ^= int.from_bytes(padded[block + 8 * i:block + 8 * i + 8], "little")
        state = _permuted(state)
    while len(output) < length:
        output += b"".join(lane.to_bytes(8, "little") for lane in state)[:rate]
        state = _permuted(state)
    return output[:length]


def shake256(message, length):
    return _sponge(message, 136, 0x1F, length)


def shake128(message, length):
    return _sponge(message, 168, 0x1F, length)


def sha3_512(message):
    return _sponge(message, 72, 0x06, 64)


# ---- edwards25519: RFC 8032, 5.1. A point is (x, y).

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1)


def add(one, other):
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2
    return (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P


def multiply(scalar, point):
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def x_of(y, sign):
    """The x of a point; None if there is no such point."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if x * x % P != square:
        return None
    return P - x if x and x % 2 != sign else x


def encode(point, extra=0):
    """With extra = P the encoding of the same point that is not canonical, for y below 19."""
    return (point[1] + extra | (point[0] & 1) << 255).to_bytes(32, "little")


BASE = (x_of(4 * pow(5, -1, P) % P, 0), 4 * pow(5, -1, P) % P)


def sha512_number(data):
    return int.from_bytes(hashlib.sha512(data).digest(), "little")


def ed25519_expand(seed):
    digest = hashlib.sha512(seed).digest()
    return int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254, digest[32:]


def ed25519_public(seed):
    return encode(multiply(ed25519_expand(seed)[0], BASE))


def ed25519_sign(seed, message):
    scalar, prefix = ed25519_expand(seed)
    r = sha512_number(prefix + message) % L
    start = encode(multiply(r, BASE))
    k = sha512_number(start + encode(multiply(scalar, BASE)) + message)
    return start + ((r + k * scalar) % L).to_bytes(32, "little")


def torsion():
    """A point of order 8: what is left of some point when its part of prime order is taken away."""
    y = 2
    while True:
        x = x_of(y, 0)
        if x is not None and multiply(4, point := multiply(L, (x, y))) != NEUTRAL:
            return point
        y += 1


# ---- X25519: RFC 7748, 5


def x25519(scalar, u_bytes):
    k = int.from_bytes(scalar, "little") & ((1 << 255) - 8) & ((1 << 255) - 1) | 1 << 254
    u = int.from_bytes(u_bytes, "little") & ((1 << 255) - 1)
    x2, z2, x3, z3 = 1, 0, u, 1
    for bit in range(254, -1, -1):
        swap = k >> bit & 1
        if swap:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = (x2 + z2) % P, (x2 - z2) % P, (x3 + z3) % P, (x3 - z3) % P
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        x3, z3 = (da + cb) ** 2 % P, u * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, (aa - bb) * (aa + 121665 * (aa - bb)) % P
        if swap:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


# ---- ML-KEM-768: FIPS 203, key generation and encapsulation

Q = 3329
ZETAS = [pow(17, int(f"{i:07b}"[::-1], 2), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * int(f"{i:07b}"[::-1], 2) + 1, Q) for i in range(128)]


def _ntt(f):
    f, i, length = list(f), 1, 128
    while length >= 2:
        for start in range(0, 256, 2 * length):
            for j in range(start, start + length):
                t = ZETAS[i] * f[j + length] % Q
                f[j + length], f[j] = (f[j] - t) % Q, (f[j] + t) % Q
            i += 1
        length //= 2
    return f


def _product(f, g):
    h = []
    for i in range(128):
        a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h += [(a0 * b0 + a1 * b1 * GAMMAS[i]) % Q, (a0 * b1 + a1 * b0) % Q]
    return h


def _uniform(seed):
    stream, values, at = shake128(seed, 1344), [], 0
    while len(values) < 256:
        a, b, c = stream[at:at + 3]
        values += [d for d in (a + 256 * (b % 16), b // 16 + 16 * c) if d < Q]
        at += 3
    return values[:256]


def _small(seed, number):
    bits = int.from_bytes(shake256(seed + bytes([number]), 128), "little")
    return [((bits >> 4 * i & 1) + (bits >> 4 * i + 1 & 1) - (bits >> 4 * i + 2 & 1) - (bits >> 4 * i + 3 & 1)) % Q for i in range(256)]


def encode12(values):
    return sum(value << 12 * i for i, value in enumerate(values)).to_bytes(384, "little")


def mlkem768_public(d):
    """The encapsulation key of the seed d. The seed z is of the decapsulation key alone."""
    expanded = sha3_512(d + b"\x03")
    rho, sigma = expanded[:32], expanded[32:]
    s, e = [_ntt(_small(sigma, i)) for i in range(3)], [_ntt(_small(sigma, 3 + i)) for i in range(3)]
    key = b""
    for i in range(3):
        row = e[i]
        for j in range(3):
            row = [(x + y) % Q for x, y in zip(row, _product(_uniform(rho + bytes([j, i])), s[j]))]
        key += encode12(row)
    return key + rho


def _inverse_ntt(f):
    f, i, length = list(f), 127, 2
    while length <= 128:
        for start in range(0, 256, 2 * length):
            for j in range(start, start + length):
                f[j], f[j + length] = (f[j] + f[j + length]) % Q, ZETAS[i] * (f[j + length] - f[j]) % Q
            i -= 1
        length *= 2
    return [x * 3303 % Q for x in f]


def _compressed(values, bits):
    return sum(((value << bits + 1) + Q) // (2 * Q) % (1 << bits) << bits * i for i, value in enumerate(values)).to_bytes(32 * bits, "little")


def mlkem768_encapsulate(key, message):
    """The secret and the ciphertext of 32 random bytes."""
    together = sha3_512(message + hashlib.sha3_256(key).digest())
    secret, r = together[:32], together[32:]
    t = [[int.from_bytes(key[384 * i:384 * i + 384], "little") >> 12 * j & 0xFFF for j in range(256)] for i in range(3)]
    y = [_ntt(_small(r, i)) for i in range(3)]
    ciphertext = b""
    for i in range(3):
        row = [0] * 256
        for j in range(3):
            row = [(a + b) % Q for a, b in zip(row, _product(_uniform(key[1152:] + bytes([i, j])), y[j]))]
        ciphertext += _compressed([(a + b) % Q for a, b in zip(_inverse_ntt(row), _small(r, 3 + i))], 10)
    row = [0] * 256
    for j in range(3):
        row = [(a + b) % Q for a, b in zip(row, _product(t[j], y[j]))]
    bits = int.from_bytes(message, "little")
    v = [(a + b + 1665 * (bits >> i & 1)) % Q for i, (a, b) in enumerate(zip(_inverse_ntt(row), _small(r, 6)))]
    return secret, ciphertext + _compressed(v, 4)


def xwing_public(seed):
    expanded = shake256(seed, 96)
    return mlkem768_public(expanded[:32]) + x25519(expanded[64:], (9).to_bytes(32, "little"))


def xwing_encapsulate(key, seed):
    """The secret and the ciphertext of 64 random bytes."""
    secret, ciphertext = mlkem768_encapsulate(key[:1184], seed[:32])
    mine, shared = x25519(seed[32:], (9).to_bytes(32, "little")), x25519(seed[32:], key[1184:])
    return hashlib.sha3_256(secret + shared + mine + key[1184:] + bytes.fromhex("5c2e2f2f5e5c")).digest(), ciphertext + mine


# Appendix C of the draft: of each encapsulation the seed, the secret, and SHA-256 of the ciphertext; the keys are those of XWING.
XWING_SECRETS = [
    ("3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
     "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384", "17cd532d657e44c897ca6583e548a5424fc70bf54f99515a4d2bcf99e3469f33"),
    ("17cda7cfad765f5623474d368ccca8af0007cd9f5e4c849f167a580b14aabdefaee7eef47cb0fca9767be1fda69419dfb927e9df07348b196691abaeb580b32d",
     "f2e86241c64d60f6649fbc6c5b7d17180b780a3f34355e64a85749949c45f150", "1661ea86d608a1924ba30840cb0a65f13ae051e3aec9cf0f064efc0bc92f2154"),
    ("22a96188d032675c8ac850933c7aff1533b94c834adbb69c6115bad4692d8619f90b0cdf8a7b9c264029ac185b70b83f2801f2f4b3f70c593ea3aeeb613a7f1b",
     "953f7f4e8c5b5049bdc771d1dffada0dd961477d1a2ae0988baa7ea6898d893f", "d3ca5578500344b5896cffc4fd740c9311946b82951df155e6fd86a7966b43c6"),
]
# Each seed, and SHA-256 of its public key.
XWING = [
    ("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26", "2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb"),
    ("badfd6dfaac359a5efbb7bcc4b59d538df9a04302e10c8bc1cbf1a0b3a5120ea", "c42ba5f8430d7d2c83739338203819f090e8303ce9c8b02107c272bfa5376916"),
    ("ef58538b8d23f87732ea63b02b4fa0f4873360e2841928cd60dd4cee8cc0d4c9", "6b080d6b84f095342092fa7a22423e58bd681397ad0ef00eac92bd254db4fa95"),
]


def check():
    for message in [b"", b"abc", bytes(135), bytes(136), bytes(500)]:
        assert shake256(message, 600) == hashlib.shake_256(message).digest(600) and sha3_512(message) == hashlib.sha3_512(message).digest()
        assert shake128(message, 400) == hashlib.shake_128(message).digest(400)
    # RFC 8032, 7.1: tests 1, 2 and 3.
    for seed, public, message, signature in [
        ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    ]:
        assert ed25519_public(bytes.fromhex(seed)).hex() == public
        assert ed25519_sign(bytes.fromhex(seed), bytes.fromhex(message)).hex() == signature
    # RFC 7748, 5.2.
    for scalar, u, result in [
        ("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
         "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"),
        ("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d", "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
         "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"),
        ("09" + "00" * 31, "09" + "00" * 31, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"),
    ]:
        assert x25519(bytes.fromhex(scalar), bytes.fromhex(u)).hex() == result
    # FIPS 203 has no vectors of its own; the draft's are of all of it.
    for seed, digest in XWING:
        assert hashlib.sha256(xwing_public(bytes.fromhex(seed))).hexdigest() == digest
    for (key, _), (seed, secret, digest) in zip(XWING, XWING_SECRETS):
        made, ciphertext = xwing_encapsulate(xwing_public(bytes.fromhex(key)), bytes.fromhex(seed))
        assert made.hex() == secret and hashlib.sha256(ciphertext).hexdigest() == digest


check()
