#!/usr/bin/env python3
"""Makes sharing.json: a log of a shared vault with every statement, and what has to be refused, by another implementation (hashlib and primitives.py). It runs
nothing of the product. Deterministic: python3 sharing.py > sharing.json
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

import primitives
from accounts import identity, sha256, sized2, sized4
from formats import b64, fixed, hkdf
from primitives import ed25519_public, ed25519_sign, xwing_encapsulate, xwing_public

READER, EDITOR, OWNER = 1, 2, 3
ZEROS = bytes(32)


class Person:
    def __init__(self, name):
        self.seed = sha256(name.encode())
        self.identity = identity(f"{name}@example.com", ed25519_public(self.seed), xwing_public(self.seed))
        self.fingerprint = sha256(self.identity)

    def sign(self, message, label="statement", fingerprint=None):
        return ed25519_sign(self.seed, f"passpack/7/sign/{label}".encode() + b"\0" + (fingerprint or self.fingerprint) + message)


ANNA, BOB, CARL = Person("anna"), Person("bob"), Person("carl")
INVITATION = uuid.UUID("a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf").bytes


def manifest(generation):
    return struct.pack(">q", generation) + (sha256(f"manifest {generation}".encode()) if generation else ZEROS)


RANDOM = fixed("random of a vault", 32)


def vault_key(number):
    return fixed(f"vault key of epoch {number}", 32)


def commitment(number, key=None):
    return hkdf(key or vault_key(number), f"passpack/7/commitment/{number}", RANDOM)


def seal(key, content):
    return AESGCM(key).encrypt(bytes(12), content, None)


def epoch(number, chained):
    key = hkdf(vault_key(number), f"passpack/7/chained vault key/{number}/{chained}", RANDOM)
    return struct.pack(">i", number) + commitment(number) + struct.pack(">i", chained) + seal(key, vault_key(chained))


def wrap(vault, number, member, content=None, committed=None):
    secret, ciphertext = xwing_encapsulate(member.identity[-1216:], fixed(f"encapsulation {number} {member.identity[:20].hex()}", 64))
    info = b"passpack/7/wrapped vault key\0" + struct.pack(">i", number) + (committed or commitment(number)) + member.fingerprint
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=vault, info=info).derive(secret)
    return ciphertext + seal(key, content or vault_key(number))


def create(person):
    return b"\x01" + RANDOM + commitment(1) + sized4(person.identity)


def add(person, role, invitation=None):
    return b"\x02" + bytes([role, invitation is not None]) + (invitation or bytes(16)) + sized4(person.identity)


def change_role(person, role):
    return b"\x03" + person.fingerprint + bytes([role])


def remove(person, start=None):
    return b"\x04" + person.fingerprint + (b"\0" if start is None else b"\x01" + start)


def accept_rollback(left, start, removed, demoted):
    return b"\x09" + left + start + struct.pack(">i", len(removed)) + b"".join(person.fingerprint for person in removed) \
        + struct.pack(">i", len(demoted)) + b"".join(person.fingerprint + bytes([role]) for person, role in demoted)


def words(number, previous, author, generation, act, form=1, time=1_790_000_000_123):
    return struct.pack(">Bq", form, number) + previous + author.fingerprint + struct.pack(">q", time + number) + manifest(generation) + act


def main():
    steps = [
        ("create", ANNA, 0, create(ANNA)),
        ("add, by an invitation", ANNA, 1, add(BOB, EDITOR, INVITATION)),
        ("add, without", ANNA, 1, add(CARL, OWNER)),
        ("role", CARL, 2, change_role(BOB, READER)),
        ("remove", ANNA, 2, remove(BOB, epoch(2, 1))),
        ("leave", CARL, 2, remove(CARL)),
        ("epoch", ANNA, 3, b"\x05" + epoch(5, 2)),
        ("revert", ANNA, 4, b"\x06" + manifest(1)),
        ("close", ANNA, 5, b"\x07"),
        ("reopen", ANNA, 5, b"\x08"),
        ("add again", ANNA, 5, add(BOB, OWNER)),
        ("add again", ANNA, 5, add(CARL, EDITOR)),
        ("accept a rollback", ANNA, 5, accept_rollback(struct.pack(">q", 99) + sha256(b"lost"), epoch(7, 6), [BOB], [(CARL, READER)])),
    ]
    statements, previous = [], ZEROS
    for number, (name, author, generation, act) in enumerate(steps):
        message = words(number, previous, author, generation, act)
        data = message + author.sign(message)
        previous = sha256(data)
        statements.append({"name": name, "bytes": b64(data), "hash": b64(previous)})

    # Each in the place of statement 1, sound but for one thing; what cannot be read at all has no fault of the rules.
    first = hashlib.sha256(bytes.fromhex(_hex(statements[0]["bytes"]))).digest()
    sound = words(1, first, ANNA, 1, add(BOB, EDITOR, INVITATION))
    refusals = []

    def refuse(name, message, fault=None, signature=None):
        refusals.append({"name": name, "fault": fault, "bytes": b64(message + (signature or ANNA.sign(message)))})

    for label in ("manifest", "push", "key record", "succession", "password", "device removal", "account removal", "removal cancelling", "purge", "wake",
                  "second factor", "second factor removal", "invitation", "administration", "password reset"):
        refuse(f"signed as {label}", sound, "SignatureInvalid", ANNA.sign(sound, label))
    refuse("signed by another", sound, "SignatureInvalid", BOB.sign(sound, fingerprint=ANNA.fingerprint))
    other = words(1, first, BOB, 1, add(BOB, OWNER))
    refuse("by an outsider", other, "NotMember", BOB.sign(other))
    refuse("another one before it", words(1, sha256(b"x"), ANNA, 1, add(BOB, EDITOR)), "NotNext")
    refuse("another number", words(2, first, ANNA, 1, add(BOB, EDITOR)), "NotNext")
    refuse("a second beginning", words(1, first, ANNA, 1, create(ANNA)), "NotNext")
    refuse("no manifest", words(1, first, ANNA, 0, add(BOB, EDITOR)), "ManifestInvalid")
    refuse("the founder again", words(1, first, ANNA, 1, add(ANNA, READER)), "AlreadyMember")
    refuse("a stranger's role", words(1, first, ANNA, 1, change_role(BOB, READER)), "MemberNotFound")
    refuse("the role that it has", words(1, first, ANNA, 1, change_role(ANNA, OWNER)), "NothingChanges")
    refuse("the last Owner demoted", words(1, first, ANNA, 1, change_role(ANNA, EDITOR)), "LastOwner")
    refuse("the last Owner leaves", words(1, first, ANNA, 1, remove(ANNA)), "LastOwner")
    refuse("leaves with an epoch", words(1, first, ANNA, 1, remove(ANNA, epoch(2, 1))), "EpochMissing")
    refuse("the same epoch", words(1, first, ANNA, 1, b"\x05" + epoch(1, 1)), "EpochInvalid")
    refuse("an epoch too far", words(1, first, ANNA, 1, b"\x05" + epoch(1026, 1)), "EpochInvalid")
    refuse("chained to none", words(1, first, ANNA, 1, b"\x05" + epoch(3, 2)), "EpochInvalid")
    refuse("opened though open", words(1, first, ANNA, 1, b"\x08"), "NothingChanges")
    refuse("reverted to a later manifest", words(1, first, ANNA, 1, b"\x06" + manifest(2)), "ManifestInvalid")
    refuse("not rolled back", words(1, first, ANNA, 1, accept_rollback(struct.pack(">q", 0) + first, epoch(2, 1), [], [])), "NotRolledBack")
    refuse("of form 2", words(1, first, ANNA, 1, add(BOB, EDITOR), form=2))
    refuse("no act", words(1, first, ANNA, 1, b"\x00"))
    refuse("an act to come", words(1, first, ANNA, 1, b"\x0a"))
    refuse("no role", words(1, first, ANNA, 1, add(BOB, 0)))
    refuse("a role to come", words(1, first, ANNA, 1, add(BOB, 4)))
    refuse("a flag of 2", words(1, first, ANNA, 1, b"\x02\x02\x02" + INVITATION + sized4(BOB.identity)))
    refuse("an invitation that it says it has not", words(1, first, ANNA, 1, b"\x02\x02\x00" + INVITATION + sized4(BOB.identity)))
    refuse("a small-order signing key", words(1, first, ANNA, 1, b"\x02\x02\x00" + bytes(16) + sized4(identity("bob@example.com", b"\x01" + bytes(31), BOB.identity[-1216:]))))
    refuse("an identity that is too long", words(1, first, ANNA, 1, b"\x02\x02\x00" + bytes(16) + sized4(BOB.identity + b"\0")))
    refuse("a byte more", sound + b"\0")
    refuse("a byte less", sound[:-1])
    refuse("a number below 0", words(-1, first, ANNA, 1, b"\x07"))
    refuse("a time below 0", words(1, first, ANNA, 1, b"\x07", time=-2))
    refuse("more removed than bytes", words(1, first, ANNA, 1, b"\x09" + manifest(9) + epoch(2, 1) + struct.pack(">i", 2 ** 31 - 1)))
    vault = bytes.fromhex(_hex(statements[0]["hash"]))[:16]
    wrapped = [{"epoch": number, "userId": f"{name}@example.com", "seed": b64(person.seed), "key": b64(vault_key(number)), "bytes": b64(wrap(vault, number, person))}
               for number, name, person in [(1, "anna", ANNA), (2, "carl", CARL), (7, "carl", CARL)]]
    # In the place of what is wrapped for carl in epoch 2.
    sound_wrap = wrap(vault, 2, CARL)
    wrong = [
        ("for another member", wrap(vault, 2, ANNA)), ("of another epoch", wrap(vault, 5, CARL)), ("of another vault", wrap(bytes(16), 2, CARL)),
        ("another key", wrap(vault, 2, CARL, content=vault_key(5))), ("another commitment", wrap(vault, 2, CARL, committed=commitment(5))),
        ("an X25519 part of small order", sound_wrap[:1088] + bytes(32) + sound_wrap[1120:]), ("an altered ML-KEM part", bytes([sound_wrap[0] ^ 1]) + sound_wrap[1:]),
        ("cut off", sound_wrap[:-1]), ("a byte more", sound_wrap + b"\0"), ("empty", b""),
    ]
    xwing = [{"key": b64(bytes.fromhex(key)), "seed": b64(bytes.fromhex(seed)), "secret": b64(bytes.fromhex(secret)),
              "ciphertext": b64(xwing_encapsulate(xwing_public(bytes.fromhex(key)), bytes.fromhex(seed))[1])}
             for (key, _), (seed, secret, _) in zip(primitives.XWING, primitives.XWING_SECRETS)]
    secret, expires, server = fixed("secret of an invitation", 32), 1_800_000_000_456, "https://passpack.example.com/"
    content = sized2(server.encode()) + sized2(b"anna@example.com") + ANNA.fingerprint + struct.pack(">q", expires) + secret
    text = f"passpack-invitation#1#{url64(content)}#"
    invitation_id = hkdf(secret, "passpack/7/invitation id")[:16]
    message = b"\x01" + invitation_id + struct.pack(">q", expires) + ANNA.fingerprint + sized4(BOB.identity)
    mac = hmac.new(hkdf(secret, "passpack/7/invitation answer"), message, hashlib.sha256).digest()
    invitation = {
        "text": text + url64(sha256(text.encode())[:8]), "server": server, "expires": expires, "id": str(uuid.UUID(bytes=invitation_id)),
        "registration": b64(hkdf(secret, "passpack/7/invitation registration")), "answer": b64(message + mac + BOB.sign(message + mac, "invitation answer")),
        "asStatement": b64(message + mac + BOB.sign(message + mac, "statement")),
    }
    json.dump({
        "about": "Made by sharing.py. Bytes are Base64. refusals: in the place of statement 1.",
        "vaultId": str(uuid.UUID(bytes=bytes.fromhex(_hex(statements[0]["hash"]))[:16])),
        "statements": statements,
        "members": {_hex(b64(ANNA.fingerprint)): "Owner", _hex(b64(CARL.fingerprint)): "Reader"},
        "epochs": [1, 2, 5, 7],
        "vaultKeys": [b64(vault_key(number)) for number in (1, 2, 5, 7)],
        "subkey": b64(hkdf(vault_key(7), "passpack/7/records/7", vault)),
        "invitation": invitation,
        "wrapped": wrapped,
        "wrongWrapped": [{"name": name, "bytes": b64(data)} for name, data in wrong],
        "xWing": xwing,
        "refusals": refusals,
    }, sys.stdout, indent=1)
    print()


def url64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _hex(text):
    return base64.b64decode(text).hex().upper()


main()
