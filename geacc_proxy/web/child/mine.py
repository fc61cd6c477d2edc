"""What was hidden on this device lately and why, what was asked for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import requests
from geacc_proxy.journal import DATABASE_NAME
from geacc_proxy.verdict import Action
from geacc_proxy.web.child.device import LONGEST_NOTE, asking_device, known_device, short_note
from geacc_proxy.web.child.words import ASKABLE, kind_words
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.i18n import _
from geacc_proxy.web.log.line import SITE_REASONS, host_of
from geacc_proxy.web.pages import done, render

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from geacc_proxy.home.home import Home
    from geacc_proxy.home.requests import Request as Asked
    from geacc_proxy.journal.search import Row
    from geacc_proxy.policy.device import Device

LATELY = 30
"""Things that the page lists."""
_LOOKED_AT = 100
_MOST_REQUESTS = 10


@dataclass(frozen=True, slots=True)
class Thing:
    """What was hidden or closed, as a child is told.

    Attributes:
        number: of the line of the block log.
        site: the name of the site; no address, and nothing of the picture.
        is_site: whether it is the site itself that was closed.
        why: a kind sentence, marked for translation.
        time: when, the last time.
        can_ask: whether it can be asked for.
        asked: the request for it, where there is one.
    """

    number: int
    site: str
    is_site: bool
    why: str
    time: datetime
    can_ask: bool
    asked: Asked | None


async def show(request: Request) -> Response:
    """The page."""
    return await _page(request)


async def ask(request: Request) -> Response:
    """Ask for a picture or a site of the list."""
    device = asking_device(request)
    home = site_of(request).home
    form = await request.form()
    given = str(form.get("entry", ""))
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    try:
        row = await run_in_threadpool(_row, request, number)
        # The same words for what is not there and what is another's: nothing can be found out by trying numbers.
        if row is None or row.entry.device != device.key or row.entry.decision != Action.HIDE:
            raise UsageError(_("That is not in the list any more."))
        await _ask(home, device, row, short_note(form.get("note")))
    except UsageError as error:
        return await _page(request, problem=str(error))
    return done("/mine", asked="1")


async def _ask(home: Home, device: Device, row: Row, note: str) -> None:
    entry = row.entry
    if entry.reason in SITE_REASONS:
        if entry.reason not in ASKABLE or not row.site:
            raise UsageError(_("This cannot be asked for here. Talk to your parents about it."))
        await requests.ask(home, device.key, requests.SITE, row.site, note=note, reason=entry.reason, entry=row.number)
        return
    if not entry.digest:
        raise UsageError(_("This cannot be asked for here. Talk to your parents about it."))
    await requests.ask(
        home,
        device.key,
        requests.PICTURE,
        entry.digest,
        page=_site(row),
        note=note,
        reason=entry.reason,
        entry=row.number,
        likeness="" if row.likeness is None else f"{row.likeness:016x}",
    )


async def _page(request: Request, *, problem: str = "") -> Response:
    site = site_of(request)
    device = known_device(request)
    mine: list[Asked] = []
    things: list[Thing] = []
    if device is not None:
        mine = requests.all_of(site.home, device.key)
        rows = await run_in_threadpool(_hidden, request, device.key)
        things = _things(rows, mine)
    return render(
        request,
        "child/mine.html" if not request.headers.get("hx-request") else "child/asked.html",
        status=400 if problem else 200,
        plain=True,
        device=device,
        things=things,
        mine=mine[:_MOST_REQUESTS],
        is_waiting=any(one.state == requests.OPEN for one in mine),
        problem=problem,
        asked="asked" in request.query_params,
        longest=LONGEST_NOTE,
    )


def _things(rows: Iterable[Row], mine: list[Asked]) -> list[Thing]:
    """What was hidden, each once however often it was asked for."""
    found: dict[tuple[str, str], Thing] = {}
    for row in rows:
        entry = row.entry
        is_site = entry.reason in SITE_REASONS
        what, value = (requests.SITE, row.site) if is_site else (requests.PICTURE, entry.digest)
        about = (what, value or entry.url)
        if about in found:
            continue
        asked = next((one for one in mine if value and (one.what, one.value) == (what, value)), None)
        can_ask = bool(value) and (not is_site or entry.reason in ASKABLE)
        found[about] = Thing(row.number, _site(row), is_site, kind_words(entry.reason), entry.time, can_ask, asked)
        if len(found) == LATELY:
            break
    return list(found.values())


def _site(row: Row) -> str:
    return (host_of(row.entry.page) or row.site).removeprefix("www.")


def _hidden(request: Request, device: str) -> tuple[Row, ...]:
    from geacc_proxy.journal.search import Query, search

    path = site_of(request).state_dir / DATABASE_NAME
    return search(path, Query(device=device, decision=Action.HIDE), limit=_LOOKED_AT).rows


def _row(request: Request, number: int) -> Row | None:
    from geacc_proxy.journal.search import row

    return row(site_of(request).state_dir / DATABASE_NAME, number)
