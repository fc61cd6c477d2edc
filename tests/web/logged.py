"""Lines for the block log of a test's home."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geacc_proxy.home import data
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home
from geacc_proxy.journal import DATABASE_NAME, Entry, Journal
from geacc_proxy.policy.device import Device

from .browsing import Browser

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
"""Where the clock of `conftest.py` stands."""
DIGEST = "ab" * 16
LIKENESS = 0x0F0F33CC55AA0001


def line(**changes: Any) -> Entry:
    """A picture that was hidden on Emma's tablet; what is given is different."""
    usual: dict[str, Any] = {
        "time": NOW,
        "device": "emma",
        "profile": "under-12",
        "page": "https://www.example.com/story",
        "url": "https://cdn.example.net/media/a/picture.jpg",
        "digest": DIGEST,
        "width": 800,
        "height": 600,
        "format": "jpeg",
        "malign": 0.93,
        "scores": (("porn", 0.8), ("sexy", 0.13), ("neutral", 0.07), ("nsfwjs@4.4.0", 0.93)),
        "model": "nsfwjs@4.4.0",
        "decision": "hide",
        "reason": "malign",
        "likeness": LIKENESS,
    }
    return Entry(**usual | changes)


def closed_site(reason: str = "block-list", host: str = "games.example.org", **changes: Any) -> Entry:
    """A site that was closed on Emma's tablet."""
    nothing: dict[str, Any] = {"digest": "", "width": 0, "height": 0, "format": "", "malign": None, "scores": ()}
    return line(page="", url=f"https://{host}/", model="", reason=reason, likeness=None, **nothing | changes)


async def write(folder: Path, *entries: Entry, sketches: dict[str, bytes] | None = None) -> None:
    """Have the block log hold these lines; their numbers begin with 1."""
    journal = await Journal.open(folder / DATABASE_NAME)
    for entry in entries:
        journal.record(entry)
    for digest, picture in (sketches or {}).items():
        journal.sketch(digest, picture)
    await journal.close()


async def settle(home: Home, *devices: Device) -> None:
    """Have these devices live here."""
    await home.change("parent", "x", {(Kind.DEVICE, one.key): data.of_device(one) for one in devices})


EMMA = Device("emma", "Emma's tablet", "under-12", addresses=("192.168.1.20",), known=True)
LEO = Device("leo", "Leo's phone", "teen", addresses=("192.168.1.21",), known=True)


def patient(browser: Browser) -> Browser:
    """The same browser, which stays connected until an answer has come to its end."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def stay() -> Any:
            message = await receive()
            if message["type"] == "http.disconnect":
                await asyncio.Event().wait()
            return message

        await browser.app(scope, stay, send)

    return replace(browser, app=app)
