"""The name of a body: equal bytes, equal name."""

from hashlib import blake2b

DIGEST_BYTES = 16
"""128 bits: no collision by chance, and none that a page could make without 2**64 work."""


def digest(body: bytes) -> str:
    """BLAKE2b-128 of `body`, 32 hexadecimal digits."""
    return blake2b(body, digest_size=DIGEST_BYTES).hexdigest()
