"""What a parent does with a profile."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from geacc_proxy.home import profiles
from geacc_proxy.home.documents import Kind
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.home.state import profile_title
from geacc_proxy.web.i18n import _
from geacc_proxy.web.pages import done
from geacc_proxy.web.profiles.form import LONGEST_TITLE, Draft, limit_labels, told
from geacc_proxy.web.profiles.views import asked_for, path_of, profile_page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from geacc_proxy.home.home import Home

PARENT = "parent"
_REMOVE_SLOT = re.compile(r"remove-slot-(\d{1,4})", re.ASCII)


async def save(request: Request) -> Response:
    """Keep what the form says, or show it again: with what is wrong, or with a row of the schedule more or less."""
    site, profile = site_of(request), asked_for(request)
    async with request.form() as form:
        draft = Draft.typed(form, limit_labels(site.labels, profile))
        todo = str(form.get("do", ""))
    if todo == "add-slot":
        return profile_page(request, profile, draft.with_slot())
    if found := _REMOVE_SLOT.fullmatch(todo):
        return profile_page(request, profile, draft.without_slot(int(found[1])))
    changed, problems = draft.read(profile, list(site.home.documents(Kind.LIST)), profile_title(profile))
    if problems:
        return profile_page(request, profile, draft, told(problems), status=422)
    return done(path_of(profile.name), await profiles.save(site.home, PARENT, changed))


async def copy(request: Request) -> Response:
    """Make another profile of the same kind, and go on to its page."""
    home, profile = site_of(request).home, asked_for(request)
    title = _("{profile} (copy)", profile=profile_title(profile)[: LONGEST_TITLE - 10])
    made = replace(profile, name=_free_name(home, profile.name), title=title[:LONGEST_TITLE])
    return done(path_of(made.name), await profiles.save(home, PARENT, made))


async def reset_or_remove(request: Request) -> Response:
    """Remove a profile; one that is ready-made is set back to what it was."""
    home, profile = site_of(request).home, asked_for(request)
    deed = await profiles.remove(home, PARENT, profile.name)
    return done(path_of(profile.name) if profile.name in home.house.profiles else "/profiles", deed)


def _free_name(home: Home, name: str) -> str:
    taken = home.house.profiles
    copied = re.sub(r"-\d+$", "", name)
    stem = (copied if copied in taken else name)[:50]  # a copy of a copy counts on; `under-12` is none
    return next(free for number in range(2, len(taken) + 3) if (free := f"{stem}-{number}") not in taken)
