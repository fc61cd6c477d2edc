"""Keys to the REST API, for programs: each with a name, what it may do, and perhaps an end.

A token is 256 random bits that are told once; what is kept is its SHA-256. A slow hash would add nothing: nobody can
try 2^256 of them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home.data import moment, written
from geacc_proxy.home.documents import Data, Kind
from geacc_proxy.home.home import Home
from geacc_proxy.marking import N_

MARK = "geacc_"
"""How a token begins, so that people and scanners of code know one where they see it."""
LONGEST_DAYS = 3650
_PREFIX = "token:"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)
_MOST = 50
_LONGEST = 100


class Scope(StrEnum):
    """What a token may do."""

    READ = "read"
    """See devices, profiles, lists, answers, requests and figures; not the block log."""
    LOG = "log"
    """See the block log, and what is hidden as it happens."""
    DEVICES = "devices"
    """Change devices; pause filtering, give more time."""
    PROFILES = "profiles"
    """Change profiles and block lists."""
    REQUESTS = "requests"
    """Answer what children ask for, and have pictures shown or hidden."""
    ADMIN = "admin"
    """All of that, the settings, and the audit trail with its undoing."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token, without what it is known by.

    Attributes:
        name: what a parent calls it.
        scopes: what it may do.
        made: when it was made.
        until: when it ends; None for never.
    """

    name: str
    scopes: frozenset[Scope]
    made: datetime
    until: datetime | None = None

    def may(self, scope: Scope) -> bool:
        """Whether it may do what needs a scope."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended."""
        return self.until is not None and now >= self.until


async def create(home: Home, who: str, name: str, scopes: Iterable[str], days: int | None = None) -> str:
    """Make a token. Returns it: it cannot be had again.

    Args:
        home: where.
        who: as `Deed.who`.
        name: letters, digits and . _ -, 40 at most.
        scopes: at least one of `Scope`.
        days: how long it is good for; None for as long as nobody revokes it.

    Raises:
        UsageError: the name is none or taken, a scope is none, or there are too many tokens.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name[:50]!r} is no name for a token; use up to 40 letters, digits and . _ -")
    chosen = sorted({_scope(text) for text in scopes})
    if not chosen:
        raise UsageError(f"the token {name} may do nothing; give it at least one of {', '.join(Scope)}")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise UsageError(f"a token for {days} days will not do; it takes 1 to {LONGEST_DAYS}")
    if home.document(Kind.SECRET, _PREFIX + name) is not None:
        raise UsageError(f"there is a token {name} already; revoke it first, or choose another name")
    if len(all_of(home)) >= _MOST:
        raise UsageError(f"there are {_MOST} tokens already; revoke one first")
    secret = MARK + secrets.token_urlsafe(32)
    now = home.now()
    document: Data = {
        "hash": _hash(secret),
        "scopes": list(chosen),
        "made": written(now),
        "until": None if days is None else written(now + timedelta(days=days)),
    }
    what = N_("Made the token {token}, which may: {scopes}")
    await home.change(
        who, what, {(Kind.SECRET, _PREFIX + name): document}, {"token": name, "scopes": ", ".join(chosen)}
    )
    return secret


async def revoke(home: Home, who: str, name: str) -> int:
    """Have a token be good for nothing from now on. Returns the number of the deed.

    Raises:
        UsageError: there is no such token.
    """
    if home.document(Kind.SECRET, _PREFIX + name) is None:
        raise UsageError(f"there is no token {name[:50]!r}; `geacc-proxy token list` has their names")
    return await home.change(
        who, N_("Revoked the token {token}"), {(Kind.SECRET, _PREFIX + name): None}, {"token": name}
    )


def all_of(home: Home) -> list[Token]:
    """All tokens, by name; those that are over are among them."""
    kept = home.documents(Kind.SECRET).items()
    found = (_token(key.removeprefix(_PREFIX), data) for key, data in kept if key.startswith(_PREFIX))
    return sorted(found, key=lambda token: token.name)


def find(home: Home, secret: str) -> Token | None:
    """The token that a program has given; None where it is none, or over.

    Each is compared in a time that does not depend on how much of it is right.
    """
    if not secret.startswith(MARK) or len(secret) > _LONGEST:
        return None
    given = _hash(secret).encode()
    found = None
    for key, data in home.documents(Kind.SECRET).items():
        if key.startswith(_PREFIX) and hmac.compare_digest(str(data.get("hash", "")).encode(), given):
            found = _token(key.removeprefix(_PREFIX), data)
    return None if found is None or found.is_over(home.now()) else found


def _scope(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError:
        raise UsageError(f"{text[:40]!r} is nothing that a token may do; there are {', '.join(Scope)}") from None


def _token(name: str, data: Data) -> Token:
    known = frozenset(Scope(scope) for scope in data.get("scopes", ()) if scope in set(Scope))
    made = moment(data.get("made"))
    if made is None:
        raise UsageError(f"the token {name} has no moment; revoke it")
    return Token(name, known, made, moment(data.get("until")))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
