"""Messages to a parent, sent through Apprise: mail, push, chat and a hundred others, each by an address.

The addresses hold passwords: nothing here tells more of one than its service (`mailto`, `ntfy`).
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from geacc_proxy.exceptions import GeaccError, MissingExtraError

_log = logging.getLogger(__name__)
_SECONDS = 30.0
"""One service may take so long; Apprise itself gives up on a silent server sooner."""
_PAUSE_SECONDS = 2.0
_AT_ONCE = 4
_STATUS = re.compile(r"error[=: ]+([1-5]\d\d)\b")
_SERVICE = re.compile(r"[a-z][a-z0-9+.-]{0,19}", re.ASCII)
_ABOUT = {
    "app_id": "geacc-proxy",
    "app_desc": "geacc-proxy",
    "app_url": "",
    # Apprise would have the reader's program load its logo from the net.
    "image_url_mask": "",
    "image_url_logo": "",
    "image_path_mask": "",
    "async_mode": False,
}


@dataclass(frozen=True, slots=True)
class Message:
    """What is told.

    Attributes:
        title: one line.
        text: plain text, perhaps of several lines.
    """

    title: str
    text: str


Translate = Callable[[str], str]
"""From English into the reader's language."""
Sender = Callable[[Iterable[str], Message], Awaitable[tuple[str, ...]]]
"""What sends a message to addresses, and tells in a line each which have failed."""


def filled(text: str, values: dict[str, str], translate: Translate) -> str:
    """A text with {places}, in the reader's language.

    Args:
        text: in English.
        values: by place.
        translate: from English.
    """
    try:
        return translate(text).format_map(values)
    except (KeyError, IndexError, ValueError):  # a slip in a catalogue keeps nothing from a parent
        return text.format_map(values)


async def send(urls: Iterable[str], message: Message, *, pause: float = _PAUSE_SECONDS) -> tuple[str, ...]:
    """Send to all, side by side, each once more if it fails.

    Args:
        urls: as Apprise has them.
        message: what to tell.
        pause: seconds before the second attempt.

    Returns:
        A line for each that failed; it names the service alone.

    Raises:
        MissingExtraError: Apprise is not installed.
    """
    await asyncio.to_thread(_library)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def twice(url: str) -> str:
        async with gate:
            problem = await _sent(url, message)
            if problem:
                await asyncio.sleep(pause)
                problem = await _sent(url, message)
            return problem

    problems = await asyncio.gather(*map(twice, dict.fromkeys(urls)))
    return tuple(problem for problem in problems if problem)


def service_of(url: str) -> str:
    """What may be told of an address: its service, such as `ntfy`."""
    scheme = url.partition("://")[0].strip().lower()
    return scheme if "://" in url and _SERVICE.fullmatch(scheme) else "?"


async def _sent(url: str, message: Message) -> str:
    """Why it failed; empty where it did not."""
    try:
        return await asyncio.wait_for(asyncio.to_thread(_send, url, message), _SECONDS)
    except TimeoutError:
        return f"{service_of(url)}: no answer within {_SECONDS:.0f} seconds"


def _send(url: str, message: Message) -> str:
    apprise = _library()
    name = service_of(url)
    goal = apprise.Apprise.instantiate(url, asset=apprise.AppriseAsset(**_ABOUT))
    if goal is None:
        return f"{name}: the address is none that Apprise understands; its documentation has their form"
    told = ""
    try:
        with apprise.LogCapture(level=logging.WARNING) as lines:
            if goal.notify(body=message.text, title=message.title, body_format=apprise.NotifyFormat.TEXT):
                return ""
            told = lines.getvalue()
    except Exception as error:  # noqa: BLE001  (one of a hundred plugins)
        return f"{name}: the message was not sent ({type(error).__name__})"
    status = _STATUS.search(told)
    if status is not None:
        return f"{name}: the service refused the message (HTTP {status[1]})"
    if "connection error" in told.lower():
        return f"{name}: the service cannot be reached"
    return f"{name}: the service did not take the message; check its address"


def _library() -> Any:
    """Apprise.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        library = importlib.import_module("apprise")
    except ImportError as error:
        raise MissingExtraError("sending messages", "notify") from error
    # Its lines may hold what must not be told: at its finer levels whole addresses.
    lines = logging.getLogger("apprise")
    lines.setLevel(logging.WARNING)
    lines.propagate = False
    return library


def problem_of(failures: Iterable[str]) -> GeaccError | None:
    """The failures as one error of one line; None where there are none."""
    found = tuple(failures)
    return GeaccError("; ".join(found)) if found else None
