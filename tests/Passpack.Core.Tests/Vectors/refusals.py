"""What has to be refused, each with the reason; sound but for that."""
import json
import struct
import uuid

from accounts import DEVICE, EPOCHS, HEAD, STRANGER, STREAMS, USER, VAULT, Epoch, identity, manifest_content, sha256, signed, sized4
from formats import b64, fixed
from primitives import (
    BASE, L, NEUTRAL, P, Q, add, ed25519_expand, ed25519_sign, encode, multiply, sha512_number, torsion, x25519, x_of,
)

PRESENT = EPOCHS[2]
SOUND = PRESENT.identity
RECEIVING = SOUND[-1216:]
TORSION = torsion()
SMALL = [multiply(i, TORSION) for i in range(8)]


# ---- Signatures


def small_encodings():
    """Every encoding of a point of small order that a lenient reader takes: canonical, with y + P, with the sign of x = 0."""
    found = {}
    for i, point in enumerate(SMALL):
        found[f"{i} times a point of order 8"] = encode(point)
        if point[1] < 19:
            found[f"{i} times a point of order 8, y + p"] = encode(point, P)
        if point[0] == 0:
            found[f"{i} times a point of order 8, with a sign"] = (point[1] | 1 << 255).to_bytes(32, "little")
            if point[1] < 19:
                found[f"{i} times a point of order 8, y + p, with a sign"] = (point[1] + P | 1 << 255).to_bytes(32, "little")
    return found


def number(value):
    return value.to_bytes(32, "little")


def signature_refusals():
    purpose, message = "AccountRemoval", HEAD
    scalar, _ = ed25519_expand(PRESENT.signing_seed)
    public, sound = encode(multiply(scalar, BASE)), PRESENT.sign(purpose, HEAD)
    rows = []

    def row(name, signature, key=public, of=purpose, text=message, user=USER):
        rows.append({"name": name, "userId": user, "signingKey": b64(key), "purpose": of, "message": b64(text), "signature": b64(signature)})

    def forge(key, k_times_a, start, r, text=message):
        """The signature that the equation without R's or A's part of small order asks for."""
        k = sha512_number(start + key + signed(purpose, sha256(identity(USER, key, RECEIVING)), text))
        return k, start + number((r + k * k_times_a) % L)

    s = int.from_bytes(sound[32:], "little")
    for times in range(1, 16):
        if s + times * L < 1 << 256:
            row(f"S + {times} L", sound[:32] + number(s + times * L))
    r = sha512_number(b"a start of its own") % L
    start = encode(multiply(r, BASE))
    row("S = L", start + number(L))
    row("S of ones", sound[:32] + b"\xff" * 32)
    for name, encoding in small_encodings().items():
        # Of R: right by the equation with the cofactor.
        row(f"R is {name}", forge(public, scalar, encoding, 0)[1])
        # Of A: a multiple k of it is the neutral element for some message, and then it is right by the strictest equation.
        for counter in range(1000):
            text = HEAD + struct.pack(">i", counter)
            k, signature = forge(encoding, 0, start, r, text)
            if k % 8 == 0:
                row(f"A is {name}", signature, encoding, text=text)
                break
    for i, point in enumerate(SMALL[1:], 1):
        mixed = encode(add(multiply(scalar, BASE), point))
        row(f"R with {i} times a point of order 8", forge(public, scalar, encode(add(multiply(r, BASE), point)), r)[1])
        seen = set()
        for counter in range(1000):
            text = HEAD + struct.pack(">i", counter)
            k, signature = forge(mixed, scalar, start, r, text)
            if (strict := multiply(k % 8, point) == NEUTRAL) not in seen:
                seen.add(strict)
                row(f"A with {i} times a point of order 8, right {'without' if strict else 'with'} the cofactor", signature, mixed, text=text)
            if len(seen) == 2:
                break
        assert len(seen) == 2
    for name, of, text in [
        ("of another purpose", "DeviceRemoval", HEAD), ("of a manifest", "Manifest", HEAD), ("of another vault", purpose, uuid.UUID(int=5).bytes + HEAD[16:]),
        ("of another generation", purpose, HEAD[:23] + b"\x2a" + HEAD[24:]), ("of another head", purpose, HEAD[:-1] + b"\0"), ("of a message cut", purpose, HEAD[:-1]),
        ("of a message extended", purpose, HEAD + b"\0"), ("of no message", purpose, b""),
    ]:
        row(name, PRESENT.sign(of, text))
    row("by another account", STRANGER.sign(purpose, HEAD))
    row("by the epoch before", EPOCHS[1].sign(purpose, HEAD))
    row("by this key, for the fingerprint of the epoch before", ed25519_sign(PRESENT.signing_seed, signed(purpose, EPOCHS[1].fingerprint, HEAD)))
    row("for the same key of another User ID", sound, user="zoe@example.com")
    label = b"passpack/7/sign/account removal"
    for name, data in [
        ("without a fingerprint", label + b"\0" + HEAD), ("without the zero", label + PRESENT.fingerprint + HEAD), ("without a label", PRESENT.fingerprint + HEAD),
        ("with a label in capitals", label.upper() + b"\0" + PRESENT.fingerprint + HEAD), ("of the message alone", HEAD),
        ("with a space after the label", label + b" \0" + PRESENT.fingerprint + HEAD), ("of the hash", sha256(signed(purpose, PRESENT.fingerprint, HEAD))),
    ]:
        row(name, ed25519_sign(PRESENT.signing_seed, data))
    for name, signature in [
        ("empty", b""), ("of R alone", sound[:32]), ("cut", sound[:-1]), ("extended", sound + b"\0"), ("after a zero", b"\0" + sound), ("twice", sound + sound),
        ("of zeros", bytes(64)), ("with R and S exchanged", sound[32:] + sound[:32]), ("with another R", b"\x01" + sound[1:]), ("with -R", sound[:31] + bytes([sound[31] ^ 0x80]) + sound[32:]),
        ("with S one more", sound[:32] + number((s + 1) % L)), ("with -S", sound[:32] + number(L - s)),
    ]:
        row(name, signature)
    return {"sound": {"userId": USER, "signingKey": b64(public), "purpose": purpose, "message": b64(HEAD), "signature": b64(sound)}, "all": rows}


