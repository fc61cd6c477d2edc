"""Passwords as they are kept: argon2id hashes (RFC 9106) with the library's defaults.

Both functions take 64 MiB and a tenth of a second of a processor: from an event loop, they are called in a thread.
"""

from __future__ import annotations


def hashed(password: str) -> str:
    """The hash of a password, with its salt and what it cost."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


def is_right(kept: str, password: str) -> bool:
    """Whether a password is the one that `kept` was made of; never so for what is no hash."""
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        return PasswordHasher().verify(kept, password)
    except (Argon2Error, InvalidHashError):
        return False
