"""What happens at home, as it happens, for whoever listens: pages that are open, and messages to a parent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

_MOST_WAITING = 1_000


class Happening(StrEnum):
    """The kinds."""

    HIDDEN = "hidden"
    """A line of the block log; `data` is its JSON object."""
    NEW_DEVICE = "new-device"
    """`data`: device (key), address."""
    REQUEST = "request"
    """A child asks; `data`: request (key), device (key)."""
    ANSWERED = "answered"
    """A parent has answered; `data`: request (key), device (key)."""
    CHANGED = "changed"
    """Something that a parent set is different; `data`: number of the deed."""
    BYPASS = "bypass"
    """The filter was gone round, or nearly; `data`: device (key), how, host."""
    STOPPED = "stopped"
    """Filtering was switched off or paused; `data`: device (key, empty for all), until."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        kind: which.
        data: plain JSON data; never a picture.
        time: when, timezone-aware.
    """

    kind: Happening
    data: dict[str, Any] = field(default_factory=dict)
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


class Events:
    """Passes events on within the event loop."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Event]] = set()

    def publish(self, kind: Happening, **data: Any) -> None:
        """Tell all listeners; returns at once. One who does not keep up loses the oldest."""
        event = Event(kind, data)
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[Event]]:
        """A queue that fills with what happens from now until the block ends."""
        queue: asyncio.Queue[Event] = asyncio.Queue(_MOST_WAITING)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)
