"""The inbox: open requests first, answered with one click; what was answered stands below."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import data, devices, requests
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.events import Happening
from geacc_proxy.marking import N_
from geacc_proxy.policy.override import Scope
from geacc_proxy.verdict import Reason
from geacc_proxy.web.guard import parent_only, site_of
from geacc_proxy.web.log.acts import PARENT, end_of_today
from geacc_proxy.web.log.line import line_of, why
from geacc_proxy.web.log.reading import path_of
from geacc_proxy.web.pages import done, render

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request as Asked
    from starlette.responses import Response

    from geacc_proxy.home.home import Home
    from geacc_proxy.home.requests import Request
    from geacc_proxy.journal.search import Row
    from geacc_proxy.web.log.line import Line

HOW_LONG = (("hour", N_("For an hour")), ("today", N_("Today")), ("good", N_("For good")))
"""How long a yes holds."""
MINUTES = (15, 30, 60)
"""More of them, where the day's time was used up."""
_MOST_ANSWERED = 30
_MOST_MINUTES = 24 * 60
_SCOPES = {"picture": Scope.PICTURE, "alike": Scope.LOOK_ALIKES, "site": Scope.SITE, "open": Scope.OPEN}


@dataclass(frozen=True, slots=True)
class Item:
    """A request as a page shows it.

    Attributes:
        request: what was asked.
        who: what the device is called.
        why: why it was hidden or closed, a sentence marked for translation.
        line: the line of the block log that it is about; None where that is gone.
        wants_time: whether it is more time that is asked for.
    """

    request: Request
    who: str
    why: str
    line: Line | None
    wants_time: bool

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture that is asked for, and not a site."""
        return self.request.what == requests.PICTURE

    @property
    def site(self) -> str:
        """The site that is asked for, or that the picture was on."""
        return self.request.page if self.is_picture else self.request.value


@parent_only
async def show(request: Asked) -> Response:
    """All requests."""
    home = site_of(request).home
    found = requests.all_of(home)
    waiting = [one for one in found if one.state == requests.OPEN]
    answered = [one for one in found if one.state != requests.OPEN]
    answered.sort(key=lambda one: one.answered or one.made, reverse=True)
    rows = await run_in_threadpool(_rows, path_of(request), [one.entry for one in waiting])
    return render(
        request,
        "requests/inbox.html",
        unanswered=[_item(one, home, rows.get(one.entry)) for one in waiting],
        answered=[_item(one, home, None) for one in answered[:_MOST_ANSWERED]],
        how_long=HOW_LONG,
        minutes=MINUTES,
    )


@parent_only
async def answer(request: Asked) -> Response:
    """Yes or no; the form's button says which."""
    home = site_of(request).home
    key: str = request.path_params["key"]
    form = await request.form()
    chosen, how_long = str(form.get("answer", "")), str(form.get("long", "good"))
    if chosen == "no":
        deed = await requests.answer(home, PARENT, key, False)
    elif chosen.isascii() and chosen.isdigit() and int(chosen) in MINUTES:
        deed = await _give_time(home, key, int(chosen))
    elif chosen in _SCOPES:
        deed = await requests.answer(home, PARENT, key, True, scope=_SCOPES[chosen], until=_until(home, how_long))
    else:
        raise UsageError("nothing was chosen that answers a request; choose yes or no")
    return done("/requests", deed)


async def _give_time(home: Home, key: str, minutes: int) -> int:
    """Answer with more minutes today."""
    document = home.document(Kind.REQUEST, key)
    if document is None or document["state"] != requests.OPEN:
        raise UsageError("this request is answered already, or old and gone")
    device = devices.existing(home, document["device"])
    today = home.now().astimezone(home.house.zone).date().isoformat()
    had = device.bonus[1] if device.bonus[0] == today else 0
    more = replace(device, bonus=(today, min(had + minutes, _MOST_MINUTES)))
    state = {"state": requests.GRANTED, "answered": data.written(home.now())}
    deed = await home.change(
        PARENT,
        N_("Gave {device} {minutes} minutes more today"),
        {(Kind.REQUEST, key): document | state, (Kind.DEVICE, device.key): data.of_device(more)},
        {"device": device.title, "minutes": str(minutes)},
    )
    home.events.publish(Happening.ANSWERED, request=key, device=device.key)
    return deed


def _until(home: Home, how_long: str) -> datetime | None:
    match how_long:
        case "hour":
            return home.now() + timedelta(hours=1)
        case "today":
            return end_of_today(home)
        case "good":
            return None
    raise UsageError(f"{how_long[:40]!r} is no length of time for an answer; there are hour, today and good")


def _item(one: Request, home: Home, row: Row | None) -> Item:
    known = None if row is None or row.entry.device != one.device else line_of(row, home)
    return Item(one, home.device(one.device).title, why(one.reason), known, one.reason == Reason.TIME_UP)


def _rows(path: Path, numbers: list[int]) -> dict[int, Row]:
    from geacc_proxy.journal.search import row

    found = {number: row(path, number) for number in set(numbers) if number}
    return {number: one for number, one in found.items() if one is not None}
