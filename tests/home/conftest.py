"""A home on a real database, with a clock that a test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from geacc_proxy.home.home import Home
from geacc_proxy.home.storage import open_store


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def home(tmp_path: Path, clock: Clock) -> AsyncIterator[Home]:
    """A home where nobody is known."""
    opened = await Home.open(lambda: open_store(tmp_path / "geacc.db"), zone=UTC, clock=clock)
    yield opened
    await opened.close()