# ---- Identities


def with_coefficient(at, value):
    key = bytearray(RECEIVING)
    packed = int.from_bytes(key[384 * (at // 256):384 * (at // 256) + 384], "little")
    shift = 12 * (at % 256)
    key[384 * (at // 256):384 * (at // 256) + 384] = (packed & ~(4095 << shift) | value << shift).to_bytes(384, "little")
    return bytes(key)


def identity_refusals():
    rows, signing = [], SOUND[-1248:-1216]

    def row(name, reason, data):
        rows.append({"name": name, "reason": reason, "bytes": b64(data)})

    for suite in (0, 2, 255):
        row(f"suite {suite}", f"suite {suite}", bytes([suite]) + SOUND[1:])
    length = len(USER.encode())
    for name, data in [
        ("empty", b""), ("its suite alone", b"\x01"), ("cut after the length", SOUND[:3]), ("cut", SOUND[:-1]), ("a byte after the last", SOUND + b"\0"), ("twice", SOUND + SOUND),
        ("User ID longer than it says", SOUND[:3] + b"x" + SOUND[3:]), ("a length one less", struct.pack(">BH", 1, length - 1) + SOUND[3:]),
        ("a length one more", struct.pack(">BH", 1, length + 1) + SOUND[3:]), ("the longest length", struct.pack(">BH", 1, 65535) + SOUND[3:]),
    ]:
        row(name, "as long as it says", data)
    for name, user in [("a byte that begins nothing", b"\xff"), ("an overlong slash", b"\xc0\xaf"), ("half a surrogate pair", b"\xed\xa0\x80"), ("cut in a letter", b"Zo\xc3")]:
        row(f"a User ID of {name}", "UTF-8", b"\x01" + struct.pack(">H", len(user)) + user + SOUND[-1248:])
    keys = {f"a signing key that is {name}": encoding for name, encoding in small_encodings().items()}
    point = multiply(ed25519_expand(PRESENT.signing_seed)[0], BASE)
    for i, small in enumerate(SMALL[1:], 1):
        keys[f"a signing key with {i} times a point of order 8"] = encode(add(point, small))
    for y in range(2, 19):
        if x_of(y, 0) is not None:
            keys[f"a signing key with y = p + {y}"] = (y + P).to_bytes(32, "little")
    keys["a signing key off the curve"] = next(number(y) for y in range(2, 99) if x_of(y, 0) is None)
    keys["a signing key of ones"] = b"\xff" * 32
    for name, key in keys.items():
        row(name, "signing key", identity(USER, key, RECEIVING))
    for at in (0, 1, 255, 256, 511, 767):
        for value in (Q, Q + 1, 4095):
            row(f"coefficient {at} is {value}", "ML-KEM key", identity(USER, signing, with_coefficient(at, value)))
    order8 = x25519_of_order_8()
    u = {f"p + {i}": P + i for i in range(19)}
    u |= {"2^255 and a sound key": int.from_bytes(RECEIVING[-32:], "little") | 1 << 255, "ones": (1 << 256) - 1, "0": 0, "1": 1, "p - 1": P - 1, "2^255": 1 << 255}
    u |= {f"of order 8, {i}": value for i, value in enumerate(order8)} | {f"of order 8, {i}, with the top bit": value | 1 << 255 for i, value in enumerate(order8)}
    for name, value in u.items():
        row(f"an X25519 key {name}", "X25519 key", identity(USER, signing, RECEIVING[:-32] + number(value)))
    return rows


def x25519_of_order_8():
    """u = (1 + y) / (1 - y) of the points of order 8; the ladder, whose scalars are multiples of 8, gives zero for each."""
    found = sorted({(1 + y) * pow(1 - y, -1, P) % P for i, (_, y) in enumerate(SMALL) if i % 2})
    assert len(found) == 2 and all(x25519(fixed("any scalar", 32), number(u)) == bytes(32) for u in found + [0, 1, P - 1, P, P + 1])
    return found


# ---- Key records


def key_record_refusals():
    rows, text = [], PRESENT.envelope().encode()

    def row(name, reason, data):
        rows.append({"name": name, "reason": reason, "bytes": b64(data)})

    def made(generation=6, version=7, vault=VAULT.bytes, epoch=3, envelope=sized4(text), of=sized4(SOUND), count=None, earlier=PRESENT.earlier):
        return struct.pack(">ii16si", generation, version, vault, epoch) + envelope + of + struct.pack(">i", len(earlier) if count is None else count) + b"".join(earlier)

    sound, length = made(), "as long as it says"
    for at in (8, 27, 28, 31, 32, 33, 32 + len(text), 36 + len(text), len(sound) - 279, len(sound) - 278, len(sound) - 139, len(sound) - 1):
        row(f"cut after {at} bytes", length, sound[:at])
    row("empty", "pack version", b"")
    row("cut in the pack version", "pack version", sound[:7])
    for extended in (b"\0", PRESENT.earlier[0], sound):
        row(f"extended by {len(extended)} bytes", length, sound + extended)
    row("over the most bytes", length, made(envelope=sized4(b"x" * 8192), of=sized4(SOUND + bytes(8192 - len(SOUND))), epoch=51, earlier=PRESENT.earlier[:1] * 51))
    for version in (0, 6, 8, -7):
        row(f"pack version {version}", "pack version", made(version=version))
    for count in (0, 1, 3, -1, 2**31 - 1, -2**31, 2 + 2**32 // 139, 2 + 2**31 // 139):
        row(f"{count} earlier keys, by its count", length, made(count=count))
    for epoch, earlier in [(0, []), (0, PRESENT.earlier), (-1, []), (1, PRESENT.earlier), (2, PRESENT.earlier), (4, PRESENT.earlier), (51, PRESENT.earlier[:1] * 50), (2**31 - 1, []), (-2**31, [])]:
        row(f"epoch {epoch} with {len(earlier)} earlier keys", f"of epoch {epoch}", made(epoch=epoch, earlier=earlier))
    for claimed in (-1, -2**31, 2**31 - 1, 2**31 - 32, len(text) + 1, len(text) - 1, len(sound)):
        row(f"an envelope of {claimed} bytes, by its length", length, made(envelope=struct.pack(">i", claimed) + text))
    row("an envelope over the limit", length, made(envelope=sized4(b"x" * 8193)))
    for claimed in (-1, -2**31, 2**31 - 1, len(SOUND) + 1, len(SOUND) - 1, 0):
        row(f"an identity of {claimed} bytes, by its length", length, made(of=struct.pack(">i", claimed) + SOUND))
    row("an identity over the limit", length, made(of=sized4(b"\x01" * 8193)))
    row("no envelope", "key envelope", made(envelope=sized4(b"")))
    for name, byte in [("80", b"\x80"), ("ff", b"\xff"), ("c3 a9", "é".encode())]:
        row(f"an envelope with {name}", "key envelope", made(envelope=sized4(text + byte)))
    row("generation -1", "generation", made(generation=-1))
    row("no vault", "vault", made(vault=bytes(16)))
    row("no identity", "identity", made(of=sized4(b"")))
    row("an identity of suite 2", "suite 2", made(of=sized4(b"\x02" + SOUND[1:])))
    row("an identity with a coefficient of 3329", "ML-KEM", made(of=sized4(identity(USER, SOUND[-1248:-1216], with_coefficient(0, Q)))))
    return rows


# ---- Manifests


def manifest_refusals():
    rows, generation, content = [], 42, manifest_content(PRESENT, 42)
    sound = PRESENT.manifest(generation, content)
    sealed, tail = sound[4:-97], sound[-97:]

    def row(name, reason, data, of=generation):
        rows.append({"name": name, "reason": reason, "generation": of, "manifest": b64(data)})

    def text(data, purpose="manifest", epoch=PRESENT, signer=PRESENT, stream=0, part=16, entry=VAULT, version=generation):
        return signer.frame(epoch.seal(purpose, stream, part, entry, version, data))

    def packed(value):
        return json.dumps(value, separators=(",", ":")).encode()

    def framed(message):
        return message + PRESENT.sign("Manifest", message)

    log = struct.pack(">q", 7) + sha256(b"a log")
    for name, data in [
        ("a log byte of 01", framed(sized4(sealed) + PRESENT.fingerprint + b"\x01")), ("a log's head", framed(sized4(sealed) + PRESENT.fingerprint + b"\x01" + log)),
        ("a log's head after 00", framed(sized4(sealed) + PRESENT.fingerprint + b"\0" + log)), ("a log byte of ff", framed(sized4(sealed) + PRESENT.fingerprint + b"\xff")),
        ("a length one less", framed(struct.pack(">i", len(sealed) - 1) + sealed + PRESENT.fingerprint + b"\0")),
        ("a length one more", framed(struct.pack(">i", len(sealed) + 1) + sealed + PRESENT.fingerprint + b"\0")),
        ("a negative length", struct.pack(">i", -1) + sound[4:]), ("the longest length", struct.pack(">i", 2**31 - 1) + sound[4:]), ("the sealed part alone", sealed),
        ("empty", b""), ("cut", sound[:-1]), ("cut in front", sound[1:]), ("extended", sound + b"\0"), ("without its signature", sound[:-64]),
        ("over the limit", framed(sized4(sealed + bytes(16384)) + PRESENT.fingerprint + b"\0")),
    ]:
        row(name, "framing", data)
    row("no sealed part", "header", framed(sized4(b"") + PRESENT.fingerprint + b"\0"))
    for name, data in [
        ("of another vault", Epoch(3, EPOCHS[1], vault=uuid.UUID(int=9)).manifest(generation, content)), ("of another record", text(packed(content), entry=DEVICE)),
        ("of another part", text(packed(content), "device token", part=17)), ("of another stream", text(packed(content), stream=1)),
        ("of another generation in its header", text(packed(content), version=43)), ("of another format", framed(sized4(b"\x02" + sealed[1:]) + PRESENT.fingerprint + b"\0")),
        ("of a later epoch", Epoch(4, PRESENT).manifest(generation, content)),
        ("of epoch 0", framed(sized4(sealed[:17] + struct.pack(">i", 0) + sealed[21:]) + PRESENT.fingerprint + b"\0")),
        ("of epoch -1", framed(sized4(sealed[:17] + struct.pack(">i", -1) + sealed[21:]) + PRESENT.fingerprint + b"\0")),
    ]:
        row(name, "header", data)
    row("served as another generation", "header", sound, of=43)
    row("signed by the epoch before", "signer", EPOCHS[1].frame(sealed))
    row("sealed in the epoch before and signed by this one", "signer", text(packed(content), epoch=EPOCHS[1]))
    row("signed by a stranger", "signer", STRANGER.frame(sealed))
    message = sized4(sealed) + PRESENT.fingerprint + b"\0"
    for name, signature in [
        ("of a stranger", STRANGER.sign("Manifest", message)), ("of another purpose", PRESENT.sign("Push", message)), ("of the sealed part", PRESENT.sign("Manifest", sealed)),
        ("of zeros", bytes(64)), ("altered", tail[-64:-1] + bytes([tail[-1] ^ 1])),
    ]:
        row(f"a signature {name}", "signature", message + signature)
    row("another fingerprint outside", "signer", sound[:-97] + EPOCHS[1].fingerprint + sound[-65:])
    row("a sealed part that was altered, and signed", "seal", framed(sized4(sealed[:-1] + bytes([sealed[-1] ^ 1])) + PRESENT.fingerprint + b"\0"))
    row("sealed under another account's keys, and signed", "seal", PRESENT.frame(Epoch(3, EPOCHS[1], name="another account key").seal("manifest", 0, 16, VAULT, generation, packed(content))))
    for name, changed in [
        ("another signer inside", {"signer": b64(EPOCHS[1].fingerprint)}), ("no signer inside", {"signer": None}), ("a signer cut", {"signer": b64(PRESENT.fingerprint[:31])}),
        ("another generation inside", {"generation": 41}), ("a generation with a fraction", {"generation": 42.0}), ("a generation as text", {"generation": "42"}),
        ("a revision below zero", {"revision": -1}), ("a counter below zero", {"counter": -1}), ("a counter beyond 64 bits", {"counter": 1 << 63}), ("a previous cut", {"previous": b64(bytes(31))}),
        ("no previous", {"previous": None}), ("a previous without padding", {"previous": b64(bytes(32)).rstrip("=")}), ("streams that are none", {"streams": None}),
        ("a stream that is none", {"streams": [None]}), ("stream 0", {"streams": [{**STREAMS[0], "stream": 0}]}), ("stream 256", {"streams": [{**STREAMS[0], "stream": 256}]}),
        ("a stream twice", {"streams": [STREAMS[0], STREAMS[0]]}), ("streams in another order", {"streams": STREAMS[::-1]}), ("a stream of no record", {"streams": [{**STREAMS[0], "count": 0}]}),
        ("a stream of less than none", {"streams": [{**STREAMS[0], "count": -1}]}), ("a hash cut", {"streams": [{**STREAMS[0], "hash": b64(bytes(31))}]}),
        ("65 streams", {"streams": [{**STREAMS[0], "stream": i} for i in range(1, 66)]}), ("a left that is cut", {"left": {"generation": 7, "hash": b64(bytes(31))}}),
        ("a left without a hash", {"left": {"generation": 7}}), ("a left below zero", {"left": {"generation": -7, "hash": b64(bytes(32))}}), ("a successor that is a number", {"successor": 1}),
    ]:
        row(name, "content", text(packed({**content, **changed})))
    for member in content:
        row(f"no member {member}", "content", text(packed({k: v for k, v in content.items() if k != member})))
        row(f"{member} in capitals", "content", text(packed({k.upper() if k == member else k: v for k, v in content.items()})))
        row(f"{member} twice", "content", text(packed(content)[:-1] + b"," + packed({member: content[member]})[1:]))
    for name, data in [
        ("no JSON", b"generation"), ("an array", b"[]"), ("null", b"null"), ("nothing", b""), ("a comma at the end", packed(content)[:-1] + b",}"), ("two objects", packed(content) * 2),
        ("a comment", b"/**/" + packed(content)), ("a name twice in an unknown member", packed(content)[:-1] + b',"x":{"a":1,"a":2}}'),
        ("a name twice, once escaped", packed(content)[:-1] + b',"counte\\u0072":13}'), ("half a surrogate pair as a name", packed(content)[:-1] + b',"\\ud800":1}'),
    ]:
        row(name, "content", text(data))
    return {"sound": b64(sound), "generation": generation, "all": rows}


def vectors():
    return {"signatures": signature_refusals(), "identities": identity_refusals(), "keyRecords": key_record_refusals(), "manifests": manifest_refusals()}
