#!/usr/bin/env python3
"""Makes packing-v7.json: version 7's formats by another implementation (hashlib, hmac, cryptography), so that two of them agree on every
byte. It runs nothing of the product. Deterministic: python3 make-packing-v7.py > packing-v7.json
"""
import base64
import hashlib
import hmac
import json
import struct
import sys
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def b64(data):
    return base64.b64encode(data).decode()


def fixed(label, length):
    """Bytes that look random and are always the same."""
    return hashlib.shake_256(label.encode()).digest(length)


def scrypt(secret, salt, log2n, r, p, length):
    return hashlib.scrypt(secret, salt=salt, n=1 << log2n, r=r, p=p, dklen=length, maxmem=1 << 30)


def hkdf(key, info, salt=b""):
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt or None, info=info.encode()).derive(key)


def envelope(purpose, packing_key, log2n, r, p, salt, nonce, plaintext, padded=True):
    field = b64 if padded else lambda data: b64(data).rstrip("=")
    derived = scrypt(packing_key.encode(), salt, log2n, r, p, 64)
    header = f"7#{purpose}#{log2n}.{r}.{p}#{field(salt)}#{field(derived[32:])}#{field(nonce)}#"
    text = header + field(AESGCM(derived[:32]).encrypt(nonce, plaintext, header.encode())) + "#"
    return text + field(hashlib.sha256(text.encode()).digest()[:8])


def record(vault_key, purpose, vault, epoch, stream, part, entry, version, nonce, plaintext):
    header = struct.pack(">B16siBB16sq", 1, vault.bytes, epoch, stream, part, entry.bytes, version)
    padded = plaintext + b"\x80"
    padded += bytes(-len(padded) % 64)
    return header + nonce + AESGCM(hkdf(vault_key, f"passpack/7/{purpose}")).encrypt(nonce, padded, header)


def main():
    account_key = fixed("account key", 32)
    vault = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
    entry = uuid.UUID("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")
    epoch = 3
    vault_key = hkdf(account_key, f"passpack/7/vault key/{epoch}", vault.bytes)

    envelopes = []
    for name, purpose, key, params, plaintext, padded in [
        ("account key", "account", "correct horse battery staple", (15, 8, 1), account_key, True),
        ("written without padding", "backup", "correct horse battery staple", (15, 8, 1), account_key, False),
        ("current parameters; a key and a text beyond ASCII", "text", "パスワード é e\u0301 \U0001f511", (17, 8, 1), "Grüße".encode(), True),
        ("other r and p; empty key and text", "text", "", (16, 9, 2), b"", True),
    ]:
        text = envelope(purpose, key, *params, fixed(name + " salt", 16), fixed(name + " nonce", 12), plaintext, padded)
        envelopes.append({"name": name, "purpose": purpose, "packingKey": key, "plaintext": b64(plaintext), "envelope": text})

    records = []
    for purpose, stream, part in [
        ("summary", 1, 1), ("secret", 1, 2), ("tombstone", 1, 3), ("tags", 2, 0), ("favorites", 3, 0), ("manifest", 0, 16), ("device token", 0, 17),
    ]:
        for length in (0, 1, 63, 64, 200):
            version = 1 + 7 * length + (1 << 40)
            plaintext = fixed(f"{purpose} {length}", length)
            sealed = record(vault_key, purpose, vault, epoch, stream, part, entry, version, fixed(f"{purpose} {length} nonce", 12), plaintext)
            records.append({"stream": stream, "part": part, "id": str(entry), "version": version, "plaintext": b64(plaintext), "record": b64(sealed)})

    def mac(purpose, message):
        return hmac.new(hkdf(vault_key, f"passpack/7/{purpose}"), message, hashlib.sha256).digest()

    digest = hashlib.sha256(b"a body").digest()
    key_record = f"5\n7\n{vault.hex}\n{epoch}\n{envelopes[0]['envelope']}"
    summary, secret = fixed("summary part", 139), fixed("secret part", 203)
    body = struct.pack(">i", len(summary)) + summary + secret
    rfc7914 = [("", "", 4, 1, 1), ("password", "NaCl", 10, 8, 16), ("pleaseletmein", "SodiumChloride", 14, 8, 1)]
    json.dump({
        "about": "Made by make-packing-v7.py. Bytes are Base64. scryptRfc7914: the RFC's inputs (section 12), all but the one that takes 1 GiB.",
        "scryptRfc7914": [
            {"secret": s, "salt": b64(t.encode()), "log2N": n, "r": r, "p": p, "derived": b64(scrypt(s.encode(), t.encode(), n, r, p, 64))}
            for s, t, n, r, p in rfc7914],
        "hkdf": [
            {"key": b64(k), "salt": b64(s), "info": i, "derived": b64(hkdf(k, i, s))}
            for k, s, i in [(account_key, b"", "passpack/7/x"), (account_key, vault.bytes, "é"), (b"\x0b" * 22, b"", "")]],
        "loginProof": {
            "password": "hunter2 é", "salt": b64(fixed("login salt", 16)), "kdf": "15.8.2",
            "proof": b64(hkdf(scrypt("hunter2 é".encode(), fixed("login salt", 16), 15, 8, 2, 32), "passpack/7/login"))},
        "envelopes": envelopes,
        "accountKey": b64(account_key), "vaultId": str(vault), "epoch": epoch,
        "records": records,
        "nameKeys": [
            {"name": n, "key": b64(mac("name index", f.encode())[:16])}
            for n, f in [("", ""), ("Mail", "mail"), ("CAFE\u0301", "caf\u00e9"), ("ÄÖÜ 密", "äöü 密")]],
        "manifestTerm": {"claim": b64(b"a claim"), "term": b64(mac("manifest sum", b"a claim"))},
        "conflictCopy": {
            "id": str(entry), "digest": b64(digest), "copy": str(uuid.UUID(bytes=mac("conflict copy", entry.bytes + digest)[:16]))},
        "keyRecord": {
            "generation": 5, "keyEnvelope": envelopes[0]["envelope"],
            "mac": b64(hmac.new(hkdf(account_key, "passpack/7/key record"), key_record.encode(), hashlib.sha256).digest())},
        "body": {"summary": b64(summary), "secret": b64(secret), "body": b64(body), "digest": b64(hashlib.sha256(body).digest())},
    }, sys.stdout, indent=2, ensure_ascii=True)
    print()


main()
