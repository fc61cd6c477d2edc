"""Lines to fill a block log with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from geacc_proxy.journal.entry import Entry

MORNING = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def entry(**changes: Any) -> Entry:
    values: dict[str, Any] = {
        "time": MORNING,
        "device": "tablet",
        "profile": "child",
        "page": "https://www.example.org/gallery",
        "url": "https://pictures.example.org/one.jpg",
        "digest": "0123456789abcdef0123456789abcdef",
        "width": 640,
        "height": 480,
        "format": "jpeg",
        "malign": 0.91,
        "scores": (("Porn", 0.6), ("Sexy", 0.31), ("Neutral", 0.09)),
        "model": "nsfwjs-mobilenet_v2@4.4.0",
        "decision": "hide",
        "reason": "malign",
    }
    return Entry(**(values | changes))


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.02)
