"""Messages to a parent: where they go, of what, and whether they arrive."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.home import notices, preferences
from geacc_proxy.home.events import Happening
from geacc_proxy.marking import N_
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.i18n import _
from geacc_proxy.web.pages import done, render

if TYPE_CHECKING:
    from starlette.requests import Request

OF = (
    (Happening.REQUEST, N_("A child asks for something")),
    (Happening.NEW_DEVICE, N_("An unknown device appears")),
    (Happening.STOPPED, N_("Filtering is switched off or paused")),
    (Happening.BYPASS, N_("Somebody tries to get round the filter")),
    (preferences.DAILY, N_("What happened, once a day")),
    (preferences.WEEKLY, N_("What happened, once a week")),
)
"""What messages can be sent of, and what that is called."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Where messages go, without what has to stay secret.

    Attributes:
        place: in the list.
        scheme: such as `mailto` or `ntfys`.
        tail: its last characters, to tell two apart.
    """

    place: int
    scheme: str
    tail: str


async def show(request: Request) -> Response:
    """Where messages go, and of what."""
    return _page(request)


async def choose(request: Request) -> Response:
    """Of what."""
    wanted = {str(value) for value in (await request.form()).getlist("on")}
    chosen = tuple(str(kind) for kind, _words in OF if kind in wanted)
    return done("/settings/messages", await preferences.save(site_of(request).home, "parent", notify_on=chosen))


async def add(request: Request) -> Response:
    """One more address."""
    home = site_of(request).home
    url = str((await request.form()).get("url", "")).strip()
    if "://" not in url:
        raise UsageError("an address of messages begins with its service, such as mailto:// or ntfy://")
    urls = (*preferences.preferences(home).notify_urls, url)
    await preferences.save(home, "parent", notify_urls=tuple(dict.fromkeys(urls)))
    return done("/settings/messages")


async def remove(request: Request) -> Response:
    """One less."""
    home = site_of(request).home
    goal = str((await request.form()).get("place", ""))
    urls = preferences.preferences(home).notify_urls
    left = tuple(url for place, url in enumerate(urls) if str(place) != goal)
    await preferences.save(home, "parent", notify_urls=left)
    return done("/settings/messages")


async def test(request: Request) -> Response:
    """Whether a message arrives."""
    urls = preferences.preferences(site_of(request).home).notify_urls
    try:
        await asyncio.wait_for(notices.test(urls), 30)
    except GeaccError as error:
        return _page(request, bad=str(error))
    except TimeoutError:
        return _page(request, bad=_("No answer within 30 seconds."))
    return _page(request, good=_("Sent. Look whether it has arrived."))


def _page(request: Request, good: str = "", bad: str = "") -> Response:
    chosen = preferences.preferences(site_of(request).home)
    goals = [
        Goal(place, url.partition("://")[0], url[-4:] if len(url) > 24 else "")
        for place, url in enumerate(chosen.notify_urls)
    ]
    return render(
        request,
        "settings/messages.html",
        goals=goals,
        kinds=[(str(kind), _(words), "") for kind, words in OF],
        on=[str(kind) for kind in chosen.notify_on],
        good=good,
        bad=bad,
    )
