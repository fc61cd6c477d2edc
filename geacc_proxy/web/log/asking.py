"""What a parent wants to see of the block log, out of an address that can be kept as a bookmark."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import urlencode

from geacc_proxy.exceptions import UsageError
from geacc_proxy.journal.search import Query
from geacc_proxy.marking import N_

PERIODS = (
    ("", N_("Any time")),
    ("1h", N_("The last hour")),
    ("today", N_("Today")),
    ("7d", N_("The last 7 days")),
    ("30d", N_("The last 30 days")),
)
"""What the form offers."""

_FIELDS = ("q", "device", "site", "reason", "decision", "from", "to", "period", "since", "before")
_AGE = re.compile(r"([1-9]\d{0,3})([hd])")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish, understood.

    Attributes:
        query: for the block log.
        fields: what was typed, without what was left empty.
        after: the place in the log to go on from; empty for the newest lines.
    """

    query: Query
    fields: Mapping[str, str]
    after: str = ""

    @property
    def is_filtered(self) -> bool:
        """Whether something is left out."""
        return bool(self.fields)

    @property
    def is_narrowed(self) -> bool:
        """Whether it is by more than a part of an address."""
        return bool(self.fields.keys() - {"q"})

    def address(self, path: str = "/log", **more: str) -> str:
        """A path with these filters, and more in its query."""
        query = urlencode({**self.fields, **more})
        return f"{path}?{query}" if query else path


def asked(given: Mapping[str, str], now: datetime, zone: tzinfo | None) -> Asked:
    """Read a query string.

    Args:
        given: its values by name. `from` and `to` are percent, `since` and `before` days or times on the wall, `period`
            is `today` or an age such as `12h` or `7d`.
        now: the moment.
        zone: of the clock on the wall; None for the system's.

    Raises:
        UsageError: a value is none that can be looked for.
    """
    fields = {name: given[name].strip() for name in _FIELDS if given.get(name, "").strip()}
    for name, value in fields.items():
        if len(value) > _LONGEST or not value.isprintable():
            raise UsageError(f"{value[:40]!r} will not do as {name}; it takes one line of {_LONGEST} letters")
    decision = fields.get("decision", "")
    if decision not in ("", "hide", "show"):
        raise UsageError(f"{decision[:40]!r} is no decision; there are hide and show")
    query = Query(
        device=fields.get("device", ""),
        site=fields.get("site", "").lower(),
        reason=fields.get("reason", ""),
        decision=decision,
        text=fields.get("q", ""),
        score_from=_share(fields.get("from")),
        score_to=_share(fields.get("to")),
        since=_moment(fields.get("since"), zone),
        before=_moment(fields.get("before"), zone, whole_days=True),
    )
    if "period" in fields and query.since is None:
        query = replace(query, since=_period(fields["period"], now, zone))
    return Asked(query, fields, given.get("after", "")[:_LONGEST])


def _share(percent: str | None) -> float | None:
    if percent is None:
        return None
    try:
        share = float(percent.removesuffix("%").replace(",", ".")) / 100
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise UsageError(f"{percent[:40]!r} is no score; write a number from 0 to 100")
    return share


def _period(text: str, now: datetime, zone: tzinfo | None) -> datetime:
    wall = now.astimezone(zone)
    if text == "today":
        return wall.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    found = _AGE.fullmatch(text)
    if found is None:
        raise UsageError(f"{text[:40]!r} is no length of time; write today, or an age such as 12h or 7d")
    return now - timedelta(**{{"h": "hours", "d": "days"}[found[2]]: int(found[1])})


def _moment(text: str | None, zone: tzinfo | None, *, whole_days: bool = False) -> datetime | None:
    """A moment on the wall; of a day without a time its beginning, or its end where it is wanted whole."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if whole_days and len(text) <= len("2026-01-31"):
            moment += timedelta(days=1)
        # Without a zone it is read off the clock on the wall; `astimezone` alone knows the system's.
        return (moment if moment.tzinfo or zone is None else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{text[:40]!r} is no day or time; write 2026-01-31 or 2026-01-31T18:30") from None
