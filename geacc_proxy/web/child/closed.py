"""Why a site is closed, when it opens again, and asking for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import requests
from geacc_proxy.home.preferences import preferences
from geacc_proxy.policy.admission import admit
from geacc_proxy.policy.bypass import DOH_HOSTS, is_relay
from geacc_proxy.policy.sites import host_of
from geacc_proxy.verdict import Reason
from geacc_proxy.web.child.device import LONGEST_NOTE, asking_device, known_device, short_note
from geacc_proxy.web.child.words import ASKABLE, kind_words
from geacc_proxy.web.guard import device_of, site_of
from geacc_proxy.web.i18n import _
from geacc_proxy.web.pages import done, render

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from geacc_proxy.home.home import Home
    from geacc_proxy.policy.house import Rules

_LONGEST = 4096


async def show(request: Request) -> Response:
    """What holds for this device now, whatever the address claims."""
    return _page(request, request.query_params.get("url", ""))


async def ask(request: Request) -> Response:
    """Ask for the site."""
    device = asking_device(request)
    home = site_of(request).home
    form = await request.form()
    url = str(form.get("url", ""))
    try:
        host = _host(url)
        reason = closed_because(home, home.rules_of(device), host)
        if reason in ASKABLE:
            note = short_note(form.get("note"))
            await requests.ask(home, device.key, requests.SITE, host, note=note, reason=str(reason))
    except UsageError as error:
        return _page(request, url, problem=str(error))
    return done(f"/closed?url={quote(url, safe='')}")


def closed_because(home: Home, rules: Rules, host: str) -> Reason | None:
    """Why a site is closed to a device now; None where it is open."""
    refusal = admit(rules, host)
    if refusal is not None:
        return refusal.reason
    if preferences(home).doh_closed and (DOH_HOSTS.covers(host) is not None or is_relay(host)):
        return Reason.BYPASS
    return None


def opens_at(rules: Rules) -> datetime | None:
    """When the internet opens again, on the wall; None where it is open, or nothing is known to open it."""
    at = rules.at
    if rules.minutes_left == 0:
        # The day's time is used up: it begins anew at midnight.
        at = (at + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    elif rules.in_hours:
        return None
    return at if rules.profile.schedule.is_open(at) else rules.profile.schedule.next_change(at)


def _page(request: Request, url: str, *, problem: str = "") -> Response:
    site = site_of(request)
    device = known_device(request)
    host, reason, opens, asked = "", None, None, None
    try:
        host = _host(url)
    except UsageError as error:
        problem = problem or str(error)
    if host:
        rules = site.home.rules_of(device or device_of(request))
        reason = closed_because(site.home, rules, host)
        if reason in (Reason.OUT_OF_HOURS, Reason.TIME_UP):
            opens = opens_at(rules)
        if device is not None:
            mine = requests.all_of(site.home, device.key)
            asked = next((one for one in mine if (one.what, one.value) == (requests.SITE, host)), None)
    return render(
        request,
        "child/state.html" if request.headers.get("hx-request") else "child/closed.html",
        status=400 if problem else 200,
        plain=True,
        url=url if url.startswith(("http://", "https://")) else "",
        host=host,
        name=host.removeprefix("www."),
        reason=reason,
        why="" if reason is None else kind_words(reason),
        opens=opens,
        can_ask=device is not None and reason in ASKABLE,
        asked=asked,
        problem=problem,
        longest=LONGEST_NOTE,
    )


def _host(url: str) -> str:
    try:
        host = urlsplit(url).hostname if len(url) <= _LONGEST and url.isprintable() else None
    except ValueError:
        host = None
    if not host:
        raise UsageError(_("There is no site in this address."))
    return host_of(host)
