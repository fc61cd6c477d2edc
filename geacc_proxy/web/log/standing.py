"""The answers in force: what a parent has said of pictures and sites, to be looked over and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from geacc_proxy.home import answers
from geacc_proxy.home.documents import Kind
from geacc_proxy.marking import N_
from geacc_proxy.policy.override import Scope
from geacc_proxy.verdict import Action
from geacc_proxy.web.guard import parent_only, site_of
from geacc_proxy.web.log.acts import PARENT
from geacc_proxy.web.log.line import shortened
from geacc_proxy.web.pages import done, render

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_WORDS = {
    (Action.SHOW, Scope.PICTURE): N_("This picture is shown"),
    (Action.SHOW, Scope.ADDRESS): N_("What comes from this address is shown"),
    (Action.SHOW, Scope.LOOK_ALIKES): N_("Look-alikes are shown"),
    (Action.SHOW, Scope.SITE): N_("Pictures of this site are shown"),
    (Action.SHOW, Scope.OPEN): N_("This site is open"),
    (Action.HIDE, Scope.PICTURE): N_("This picture is hidden"),
    (Action.HIDE, Scope.ADDRESS): N_("What comes from this address is hidden"),
    (Action.HIDE, Scope.LOOK_ALIKES): N_("Look-alikes are hidden"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One answer as a page shows it.

    Attributes:
        key: its name.
        words: what holds, marked for translation.
        subject: of what.
        is_shown: show or hide.
        device: for whom; empty for all.
        until: when it ends; None for never.
        made: when it was given.
    """

    key: str
    words: str
    subject: str
    is_shown: bool
    device: str
    until: datetime | None
    made: datetime | None


@parent_only
async def show(request: Request) -> Response:
    """All of them, the newest first."""
    home = site_of(request).home
    standing = []
    for given in answers.active(home):
        kept = home.document(Kind.OVERRIDE, given.key) or {}
        value = shortened(given.value) if given.scope is Scope.ADDRESS else given.value
        standing.append(
            Standing(
                key=given.key,
                words=_WORDS.get((given.action, given.scope), str(given.scope)),
                subject=kept.get("subject") or value,
                is_shown=given.action is Action.SHOW,
                device=home.device(given.device).title if given.device else "",
                until=given.until,
                made=given.made,
            )
        )
    return render(request, "log/answers.html", standing=standing)


@parent_only
async def take_back(request: Request) -> Response:
    """Remove one."""
    form = await request.form()
    deed = await answers.remove(site_of(request).home, PARENT, str(form.get("key", ""))[:70])
    return done("/log/answers", deed)
