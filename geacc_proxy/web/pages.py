"""Makes pages from templates."""

from __future__ import annotations

import hashlib
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from geacc_proxy.home.documents import Kind
from geacc_proxy.marking import N_
from geacc_proxy.web import i18n
from geacc_proxy.web.forgery import FIELD
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.visits import visit_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
_token: ContextVar[Callable[[], str]] = ContextVar("form token")


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation.

    Attributes:
        path: where it leads.
        text: what it says, marked for translation.
        icon: name of its icon in `macros.html`.
        is_main: whether it stands in the bar of a phone; the others are behind "More".
    """

    path: str
    text: str
    icon: str
    is_main: bool = False


NAVIGATION = (
    Place("/", N_("Overview"), "overview", True),
    Place("/devices", N_("Devices"), "devices", True),
    Place("/profiles", N_("Profiles"), "profiles"),
    Place("/log", N_("Block log"), "log", True),
    Place("/requests", N_("Requests"), "requests", True),
    Place("/settings", N_("Settings"), "settings"),
    Place("/add", N_("Add a device"), "add"),
)


def render(request: Request, template: str, /, *, status: int = 200, **values: Any) -> Response:
    """The page, or the piece of one, that a template makes.

    Besides `values` a template has `request`, `site`, `visit`, `language`, `home` and `now`, and what `_environment`
    gives it.

    Args:
        request: what is answered.
        template: its path under `templates/`.
        status: of the answer.
        **values: what the template is about.
    """
    return HTMLResponse(text(request, template, **values), status_code=status)


def text(request: Request, template: str, /, **values: Any) -> str:
    """As `render`, the text alone; for events that bring pieces of pages."""
    site, visit = site_of(request), visit_of(request)

    def token() -> str:
        visit.wants_cookie = visit.wants_cookie or not visit.has_cookie
        return visit.form_token

    set_token = _token.set(token)
    try:
        return (
            _environment()
            .get_template(template)
            .render(
                request=request,
                site=site,
                visit=visit,
                home=site.home,
                now=site.home.now(),
                language=i18n.current(),
                **values,
            )
        )
    finally:
        _token.reset(set_token)


def done(path: str, deed: int = 0, **query: str) -> RedirectResponse:
    """Lead on to a page (303) after something was done; with the number of the deed it offers to undo it."""
    if deed:
        query["done"] = str(deed)
    if query:
        path += ("&" if "?" in path else "?") + urlencode(query)
    return RedirectResponse(path, 303)


def prepare() -> None:
    """Compile all templates, so that the first look at a page costs no more than the next. Blocks for half a second."""
    environment = _environment()
    for name in environment.list_templates():
        environment.get_template(name)


def own_path(given: str, otherwise: str = "/") -> str:
    """A path of these pages as somebody gave it, such as in `?next=`; `otherwise` if it could lead elsewhere."""
    parts = urlsplit(given)
    is_own = given.startswith("/") and not given.startswith(("//", "/\\")) and given.isprintable()
    return given if is_own and not parts.scheme and not parts.netloc else otherwise


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(
        _=i18n._,
        ngettext=i18n.ngettext,
        html_=i18n.html_,
        deed_text=i18n.deed_text,
        weekday=i18n.weekday,
        csrf_field=_csrf_field,
        csrf_token=lambda: _token.get()(),
        static=_static,
        navigation=_navigation,
        open_requests=_open_requests,
    )
    environment.filters.update(
        number=i18n.number,
        percent=i18n.percent,
        moment=i18n.moment,
        clock=i18n.clock,
        day=i18n.day,
        ago=i18n.ago,
        minutes=i18n.minutes,
        isoformat=lambda value: "" if value is None else value.isoformat(),
    )
    return environment


def _csrf_field() -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, _token.get()())


@cache
def _static(name: str) -> str:
    """The address of a file in `static/`, which changes with its content."""
    digest = hashlib.blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"/static/{name}?v={digest}"


def _navigation(request: Request) -> list[tuple[Place, bool]]:
    """The entries, and whether each is where the page belongs."""
    path = request.url.path
    return [
        (place, path == place.path or (place.path != "/" and path.startswith(f"{place.path}/"))) for place in NAVIGATION
    ]


def _open_requests(request: Request) -> int:
    """How many requests wait for a parent's answer."""
    found = site_of(request).home.documents(Kind.REQUEST).values()
    return sum(data.get("state") == "open" for data in found)
