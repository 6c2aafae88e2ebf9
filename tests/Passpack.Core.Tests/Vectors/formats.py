"""Envelopes, records and sums of version 7."""
import base64
import hashlib
import struct

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


def seal(key, vault, epoch, stream, part, entry, version, nonce, plaintext):
    header = struct.pack(">B16siBB16sq", 1, vault.bytes, epoch, stream, part, entry.bytes, version)
    padded = plaintext + b"\x80"
    padded += bytes(-len(padded) % 64)
    return header + nonce + AESGCM(key).encrypt(nonce, padded, header)


def record(vault_key, purpose, vault, epoch, stream, part, entry, version, nonce, plaintext):
    return seal(hkdf(vault_key, f"passpack/7/{purpose}"), vault, epoch, stream, part, entry, version, nonce, plaintext)


def set_hash(elements):
    lanes = [0] * 1024
    for element in elements:
        term = struct.unpack("<1024H", hashlib.shake_256(element).digest(2048))
        lanes = [(lane + added) % 65536 for lane, added in zip(lanes, term)]
    return hashlib.sha256(struct.pack("<1024H", *lanes)).digest()
