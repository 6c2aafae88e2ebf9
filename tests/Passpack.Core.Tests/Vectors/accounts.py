"""Epochs, identity, key record, statements, manifests, pushes and records sealed anew: docs/pack-format.md."""
import hashlib
import hmac
import json
import struct
import uuid

from formats import b64, envelope, fixed, hkdf, record, seal
from primitives import XWING, ed25519_public, ed25519_sign, xwing_public

VAULT = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
ENTRY = uuid.UUID("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")
DEVICE = uuid.UUID("d0d1d2d3-d4d5-d6d7-d8d9-dadbdcdddedf")
USER = "Zoë@example.com"
LABELS = {
    "Manifest": "manifest", "Push": "push", "KeyRecord": "key record", "Succession": "succession", "Password": "password",
    "DeviceRemoval": "device removal", "AccountRemoval": "account removal", "RemovalCancelling": "removal cancelling", "Purge": "purge", "Wake": "wake",
    "SecondFactor": "second factor", "SecondFactorRemoval": "second factor removal", "Invitation": "invitation", "Administration": "administration",
    "PasswordReset": "password reset", "KeyFile": "key file",
}


def sha256(data):
    return hashlib.sha256(data).digest()


def sized4(data):
    return struct.pack(">i", len(data)) + data


def sized2(data):
    return struct.pack(">H", len(data)) + data


def identity(user, signing, receiving):
    return b"\x01" + sized2(user.encode()) + signing + receiving


def signed(purpose, fingerprint, message):
    return f"passpack/7/sign/{LABELS[purpose]}".encode() + b"\0" + fingerprint + message


class Epoch:
    """One epoch of an account, after another."""

    def __init__(self, number, before=None, name="account key", vault=VAULT, user=USER):
        self.number, self.vault, self.user = number, vault, user
        self.account_key = fixed(name if number == 3 else f"{name} of epoch {number}", 32)
        self.vault_key = self.derive("vault key")
        self.signing_seed = self.derive("identity signing")
        self.identity = identity(user, ed25519_public(self.signing_seed), xwing_public(self.derive("identity receiving")))
        self.fingerprint = sha256(self.identity)
        self.earlier = [] if before is None else before.earlier + [seal(
            self.derive("earlier account key"), vault, number, 0, 20, vault, number - 1, fixed(f"earlier key {number}", 12), before.account_key)]

    def derive(self, purpose):
        return hkdf(self.account_key, f"passpack/7/{purpose}/{self.number}", self.vault.bytes)

    def mac(self, purpose, message):
        return hmac.new(hkdf(self.vault_key, f"passpack/7/{purpose}"), message, hashlib.sha256).digest()

    def sign(self, purpose, message):
        return ed25519_sign(self.signing_seed, signed(purpose, self.fingerprint, message))

    def key_record(self, generation, text):
        return struct.pack(">ii16si", generation, 7, self.vault.bytes, self.number) + sized4(text.encode()) + sized4(self.identity) \
            + struct.pack(">i", self.number - 1) + b"".join(self.earlier)

    def key_record_mac(self, data):
        return hmac.new(self.derive("key record"), data, hashlib.sha256).digest()

    def envelope(self):
        name = f"envelope of epoch {self.number}"
        return envelope("account", "correct horse battery staple", 15, 8, 1, fixed(name + " salt", 16), fixed(name + " nonce", 12), self.account_key)

    def seal(self, purpose, stream, part, entry, version, plaintext):
        return record(self.vault_key, purpose, self.vault, self.number, stream, part, entry, version, fixed(f"{purpose} {self.number} {version}", 12), plaintext)

    def manifest(self, generation, content):
        sealed = self.seal("manifest", 0, 16, self.vault, generation, json.dumps(content, separators=(",", ":")).encode())
        return self.frame(sealed)

    def frame(self, sealed):
        message = sized4(sealed) + self.fingerprint + b"\0"
        return message + self.sign("Manifest", message)


def _epochs(**of):
    epochs = [Epoch(1, **of)]
    for number in (2, 3):
        epochs.append(Epoch(number, epochs[-1], **of))
    return epochs


