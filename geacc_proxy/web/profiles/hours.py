"""The hours of a schedule, day by day, as a picture of the week has them."""

from __future__ import annotations

from geacc_proxy.policy.schedule import Schedule

Span = tuple[int, int]
"""From which minute of the day up to which, 0 to 1440."""
_DAY = 24 * 60


def open_spans(schedule: Schedule) -> tuple[tuple[Span, ...], ...]:
    """When each day is open, from Monday on; joined where slots overlap, split where they run past midnight.

    A schedule without slots is open all the time.
    """
    if not schedule.slots:
        return (((0, _DAY),),) * 7
    spans: list[list[Span]] = [[] for _ in range(7)]
    for slot in schedule.slots:
        start = slot.start.hour * 60 + slot.start.minute
        end = slot.end.hour * 60 + slot.end.minute
        for day in slot.days:
            if end > start:
                spans[day].append((start, end))
                continue
            spans[day].append((start, _DAY))
            if end:
                spans[(day + 1) % 7].append((0, end))
    return tuple(_joined(day) for day in spans)


def written(spans: tuple[Span, ...]) -> str:
    """The hours of one day as a person writes them, such as `07:00–08:00, 15:00–19:30`; empty where it is closed."""
    return ", ".join(f"{_clock(start)}–{_clock(end)}" for start, end in spans)


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
