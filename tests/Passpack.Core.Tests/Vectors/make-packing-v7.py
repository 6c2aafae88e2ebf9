#!/usr/bin/env python3
"""Makes packing-v7.json: version 7's formats by another implementation (hashlib, cryptography, and primitives.py), so that two of them agree on every
byte. It runs nothing of the product. Deterministic: python3 make-packing-v7.py > packing-v7.json
"""
import hashlib
import json
import struct
import sys
import uuid

import accounts
import refusals
from formats import b64, envelope, fixed, hkdf, record, scrypt, set_hash


def main():
    present = accounts.EPOCHS[-1]
    account_key, vault, epoch = present.account_key, accounts.VAULT, present.number
    entry = uuid.UUID("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")
    vault_key = present.vault_key

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
        ("summary", 1, 1), ("secret", 1, 2), ("tombstone", 1, 3), ("tags", 2, 0), ("favorites", 3, 0), ("manifest", 0, 16), ("device token", 0, 17), ("sync record", 0, 18),
    ]:
        for length in (0, 1, 63, 64, 200):
            version = 1 + 7 * length + (1 << 40)
            plaintext = fixed(f"{purpose} {length}", length)
            sealed = record(vault_key, purpose, vault, epoch, stream, part, entry, version, fixed(f"{purpose} {length} nonce", 12), plaintext)
            records.append({"stream": stream, "part": part, "id": str(entry), "version": version, "plaintext": b64(plaintext), "record": b64(sealed)})

    digest = hashlib.sha256(b"a body").digest()
    elements = [struct.pack(">B16sqB32s", stream, entry.bytes, version, deleted, digest) for stream, version, deleted in [(1, 1, 0), (1, 2, 1), (2, 1, 0), (250, 1 << 40, 1)]]
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
            {"name": n, "key": b64(present.mac("name index", f.encode())[:16])}
            for n, f in [("", ""), ("Mail", "mail"), ("CAFE\u0301", "caf\u00e9"), ("ÄÖÜ 密", "äöü 密")]],
        "setHash": {
            "elements": [b64(e) for e in elements], "empty": b64(set_hash([])), "all": b64(set_hash(elements)), "withoutFirst": b64(set_hash(elements[1:]))},
        "conflictCopy": {
            "id": str(entry), "digest": b64(digest), "copy": str(uuid.UUID(bytes=accounts.EPOCHS[0].mac("conflict copy", entry.bytes + digest)[:16]))},
        "keys": accounts.vectors(),
        "refusals": refusals.vectors(),
        "body": {"summary": b64(summary), "secret": b64(secret), "body": b64(body), "digest": b64(hashlib.sha256(body).digest())},
    }, sys.stdout, indent=2, ensure_ascii=True)
    print()


main()