EPOCHS = _epochs()
STRANGER = Epoch(1, name="stranger")
HEAD_HASH = sha256(b"the head")
HEAD = VAULT.bytes + struct.pack(">q", 41) + HEAD_HASH
STREAMS = [{"stream": 1, "count": 7, "hash": b64(fixed("sum 1", 32))}, {"stream": 250, "count": 1, "hash": b64(fixed("sum 250", 32))}]


def manifest_content(epoch, generation, **more):
    return {
        "generation": generation, "revision": 90, "previous": b64(HEAD_HASH), "device": str(DEVICE), "counter": 12, "signer": b64(epoch.fingerprint),
        "streams": STREAMS, **more}


def statements():
    """Each with what stands in it, and the epoch that signs."""
    present, before = EPOCHS[2], EPOCHS[1]
    next_record = present.key_record(6, present.envelope())
    old_salt, new_salt, proof, first, digest = fixed("old salt", 16), fixed("new salt", 16), fixed("proof", 32), sha256(b"the first"), sha256(b"a push")
    token, removal, kdf = sha256(b"a token"), uuid.UUID(bytes=fixed("removal", 16)), "17.8.1"
    seed, recovery, invitation, expires = fixed("seed", 20), fixed("recovery codes", 320), sha256(b"an invitation"), 1793836800000
    act_user = "berta@example.com"
    acts = {
        "ReadStatus": b"", "ListAccounts": struct.pack(">q", 7) + sized4(act_user.encode()), "ReadEvents": struct.pack(">q", 7),
        "ListInvitations": invitation, "RemoveInvitation": invitation,
        "ChangeAccount": sized4(act_user.encode()) + bytes([2, 2]) + struct.pack(">q", 1 << 32) + bytes([1]),
        "ResetAccount": sized4(act_user.encode()) + bytes([2, 1, 2, 2]) + token, "RemoveAccount": sized4(act_user.encode()),
    }
    contents = {name: struct.pack(">i", number + 1) + parts for number, (name, parts) in enumerate(acts.items())}
    return {
        "actUserId": act_user, "actNumber": 5, "actQuota": 1 << 32, "acts": [{"act": name, "content": b64(content)} for name, content in contents.items()],
        "invitationWithQuota": b64(HEAD + invitation + struct.pack(">qq", expires, 1 << 32)), "headGeneration": 41, "headHash": b64(HEAD_HASH), "nextRecord": b64(next_record), "firstManifest": b64(first), "salt": b64(old_salt),
        "newSalt": b64(new_salt), "newKdf": kdf, "newProof": b64(proof), "device": str(DEVICE), "removal": str(removal), "tokenHash": b64(token),
        "pushDigest": b64(digest), "seed": b64(seed), "recovery": b64(recovery), "invitation": b64(invitation), "expires": expires, "all": [
            {"purpose": purpose, "epoch": signer.number, "message": b64(message), "signature": b64(signer.sign(purpose, message))}
            for purpose, signer, message in [
                ("Push", present, VAULT.bytes + digest),
                ("Succession", before, HEAD + struct.pack(">ii", 2, 3) + present.fingerprint + sha256(next_record) + first),
                ("Password", present, HEAD + old_salt + new_salt + sized2(kdf.encode()) + sha256(proof)),
                ("DeviceRemoval", present, HEAD + DEVICE.bytes),
                ("AccountRemoval", present, HEAD),
                ("RemovalCancelling", present, HEAD + removal.bytes),
                ("Purge", present, HEAD + struct.pack(">i", 3)),
                ("Wake", present, HEAD + DEVICE.bytes + token),
                ("SecondFactor", present, HEAD + sha256(seed) + sha256(recovery)),
                ("SecondFactorRemoval", present, HEAD),
                ("Invitation", present, HEAD + invitation + struct.pack(">q", expires)),
                ("Administration", present, HEAD + struct.pack(">q", 5) + contents["ChangeAccount"]),
                ("PasswordReset", present, HEAD + old_salt + new_salt + sized2(kdf.encode()) + sha256(proof) + token),
                ("KeyFile", present, HEAD + DEVICE.bytes + token),
            ]]}


