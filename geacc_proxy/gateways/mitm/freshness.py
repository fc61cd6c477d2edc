"""How long a response may be used without asking its origin again, as a browser's own cache reckons (RFC 9111)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache

MOST_HEURISTIC_SECONDS = 86_400.0
"""Where the origin says nothing: a tenth of the time since the last change, and no more than this."""
_MOST_SECONDS = 2.0**31
_DIRECTIVE = re.compile(r'([^\s=,;"]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]*))?')
# What lets a browser use a copy without asking, and what `no-cache` says already.
_DROPPED = frozenset(
    [
        "immutable",
        "max-age",
        "must-revalidate",
        "no-cache",
        "proxy-revalidate",
        "s-maxage",
        "stale-if-error",
        "stale-while-revalidate",
    ]
)


@lru_cache(maxsize=512)  # a site says the same of most of what it has
def directives(cache_control: str) -> Mapping[str, str]:
    """Values by lower-case name, empty where there is none; of a name that comes twice, the first (section 4.2.1)."""
    said: dict[str, str] = {}
    for name, value in _DIRECTIVE.findall(cache_control):
        said.setdefault(name.lower(), value)
    return said


def fresh_until(said: Mapping[str, str], now: float) -> float:
    """Until when the copy may be used, seconds since the epoch; not after `now` where it may not be at all.

    Args:
        said: the response's `cache-control`, `pragma`, `expires`, `last-modified`, `date` and `age` by lower-case
            name, as far as they are there.
        now: when the response came.
    """
    return born(said, now) + _lifetime(said, now)


def born(said: Mapping[str, str], now: float) -> float:
    """When the origin made the response, by its `Date` and its `Age` (section 4.2.3), seconds since the epoch."""
    age = _seconds(said.get("age", "0"))
    return min(now - age, _date(said.get("date", "")) or now)


def used_unasked(said: Mapping[str, str], now: float) -> bool:
    """Whether a browser may use the copy without an answer from the origin; arguments as for `fresh_until`."""
    # RFC 5861: used at once, and asked for meanwhile.
    lenient = "stale-while-revalidate" in directives(said.get("cache-control", ""))
    return lenient or fresh_until(said, now) > now


def _lifetime(said: Mapping[str, str], now: float) -> float:
    rules = directives(said.get("cache-control", ""))
    if "no-store" in rules or "no-cache" in rules or (not rules and "no-cache" in said.get("pragma", "").lower()):
        return 0.0
    if "max-age" in rules:
        return _seconds(rules["max-age"])
    made = _date(said.get("date", "")) or now
    if "expires" in said:
        return max(0.0, (_date(said["expires"]) or 0.0) - made)
    changed = _date(said.get("last-modified", ""))
    if changed is None or "must-revalidate" in rules:
        return 0.0
    return min(max(0.0, made - changed) / 10, MOST_HEURISTIC_SECONDS)


def wants_news(request: Mapping[bytes, bytes]) -> bool:
    """Whether a request asks for more than a copy: a reload (section 5.2.1).

    Args:
        request: headers by lower-case name.
    """
    rules = directives(request.get(b"cache-control", b"").decode("latin-1"))
    return bool(rules.keys() & {"no-cache", "no-store", "max-age"}) or b"no-cache" in request.get(b"pragma", b"")


@lru_cache(maxsize=512)
def asked_each_time(cache_control: str) -> str:
    """The same `Cache-Control`, but no copy is used without asking first. `no-store` stays what it is."""
    kept = [
        name + (f"={value}" if value else "")
        for name, value in directives(cache_control).items()
        if name not in _DROPPED
    ]
    return ", ".join(kept if "no-store" in kept else ["no-cache", *kept])


def _seconds(value: str) -> float:
    """A number of seconds (section 1.2.2); 0 for what is none, so that it is taken for stale."""
    digits = value.strip('" ')
    return min(float(digits), _MOST_SECONDS) if digits.isascii() and digits.isdigit() else 0.0


@lru_cache(maxsize=64)
def _date(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError, TypeError):
        return None
