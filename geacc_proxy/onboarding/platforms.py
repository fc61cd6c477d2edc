"""Which kind of device asks, as far as its browser tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum


class Platform(StrEnum):
    """What a guide is for. Firefox on a computer has a store of certificates and proxy settings of its own."""

    IOS = "ios"
    IPADOS = "ipados"
    ANDROID = "android"
    WINDOWS = "windows"
    MACOS = "macos"
    LINUX = "linux"
    CHROMEOS = "chromeos"
    FIREFOX = "firefox"


# User-Agent Client Hints: the values of Sec-CH-UA-Platform (https://wicg.github.io/ua-client-hints/).
_HINTS = {
    "android": Platform.ANDROID,
    "chrome os": Platform.CHROMEOS,
    "chromium os": Platform.CHROMEOS,
    "ios": Platform.IOS,
    "linux": Platform.LINUX,
    "macos": Platform.MACOS,
    "windows": Platform.WINDOWS,
}

# In this order: an Android phone says Linux as well, an iPad of before 2019 says Mac OS X, Windows Phone says Android.
_NAMES = (
    (re.compile(r"iPhone|iPod"), Platform.IOS),
    # Chrome, Firefox and Edge on iPads say Macintosh, and one of these names that they have nowhere else.
    (re.compile(r"iPad|(?:Cri|Fxi|Edgi)OS/"), Platform.IPADOS),
    (re.compile(r"Windows NT"), Platform.WINDOWS),
    (re.compile(r"Android"), Platform.ANDROID),
    (re.compile(r"CrOS"), Platform.CHROMEOS),
    (re.compile(r"Macintosh"), Platform.MACOS),
    (re.compile(r"Linux|X11"), Platform.LINUX),
)
_COMPUTERS = frozenset({Platform.WINDOWS, Platform.MACOS, Platform.LINUX, Platform.CHROMEOS})
_LONGEST = 2048
"""Characters of a header that are looked at; the longest User-Agent in use has a fraction of that."""


def detect(headers: Mapping[str, str]) -> Platform | None:
    """Return the most likely platform, or None where the headers tell nothing.

    Args:
        headers: of the request; names in any case.
    """
    found = candidates(headers)
    return found[0] if found else None


def candidates(headers: Mapping[str, str]) -> tuple[Platform, ...]:
    """Return every platform that the headers leave possible, the likeliest first.

    Safari on an iPad asks for the pages of computers and calls itself a Mac, so both are offered where a Mac's Safari
    seems to ask. Firefox on a computer is followed by the computer's own system.
    """
    values = {name.lower(): value[:_LONGEST] for name, value in headers.items()}
    agent = values.get("user-agent", "")
    system = _HINTS.get(values.get("sec-ch-ua-platform", "").strip(' "').lower()) or _named(agent)
    if system is None:
        return ()
    if system in _COMPUTERS and "Firefox/" in agent:
        return (Platform.FIREFOX, system)
    if system is Platform.MACOS and "Safari/" in agent and not re.search(r"Chrome/|Chromium/|Edg/|OPR/", agent):
        return (Platform.MACOS, Platform.IPADOS)
    return (system,)


def _named(agent: str) -> Platform | None:
    return next((platform for pattern, platform in _NAMES if pattern.search(agent)), None)