def manifests():
    found = []
    for name, epoch, generation, more in [
        ("of the first epoch", EPOCHS[0], 41, {}), ("the first of its epoch", EPOCHS[2], 42, {"successor": True}),
        ("after a rollback", EPOCHS[2], 43, {"left": {"generation": 50, "hash": b64(sha256(b"left"))}, "unknown": [{"x": None}]}),
    ]:
        data = epoch.manifest(generation, manifest_content(epoch, generation, **more))
        found.append({"name": name, "epoch": epoch.number, "generation": generation, "successor": "successor" in more, "left": "left" in more,
                      "manifest": b64(data), "hash": b64(sha256(data))})
    return {"revision": 90, "previous": b64(HEAD_HASH), "device": str(DEVICE), "counter": 12, "streams": STREAMS, "all": found}


def push():
    manifest, push_id, records = fixed("a manifest", 300), uuid.UUID(bytes=fixed("push", 16)), []
    for stream, flags, version in [(1, 0, 1), (1, 1, 1 << 40), (2, 2, 9), (3, 3, 2), (250, 0, 5)]:
        records.append({"stream": stream, "flags": flags, "id": str(uuid.UUID(bytes=fixed(f"pushed {stream}", 16))), "version": version, "body": b64(fixed(f"body {version}", 50))})
    entries = b"".join(struct.pack(">BB16sq", r["stream"], r["flags"], uuid.UUID(r["id"]).bytes, r["version"]) + sha256(fixed(f"body {r['version']}", 50)) for r in records)
    digest = sha256(push_id.bytes + struct.pack(">q", 89) + HEAD_HASH + sized4(manifest) + struct.pack(">i", len(records)) + entries)
    return {"pushId": str(push_id), "baseRevision": 89, "previous": b64(HEAD_HASH), "generation": 42, "manifest": b64(manifest), "records": records,
            "digest": b64(digest), "signature": b64(EPOCHS[2].sign("Push", VAULT.bytes + digest))}


def resealed():
    found = []
    for name, stream, deleted, parts in [
        ("entry data", 1, False, [("summary", 1, b'{"name":"x"}'), ("secret", 2, b'{"password":"y"}' * 9)]), ("a tombstone", 1, True, [("tombstone", 3, b'{"deleted":1}')]),
        ("tags", 2, False, [("tags", 0, b'{"tags":["a"]}')]), ("a favorite", 3, False, [("favorites", 0, b"{}")]),
    ]:
        bodies = []
        for epoch, version in [(EPOCHS[0], 5), (EPOCHS[2], 6)]:
            sealed = [epoch.seal(purpose, stream, part, ENTRY, version, plaintext) for purpose, part, plaintext in parts]
            bodies.append(b64(sized4(sealed[0]) + sealed[1] if len(sealed) == 2 else sealed[0]))
        found.append({"name": name, "stream": stream, "deleted": deleted, "id": str(ENTRY), "version": 5, "before": bodies[0], "after": bodies[1]})
    return found


def key_records():
    found = []
    for epoch, generation in [(EPOCHS[0], 1), (EPOCHS[2], 6)]:
        text = epoch.envelope()
        data = epoch.key_record(generation, text)
        mac = epoch.key_record_mac(data)
        found.append({"epoch": epoch.number, "generation": generation, "envelope": text, "record": b64(data), "mac": b64(mac), "signature": b64(epoch.sign("KeyRecord", data + mac))})
    return found


def vectors():
    return {
        "userId": USER, "earlierKeys": [b64(key) for key in EPOCHS[2].earlier],
        "epochs": [{
            "epoch": e.number, "accountKey": b64(e.account_key), "vaultKey": b64(e.vault_key), "signingSeed": b64(e.signing_seed),
            "receivingSeed": b64(e.derive("identity receiving")), "keyRecordKey": b64(e.derive("key record")),
            "earlierKeyKey": b64(e.derive("earlier account key")), "identity": b64(e.identity), "fingerprint": b64(e.fingerprint),
            "shown": " ".join(e.fingerprint[i:i + 2].hex().upper() for i in range(0, 20, 2)),
        } for e in EPOCHS],
        "xWing": [{"seed": b64(bytes.fromhex(seed)), "publicKey": b64(xwing_public(bytes.fromhex(seed)))} for seed, _ in XWING],
        "keyRecords": key_records(), "statements": statements(), "manifests": manifests(), "push": push(), "resealed": resealed(),
    }
