"""What a parent chooses for the whole home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import preferences
from geacc_proxy.marking import N_
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.hostname import host_name
from geacc_proxy.web.i18n import Languages, _
from geacc_proxy.web.pages import done, render

if TYPE_CHECKING:
    from starlette.requests import Request

RETENTION = (
    ("1", N_("1 hour")),
    ("24", N_("1 day")),
    ("168", N_("7 days")),
    ("720", N_("30 days")),
    ("2160", N_("90 days")),
    ("8760", N_("1 year")),
    ("", N_("For ever")),
)
"""Hours that the block log is kept, and what that is called."""


async def show(request: Request) -> Response:
    """The settings."""
    site, languages = site_of(request), _languages(request)
    chosen = preferences.preferences(site.home)
    kept = "" if chosen.retention_hours is None else str(chosen.retention_hours)
    retention = [(hours, _(words)) for hours, words in RETENTION]
    if kept not in dict(retention):
        retention.append((kept, _("{n} hours", n=kept)))
    return render(
        request,
        "settings/settings.html",
        chosen=chosen,
        kept=kept,
        retention=retention,
        languages=[("", _("As the browser says")), *languages.names().items()],
        zone=str(site.home.now().astimezone(site.home.house.zone).tzname()),
    )


async def language(request: Request) -> Response:
    """The language of the pages."""
    wanted = str((await request.form()).get("language", ""))
    if wanted and wanted not in _languages(request).codes:
        raise UsageError(f"there are no pages in {wanted[:20]!r}; there are {', '.join(_languages(request).codes)}")
    return done("/settings", await preferences.save(site_of(request).home, "parent", language=wanted))


async def log(request: Request) -> Response:
    """How long the block log is kept."""
    given = str((await request.form()).get("retention", ""))
    if given and not (given.isascii() and given.isdigit() and len(given) < 9):
        raise UsageError(f"{given[:20]!r} is no number of hours; it takes 1 to 87600, or nothing for ever")
    hours = int(given) if given else None
    return done("/settings", await preferences.save(site_of(request).home, "parent", retention_hours=hours))


async def network(request: Request) -> Response:
    """What browsers do without the filter, servers that hide names, and names of these pages."""
    form = await request.form()
    hosts = []
    for line in str(form.get("hosts", "")).split():
        name = host_name(line)
        if name is None:
            raise UsageError(f"{line[:70]!r} is no name; it takes one such as proxy.example.com")
        hosts.append(name.lower().removesuffix("."))
    deed = await preferences.save(
        site_of(request).home,
        "parent",
        pac_fallback=str(form.get("pac_fallback", "closed")),
        doh_closed="doh_closed" in form,
        hosts=tuple(dict.fromkeys(hosts)),
    )
    return done("/settings", deed)


def _languages(request: Request) -> Languages:
    languages: Languages = request.app.state.languages
    return languages
