"""What a parent prefers for the whole home."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import data
from geacc_proxy.home.documents import Data, Kind, Place
from geacc_proxy.home.events import Happening
from geacc_proxy.home.home import Home
from geacc_proxy.marking import N_

DAILY, WEEKLY = "daily", "weekly"
TELLABLE = (Happening.REQUEST, Happening.NEW_DEVICE, Happening.STOPPED, Happening.BYPASS, DAILY, WEEKLY)
"""What a message can be sent of."""
_KEY = "preferences"
_NOTIFY: Place = (Kind.SECRET, "notify")  # addresses of messages hold passwords
_MOST_URLS = 20
_TEN_YEARS = 87_600  # hours


@dataclass(frozen=True, slots=True)
class Preferences:
    """The choices.

    Attributes:
        retention_hours: how long the block log is kept; None for ever.
        language: of the pages, such as `de`; empty for the browser's.
        pac_fallback: what a browser does when the proxy does not answer: `closed` or `open` (goes without).
        doh_closed: whether services that hide names of sites from the filter are closed.
        notify_urls: where messages go, as Apprise has it; empty for nowhere.
        notify_on: of what.
        hosts: further names by which the pages are reached.
    """

    retention_hours: int | None = 30 * 24
    language: str = ""
    pac_fallback: str = "closed"
    doh_closed: bool = True
    notify_urls: tuple[str, ...] = ()
    notify_on: tuple[str, ...] = (Happening.REQUEST, Happening.NEW_DEVICE, Happening.STOPPED, Happening.BYPASS)
    hosts: tuple[str, ...] = ()


_NAMES = {field.name for field in fields(Preferences)}


def preferences(home: Home) -> Preferences:
    """The choices in force."""
    kept: Data = home.setting(_KEY, {})
    found: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in kept.items() if name in _NAMES
    }
    found["notify_urls"] = tuple((home.document(*_NOTIFY) or {}).get("urls", ()))
    return Preferences(**found)


async def save(home: Home, who: str, **chosen: Any) -> int:
    """Change choices; the names are those of `Preferences`. Returns the number of the deed.

    Raises:
        UsageError: a value is none that it can have.
    """
    for name, value in chosen.items():
        _check(name, value)
    changes: dict[Place, Data | None] = {}
    if "notify_urls" in chosen:
        changes[_NOTIFY] = {"urls": list(chosen.pop("notify_urls"))}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in chosen.items()}
    changes[Kind.SETTING, _KEY] = {"value": home.setting(_KEY, {}) | plain}
    return await home.change(who, N_("Changed the settings"), changes)


def _check(name: str, value: Any) -> None:
    where = f"the setting {name}"
    match name:
        case "retention_hours":
            whole = isinstance(value, int) and not isinstance(value, bool)
            if value is not None and not (whole and 1 <= value <= _TEN_YEARS):
                raise UsageError(f"{where}: it takes 1 to 87600 hours, or nothing for ever")
        case "language":
            data.text(value, where, 20)
        case "pac_fallback":
            if value not in ("closed", "open"):
                raise UsageError(f"{where}: it takes closed or open")
        case "doh_closed":
            if not isinstance(value, bool):
                raise UsageError(f"{where}: it takes true or false")
        case "notify_on":
            unknown = [item for item in value if item not in TELLABLE]
            if unknown:
                raise UsageError(f"{where}: {str(unknown[0])[:70]!r} will not do; there are {', '.join(TELLABLE)}")
        case "notify_urls" | "hosts":
            if len(value) > _MOST_URLS:
                raise UsageError(f"{where}: it takes {_MOST_URLS} at most")
            for item in value:
                data.text(item, where, 1000)
        case _:
            raise UsageError(f"there is no setting {name[:70]!r}; there are {', '.join(sorted(_NAMES))}")
