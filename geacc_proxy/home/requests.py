"""A child asks for a picture or a site; a parent answers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import answers, data
from geacc_proxy.home.documents import Data, Kind, Place
from geacc_proxy.home.events import Happening
from geacc_proxy.home.home import BY_ITSELF, Home
from geacc_proxy.marking import N_
from geacc_proxy.policy.override import Scope
from geacc_proxy.policy.sites import host_of
from geacc_proxy.verdict import Action

MOST_OPEN = 20
"""Open requests of one device."""
LONGEST_NOTE = 200
PICTURE, SITE = "picture", "site"
OPEN, GRANTED, REFUSED = "open", "granted", "refused"


@dataclass(frozen=True, slots=True)
class Request:
    """What a child asks for.

    Attributes:
        key: its name in the store.
        device: key of the device that it came from.
        what: `picture` or `site`.
        value: digest of the picture, or host of the site.
        page: host of the page that the picture belongs to.
        note: the child's words.
        reason: wire name of the reason why it was hidden or closed.
        made: when.
        state: `open`, `granted` or `refused`.
        answered: when it was answered; None while it is open.
        entry: number of the block log's line; 0 for none.
        likeness: perceptual hash of the picture, hexadecimal; empty where unknown.
    """

    key: str
    device: str
    what: str
    value: str
    page: str
    note: str
    reason: str
    made: datetime
    state: str = OPEN
    answered: datetime | None = None
    entry: int = 0
    likeness: str = ""


async def ask(
    home: Home,
    device: str,
    what: str,
    value: str,
    *,
    page: str = "",
    note: str = "",
    reason: str = "",
    entry: int = 0,
    likeness: str = "",
) -> Request:
    """Ask; what is asked for twice stays one request.

    Raises:
        UsageError: too many are open, or the note or the site is none.
    """
    if what == SITE:
        value = host_of(value)
    elif what != PICTURE or not value:
        raise UsageError("one can ask for a picture or for a site")
    mine = [request for request in all_of(home, device) if request.state == OPEN]
    for request in mine:
        if (request.what, request.value) == (what, value):
            return request
    if len(mine) >= MOST_OPEN:
        raise UsageError(f"{MOST_OPEN} requests are open already; wait for an answer to them")
    request = Request(
        key=secrets.token_hex(8),
        device=device,
        what=what,
        value=value,
        page=page[:200],
        note=data.text(" ".join(note.split()), "the note", LONGEST_NOTE),
        reason=reason,
        made=home.now(),
        entry=entry,
        likeness=likeness,
    )
    values = {"device": home.device(device).title}
    await home.change(
        BY_ITSELF, N_("{device} asked for something"), {(Kind.REQUEST, request.key): _data(request)}, values
    )
    home.events.publish(Happening.REQUEST, request=request.key, device=device)
    return request


async def answer(
    home: Home, who: str, key: str, granted: bool, *, scope: Scope = Scope.PICTURE, until: datetime | None = None
) -> int:
    """Answer a request; a yes is in force at once. Returns the number of the deed that grants, or that refuses.

    Args:
        home: where.
        who: as `Deed.who`.
        key: the request's.
        granted: yes or no.
        scope: of a yes to a picture: it, its look-alikes, or all of the site; to a site: OPEN.
        until: when a yes ends; None for never.

    Raises:
        UsageError: there is no such request, it is answered already, or nothing is known that the scope needs.
    """
    document = home.document(Kind.REQUEST, key)
    if document is None:
        raise UsageError(f"there is no request {key[:70]!r}; it may be old and gone")
    request = _request(key, document)
    if request.state != OPEN:
        raise UsageError("this request is answered already; the audit trail can undo the answer")
    subject = request.page or request.value
    more: dict[Place, Data | None] = {}
    if granted:
        value = {scope: _value(request, scope)}
        more = answers.documents_of(home, Action.SHOW, value, device=request.device, until=until, subject=subject)
    state = {"state": GRANTED if granted else REFUSED, "answered": data.written(home.now())}
    what = N_("Said yes to {device}: {subject}") if granted else N_("Said no to {device}: {subject}")
    values = {"device": home.device(request.device).title, "subject": subject}
    number = await home.change(who, what, {(Kind.REQUEST, key): document | state, **more}, values)
    home.events.publish(Happening.ANSWERED, request=key, device=request.device)
    return number


def all_of(home: Home, device: str = "") -> list[Request]:
    """The requests of a device, or all, newest first."""
    found = (_request(key, document) for key, document in home.documents(Kind.REQUEST).items())
    return sorted((r for r in found if device in ("", r.device)), key=lambda request: request.made, reverse=True)


def _value(request: Request, scope: Scope) -> str:
    if (request.what == SITE) is not (scope is Scope.OPEN):
        raise UsageError("a site that was asked for can be opened, and a picture shown; not the other way round")
    if scope is Scope.OPEN:
        return request.value
    if scope is Scope.SITE:
        return request.page
    value = request.likeness if scope is Scope.LOOK_ALIKES else request.value
    if not value:
        raise UsageError("what makes look-alikes of this picture is not known; show this picture alone")
    return value


def _data(request: Request) -> Data:
    return {
        "device": request.device,
        "what": request.what,
        "value": request.value,
        "page": request.page,
        "note": request.note,
        "reason": request.reason,
        "made": data.written(request.made),
        "state": request.state,
        "answered": data.written(request.answered),
        "entry": request.entry,
        "likeness": request.likeness,
    }


def _request(key: str, document: Data) -> Request:
    fields: dict[str, Any] = dict(document)
    fields["made"] = data.moment(fields["made"])
    fields["answered"] = data.moment(fields.get("answered"))
    return Request(key=key, **fields)
