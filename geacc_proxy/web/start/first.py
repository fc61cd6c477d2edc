"""The first start: a password, who is at home, and the first device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import devices
from geacc_proxy.policy.device import Device
from geacc_proxy.policy.profile import UNDER_12
from geacc_proxy.web.guard import parent_only, site_of
from geacc_proxy.web.i18n import _, ngettext
from geacc_proxy.web.pages import render
from geacc_proxy.web.readymade import descriptions
from geacc_proxy.web.sessions import SHORTEST
from geacc_proxy.web.start.code import TICKET_COOKIE, StartCode
from geacc_proxy.web.start.login import logged_in, sessions_of
from geacc_proxy.web.visits import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request

_MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Guest:
    """A device on the page that asks who it is.

    Attributes:
        device: as it is known.
        profile: the profile that is offered.
        is_this: whether it is the one that asks.
    """

    device: Device
    profile: str
    is_this: bool


def routes() -> list[BaseRoute]:
    """Its routes."""
    return [
        Route("/start", welcome),
        Route("/start/code", type_code, methods=["POST"]),
        Route("/start/password", set_password, methods=["POST"]),
        Route("/start/people", parent_only(people)),
        Route("/start/people", parent_only(name_people), methods=["POST"]),
        Route("/start/people/more", parent_only(more_people)),
    ]


async def welcome(request: Request) -> Response:
    """What this is, and the password; or the question for the code."""
    visit = visit_of(request)
    if visit.has_password:
        return RedirectResponse("/start/people" if visit.session is not None else "/login?next=/start/people", 303)
    if _may_set(request):
        return render(request, "start/welcome.html", error="", error_again="", shortest=SHORTEST)
    return _code_page(request)


async def type_code(request: Request) -> Response:
    """The code."""
    if visit_of(request).has_password:
        return RedirectResponse("/login", 303)
    form = await request.form()
    ticket = _code_of(request).ticket(str(form.get("code", "")))
    if ticket is None:
        return _code_page(request, error=_("That is not the code."))
    response = RedirectResponse("/start", 303)
    response.set_cookie(
        TICKET_COOKIE,
        ticket,
        max_age=15 * 60,
        path="/start",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


async def set_password(request: Request) -> Response:
    """The first password."""
    sessions = sessions_of(request)
    if visit_of(request).has_password:
        return RedirectResponse("/login", 303)
    if not _may_set(request):
        return _code_page(request)
    form = await request.form()
    new, again = str(form.get("password", "")), str(form.get("again", ""))
    error = error_again = ""
    if len(new) < SHORTEST:
        error = ngettext("It takes {n} character at least.", "It takes {n} characters at least.", SHORTEST)
    elif new != again:
        error_again = _("The two differ.")
    if error or error_again:
        page = {"error": error, "error_again": error_again, "shortest": SHORTEST}
        return render(request, "start/welcome.html", status=400, **page)
    await sessions.set_password("parent", new)
    response = await logged_in(request, "/start/people", stays=False)
    response.delete_cookie(TICKET_COOKIE, path="/start")
    return response


async def people(request: Request) -> Response:
    """Who is at home."""
    profiles = descriptions(site_of(request))
    return render(request, "start/people.html", guests=_guests(request), profiles=profiles)


async def more_people(request: Request) -> Response:
    """Devices that have appeared since the page was made; nothing (204) where there are none."""
    shown = set(request.query_params.getlist("device"))
    new = [guest for guest in _guests(request) if guest.device.key not in shown]
    if not new:
        return Response(status_code=204)
    return render(request, "start/guests.html", guests=new, profiles=descriptions(site_of(request)))


async def name_people(request: Request) -> Response:
    """Names and profiles for those who are at home; what is left empty stays as it is."""
    home = site_of(request).home
    form = await request.form()
    for key in form.getlist("device")[:_MOST_SHOWN]:
        device = home.house.devices.get(str(key))
        name, profile = str(form.get(f"name-{key}", "")).strip(), str(form.get(f"profile-{key}", ""))
        if device is None or not name:
            continue
        if profile not in home.house.profiles:
            raise UsageError(_("There is no such profile."))
        if (name, profile, True) != (device.name, device.profile, device.known):
            await devices.edit(home, "parent", device.key, name=name, profile=profile)
    return RedirectResponse("/add?first=1", 303)


def _guests(request: Request) -> list[Guest]:
    """Those that nobody has named first, the last seen first."""
    visit, home = visit_of(request), site_of(request).home
    found = sorted(
        home.house.devices.values(), key=lambda device: device.last_seen.timestamp() if device.last_seen else 0.0
    )[::-1]
    found.sort(key=lambda device: device.known)
    return [
        Guest(device, device.profile if device.known else UNDER_12.name, visit.address in device.addresses)
        for device in found[:_MOST_SHOWN]
    ]


def _may_set(request: Request) -> bool:
    return visit_of(request).is_machine or _code_of(request).is_ticket(request.cookies.get(TICKET_COOKIE, ""))


def _code_page(request: Request, error: str = "") -> Response:
    """The question for the code; what a camera has read stands in it already, and takes a tap."""
    usable = _code_of(request).is_usable
    status = 403 if error or not usable else 200
    given = request.query_params.get("code", "")
    return render(request, "start/code.html", status=status, error=error, usable=usable, given=given)


def _code_of(request: Request) -> StartCode:
    code: StartCode = request.app.state.start_code
    return code
