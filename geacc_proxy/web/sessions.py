"""Who is logged in: sessions that expire, kept as hashes, and the password that begins them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home.data import moment, written
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.hashing import hashed, is_right
from geacc_proxy.marking import N_

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geacc_proxy.home.documents import Data, Place
    from geacc_proxy.home.home import Home

SHORTEST = 8
"""Characters that a password has at least (NIST SP 800-63B-3, 5.1.1.2)."""
_LONGEST = 1_000
_LIFE = timedelta(days=30)
_IDLE = timedelta(hours=12)
_NOTED_EVERY = timedelta(minutes=5)
_PREFIX = "session:"
_PASSWORD: Place = (Kind.SECRET, "password")


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which a parent is logged in.

    Attributes:
        key: hash of its token; names it in the store.
        made: when the password was typed.
        seen: when it was last used, to 5 minutes.
        agent: the browser and the system, in a few words; empty where unknown.
        stays: whether it outlives 12 hours without use.
    """

    key: str
    made: datetime
    seen: datetime
    agent: str = ""
    stays: bool = False

    def is_over(self, now: datetime) -> bool:
        """Whether it has expired: after 30 days, or 12 hours without use."""
        return now - self.made >= _LIFE or (not self.stays and now - self.seen >= _IDLE)


class Sessions:
    """All sessions of a home, and its password."""

    def __init__(self, home: Home) -> None:
        self._home = home
        # A check takes 64 MiB and a tenth of a second of a processor that the home's traffic needs too.
        self._checking = asyncio.Semaphore(1)

    @property
    def has_password(self) -> bool:
        """Whether one is set."""
        return self._home.document(*_PASSWORD) is not None

    async def is_password(self, given: str) -> bool:
        """Whether it is the password; never so while none is set."""
        kept = self._home.document(*_PASSWORD)
        if kept is None or len(given) > _LONGEST:
            return False
        async with self._checking:
            return await asyncio.to_thread(is_right, str(kept["hash"]), given)

    async def set_password(self, who: str, new: str) -> int:
        """Set the password and end all sessions; returns the number of the deed.

        Raises:
            UsageError: it is too short or too long.
        """
        check_password(new)
        async with self._checking:
            kept = await asyncio.to_thread(hashed, new)
        changes: dict[Place, Data | None] = {(Kind.SECRET, session.key): None for session in self._kept()}
        return await self._home.change(who, N_("Set the password"), changes | {_PASSWORD: {"hash": kept}})

    def find(self, token: str) -> Session | None:
        """The session with a token, unless it is over."""
        if not token or len(token) > 100:
            return None
        key = _key(token)
        found = self._home.document(Kind.SECRET, key)
        session = None if found is None else _session(key, found)
        return None if session is None or session.is_over(self._home.now()) else session

    def all_of(self) -> list[Session]:
        """Those that are not over, the last used first."""
        now = self._home.now()
        return sorted((found for found in self._kept() if not found.is_over(now)), key=lambda found: found.seen)[::-1]

    async def begin(self, agent: str, *, stays: bool) -> str:
        """A new session's token, 256 random bits; what is over is swept out."""
        token = secrets.token_urlsafe(32)
        now = self._home.now()
        session = Session(_key(token), now, now, agent_words(agent), stays)
        over = {(Kind.SECRET, found.key): None for found in self._kept() if found.is_over(now)}
        await self._home.keep({**over, (Kind.SECRET, session.key): _data(session)})
        return token

    async def note(self, session: Session) -> None:
        """It is being used."""
        now = self._home.now()
        if now - session.seen >= _NOTED_EVERY:
            noted = Session(session.key, session.made, now, session.agent, session.stays)
            await self._home.keep({(Kind.SECRET, session.key): _data(noted)})

    async def end(self, key: str) -> None:
        """End one of one's own, by its key; nothing happens where there is none."""
        if key.startswith(_PREFIX):
            await self._home.keep({(Kind.SECRET, key): None})

    async def end_others(self, who: str, others: Iterable[Session]) -> None:
        """End those of others, with a line in the audit trail."""
        found = list(others)
        if found:
            browsers = "; ".join(dict.fromkeys(session.agent or "?" for session in found))
            changes: dict[Place, Data | None] = {(Kind.SECRET, session.key): None for session in found}
            await self._home.change(who, N_("Logged out: {browsers}"), changes, {"browsers": browsers[:200]})

    def _kept(self) -> list[Session]:
        secrets_ = self._home.documents(Kind.SECRET)
        return [_session(key, data) for key, data in secrets_.items() if key.startswith(_PREFIX)]


def check_password(new: str) -> None:
    """Whether it will do.

    Raises:
        UsageError: it will not.
    """
    if not SHORTEST <= len(new) <= _LONGEST:
        raise UsageError(f"the password has {len(new)} characters; it takes {SHORTEST} at least")


def agent_words(header: str) -> str:
    """`Firefox, Android` of a `User-Agent` header; empty where neither is known."""
    words = (next((name for mark, name in known if mark in header), "") for known in (_BROWSERS, _SYSTEMS))
    return ", ".join(word for word in words if word)


# The first mark that is found counts: most browsers name others beside themselves.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def _key(token: str) -> str:
    digest = hashlib.sha256(token.encode()).digest()
    return _PREFIX + base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _session(key: str, data: Data) -> Session:
    made, seen = moment(data["made"]), moment(data["seen"])
    if made is None or seen is None:
        raise UsageError(f"{_PREFIX}… has no moment; remove it")
    return Session(key, made, seen, str(data.get("agent", "")), bool(data.get("stays", False)))


def _data(session: Session) -> Data:
    return {
        "made": written(session.made),
        "seen": written(session.seen),
        "agent": session.agent,
        "stays": session.stays,
    }
