"""The list of profiles, and the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.exceptions import HTTPException

from geacc_proxy.home.documents import Kind
from geacc_proxy.policy.decide import MALIGN
from geacc_proxy.policy.profile import NEW_DEVICE, READY_MADE
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.home.state import profile_title
from geacc_proxy.web.i18n import _, ngettext, number, weekday
from geacc_proxy.web.pages import render
from geacc_proxy.web.plots import week
from geacc_proxy.web.profiles import words
from geacc_proxy.web.profiles.form import Draft, limit_labels
from geacc_proxy.web.profiles.hours import open_spans, written

if TYPE_CHECKING:
    from markupsafe import Markup
    from starlette.requests import Request
    from starlette.responses import Response

    from geacc_proxy.policy.profile import Profile
    from geacc_proxy.policy.schedule import Schedule
    from geacc_proxy.web.site import Site, StrictnessFact

_READY_MADE = {profile.name for profile in READY_MADE}
_DAYS = range(7)


async def listing(request: Request) -> Response:
    """All profiles, and who has which."""
    house = site_of(request).home.house
    having: dict[str, list[str]] = {name: [] for name in house.profiles}
    for device in sorted(house.devices.values(), key=lambda device: device.title.casefold()):
        having[house.profile_of(device).name].append(device.title)
    rows = [
        {
            "title": profile_title(profile),
            "path": path_of(profile.name),
            "devices": having[profile.name],
            "is_for_new": profile.name == NEW_DEVICE.name,
            "pictures": _(words.title_of(words.FILTERING, profile.filtering)),
            "strictness": _(words.title_of(words.STRICTNESS, profile.strictness)),
            "filtering": profile.filtering.value,
            "has_hours": bool(profile.schedule.slots),
            "daily_minutes": profile.daily_minutes,
        }
        for profile in house.profiles.values()
    ]
    return render(request, "profiles/list.html", rows=rows)


async def edit(request: Request) -> Response:
    """One profile."""
    profile = asked_for(request)
    return profile_page(request, profile, Draft.of(profile, profile_title(profile)))


def profile_page(
    request: Request, profile: Profile, draft: Draft, problems: dict[str, str] | None = None, *, status: int = 200
) -> Response:
    """The page of a profile, with what stands in its form and what is wrong with that."""
    site = site_of(request)
    house, lists = site.home.house, list(site.home.documents(Kind.LIST))
    schedule = draft.read(profile, lists)[0].schedule
    return render(
        request,
        "profiles/edit.html",
        status=status,
        profile=profile,
        title=profile_title(profile),
        path=path_of(profile.name),
        draft=draft,
        problems=problems or {},
        strictness=[(choice.value, _(choice.title), _strictness_meaning(site, choice)) for choice in words.STRICTNESS],
        filtering=_options(words.FILTERING),
        effect=_options(words.EFFECT),
        video=_options(words.VIDEO),
        lists=lists,
        limits=_limits(site, profile),
        limits_wrong=any(name.startswith("limit-") for name in problems or {}),
        week=_picture(schedule),
        hours=[(weekday(day), written(spans) or _("closed")) for day, spans in enumerate(open_spans(schedule))],
        having=[device.title for device in house.devices.values() if house.profile_of(device).name == profile.name],
        is_ready_made=profile.name in _READY_MADE,
        is_changed=site.home.document(Kind.PROFILE, profile.name) is not None,
        has_other_limit=MALIGN in draft.limits,
    )


def asked_for(request: Request) -> Profile:
    """The profile of the address.

    Raises:
        HTTPException: 404, there is none.
    """
    profile = site_of(request).home.house.profiles.get(request.path_params["name"])
    if profile is None:
        raise HTTPException(404)
    return profile


def path_of(name: str) -> str:
    """The page of a profile."""
    return f"/profiles/{quote(name, safe='')}"


def false_alarms(fact: StrictnessFact | None) -> str:
    """What was measured of a strictness, as a sentence."""
    if fact is None or fact.false_alarms is None:
        return _("How many harmless photos are hidden with it was not measured for this model.")
    count = round(1000 * fact.false_alarms)
    if not count:
        return _("Of 1,000 harmless photos fewer than one is hidden with it.")
    return ngettext(
        "Of 1,000 harmless photos about {n} is hidden with it.",
        "Of 1,000 harmless photos about {n} are hidden with it.",
        count,
    )


def _strictness_meaning(site: Site, choice: words.Choice) -> str:
    fact = next((fact for fact in site.strictness if fact.word == choice.value), None)
    return f"{_(choice.meaning)} {false_alarms(fact)}"


def _options(choices: tuple[words.Choice, ...]) -> list[tuple[str, str, str]]:
    return [(choice.value, _(choice.title), _(choice.meaning)) for choice in choices]


def _limits(site: Site, profile: Profile) -> list[tuple[str, str, str]]:
    """Of each label its name, what it is called, and what holds without a limit."""
    thresholds = {fact.word: fact.threshold for fact in site.strictness}
    usual = thresholds.get(profile.strictness)
    found = []
    for label in limit_labels(site.labels, profile):
        if label == MALIGN:
            title = _("Unfit, all together")
            hint = (
                _("Takes the place of the strictness, which means {threshold} %.", threshold=number(100 * usual, 1))
                if usual is not None
                else _("Takes the place of the strictness.")
            )
        else:
            title = label
            hint = _("Counts as unfit.") if label in site.malign_labels else ""
            if label not in site.labels:
                hint = _("The present model does not know it.")
        found.append((label, title, hint))
    return found


def _picture(schedule: Schedule) -> Markup:
    spans = open_spans(schedule)
    days = [(weekday(day, "abbreviated"), spans[day]) for day in _DAYS]
    told = "; ".join(f"{weekday(day)}: {written(spans[day]) or _('closed')}" for day in _DAYS)
    return week("week", _("When the internet is open"), told, days)
