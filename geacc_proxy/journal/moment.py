"""Moments as a person types them: `2h`, `7d`, `2026-05-01`, `2026-05-01T18:30`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from geacc_proxy.exceptions import UsageError

_AGE = re.compile(r"(\d{1,6})\s*([smhdw])", re.IGNORECASE)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, option: str, now: datetime | None = None) -> datetime:
    """Returns the moment that is meant, in UTC: an age counts back from now; without a zone it is local time.

    Args:
        text: as typed.
        option: the option it was typed for, for the message.
        now: what an age counts back from; the present if None.

    Raises:
        UsageError: it is neither an age nor a date.
    """
    try:
        if age := _AGE.fullmatch(text.strip()):
            return (now or datetime.now(UTC)) - timedelta(**{_UNITS[age[2].lower()]: int(age[1])})
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{option}: {text!r} is no time; right would be an age such as 30m, 2h or 7d, "
            "or a date such as 2026-05-01 or 2026-05-01T18:30"
        ) from None
