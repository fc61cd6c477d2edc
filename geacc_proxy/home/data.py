"""Documents to what they describe and back; parsed once, here.

What comes from outside (a form, the API, a file) passes `check` before it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home.documents import Data, Kind
from geacc_proxy.policy.device import Device
from geacc_proxy.policy.override import Override, Scope
from geacc_proxy.policy.profile import NEW_DEVICE, Effect, Filtering, Profile, Strictness, Video
from geacc_proxy.policy.schedule import Schedule
from geacc_proxy.policy.sites import SiteRules, host_of
from geacc_proxy.verdict import Action

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+/=%-]{0,63}")
_LONGEST = 200
_MOST_SITES = 5_000


def check(kind: Kind, key: str, data: Data) -> None:
    """Whether a document can be understood.

    Raises:
        UsageError: it cannot; it says what would be right.
    """
    if not _KEY.fullmatch(key):
        raise UsageError(f"{key[:70]!r} is no key; use up to 64 letters, digits and . _ : - without spaces")
    reader = _READERS.get(kind)
    if reader is not None:
        reader(key, data)


def profile(key: str, data: Data) -> Profile:
    """The profile of a document.

    Raises:
        UsageError: a value is none that a profile can have.
    """
    where = f"profile {key}"
    minutes = data.get("daily_minutes")
    if minutes is not None:
        minutes = _whole(minutes, 0, 24 * 60, f"{where}, daily_minutes")
    return Profile(
        name=key,
        strictness=_one_of(Strictness, data.get("strictness", Strictness.STRICT), f"{where}, strictness"),
        hide_unjudged=_flag(data.get("hide_unjudged", True), f"{where}, hide_unjudged"),
        title=text(data.get("title", ""), f"{where}, title"),
        filtering=_one_of(Filtering, data.get("filtering", Filtering.HIDE), f"{where}, filtering"),
        effect=_one_of(Effect, data.get("effect", Effect.PLACEHOLDER), f"{where}, effect"),
        limits=_limits(data.get("limits", {}), f"{where}, limits"),
        video=_one_of(Video, data.get("video", Video.ALLOW), f"{where}, video"),
        video_sites=tuple(host_of(site) for site in _texts(data.get("video_sites", []), f"{where}, video_sites")),
        safe_search=_flag(data.get("safe_search", False), f"{where}, safe_search"),
        sites=SiteRules.from_data(data.get("sites", {}), f"{where}, sites"),
        block_lists=tuple(_texts(data.get("block_lists", []), f"{where}, block_lists")),
        schedule=Schedule.from_data(data.get("schedule", []), f"{where}, schedule"),
        daily_minutes=minutes,
        thumbnails=_flag(data.get("thumbnails", False), f"{where}, thumbnails"),
    )


def of_profile(given: Profile) -> Data:
    """The document of a profile."""
    return {
        "strictness": given.strictness.value,
        "hide_unjudged": given.hide_unjudged,
        "title": given.title,
        "filtering": given.filtering.value,
        "effect": given.effect.value,
        "limits": dict(given.limits),
        "video": given.video.value,
        "video_sites": list(given.video_sites),
        "safe_search": given.safe_search,
        "sites": given.sites.to_data(),
        "block_lists": list(given.block_lists),
        "schedule": given.schedule.to_data(),
        "daily_minutes": given.daily_minutes,
        "thumbnails": given.thumbnails,
    }


def device(key: str, data: Data) -> Device:
    """The device of a document.

    Raises:
        UsageError: a value is none that a device can have.
    """
    where = f"device {key}"
    day, minutes = data.get("bonus") or ("", 0)
    return Device(
        key=key,
        name=text(data.get("name", ""), f"{where}, name"),
        profile=text(data.get("profile", NEW_DEVICE.name), f"{where}, profile"),
        addresses=tuple(_texts(data.get("addresses", []), f"{where}, addresses")),
        macs=tuple(mac.lower() for mac in _texts(data.get("macs", []), f"{where}, macs")),
        login=text(data.get("login", ""), f"{where}, login"),
        port=_whole(data.get("port", 0), 0, 65535, f"{where}, port"),
        wireguard=text(data.get("wireguard", ""), f"{where}, wireguard"),
        known=_flag(data.get("known", False), f"{where}, known"),
        first_seen=moment(data.get("first_seen")),
        paused_until=moment(data.get("paused_until")),
        bonus=(str(day), _whole(minutes, 0, 24 * 60, f"{where}, bonus")),
    )


def of_device(given: Device) -> Data:
    """The document of a device, without when it was last seen, which is a document of its own."""
    return {
        "name": given.name,
        "profile": given.profile,
        "addresses": list(given.addresses),
        "macs": list(given.macs),
        "login": given.login,
        "port": given.port,
        "wireguard": given.wireguard,
        "known": given.known,
        "first_seen": written(given.first_seen),
        "paused_until": written(given.paused_until),
        "bonus": list(given.bonus),
    }


def override(key: str, data: Data) -> Override:
    """The override of a document.

    Raises:
        UsageError: a value is none that an override can have.
    """
    where = f"override {key}"
    scope = _one_of(Scope, data.get("scope"), f"{where}, scope")
    value = text(data.get("value", ""), f"{where}, value", 4096)
    if scope in (Scope.SITE, Scope.OPEN):
        value = host_of(value)
    elif scope is Scope.LOOK_ALIKES and not re.fullmatch(r"[0-9a-f]{1,16}", value):
        raise UsageError(f"{where}: {value[:70]!r} is no perceptual hash; it takes up to 16 hexadecimal digits")
    elif not value:
        raise UsageError(f"{where}: the value is missing; give a digest, a hash, a site or an address")
    return Override(
        key=key,
        action=_one_of(Action, data.get("action"), f"{where}, action"),
        scope=scope,
        value=value,
        device=text(data.get("device", ""), f"{where}, device"),
        until=moment(data.get("until")),
        made=moment(data.get("made")),
    )


def of_override(given: Override) -> Data:
    """The document of an override."""
    return {
        "action": given.action.value,
        "scope": given.scope.value,
        "value": given.value,
        "device": given.device,
        "until": written(given.until),
        "made": written(given.made),
    }


def moment(value: str | None) -> datetime | None:
    """A moment, in UTC, from ISO 8601; None stays None.

    Raises:
        UsageError: it is none, or has no time zone.
    """
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError(f"{str(value)[:70]!r} is no moment; write it as 2026-01-31T18:30:00+00:00")
    return found.astimezone(UTC)


def written(value: datetime | None) -> str | None:
    """A moment as ISO 8601 in UTC; None stays None."""
    return None if value is None else value.astimezone(UTC).isoformat()


def text(value: Any, where: str, longest: int = _LONGEST) -> str:
    """A text without control characters.

    Raises:
        UsageError: it is none, or too long.
    """
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise UsageError(f"{where}: {str(value)[:70]!r} will not do; it takes one line of {longest} characters at most")
    return value.strip()


def _texts(value: Any, where: str) -> list[str]:
    if not isinstance(value, (list, tuple)) or len(value) > _MOST_SITES:
        raise UsageError(f"{where}: it takes a list of {_MOST_SITES} texts at most")
    return [text(item, where) for item in value]


def _limits(value: Any, where: str) -> tuple[tuple[str, float], ...]:
    if not isinstance(value, dict) or len(value) > 100:
        raise UsageError(f"{where}: it takes scores by label")
    return tuple((text(name, where), _score(score, f"{where}, {name}")) for name, score in value.items())


def _score(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise UsageError(f"{where}: {str(value)[:70]!r} is no score; it takes a number from 0 to 1")
    return float(value)


def _whole(value: Any, low: int, high: int, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise UsageError(f"{where}: {str(value)[:70]!r} will not do; it takes a whole number from {low} to {high}")
    return value


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{where}: {str(value)[:70]!r} will not do; it takes true or false")
    return value


def _one_of[E: StrEnum](choices: type[E], value: Any, where: str) -> E:
    try:
        return choices(value)
    except ValueError:
        raise UsageError(f"{where}: {str(value)[:70]!r} will not do; it takes {', '.join(choices)}") from None


_READERS: dict[Kind, Callable[[str, Data], Any]] = {
    Kind.PROFILE: profile,
    Kind.DEVICE: device,
    Kind.OVERRIDE: override,
}
