"""A parent's answers on pictures and sites, which stand above the model's."""

from __future__ import annotations

import secrets
from datetime import datetime

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import data
from geacc_proxy.home.documents import Data, Kind, Place
from geacc_proxy.home.home import Home
from geacc_proxy.marking import N_
from geacc_proxy.policy.override import Override, Scope
from geacc_proxy.policy.sites import host_of
from geacc_proxy.verdict import Action

_WHAT = {
    (Action.SHOW, Scope.PICTURE): N_("Had a picture shown: {subject}"),
    (Action.SHOW, Scope.ADDRESS): N_("Had a picture shown: {subject}"),
    (Action.SHOW, Scope.LOOK_ALIKES): N_("Had look-alikes of a picture shown: {subject}"),
    (Action.SHOW, Scope.SITE): N_("Trusted the pictures of {subject}"),
    (Action.SHOW, Scope.OPEN): N_("Opened the site {subject}"),
    (Action.HIDE, Scope.PICTURE): N_("Had a picture hidden: {subject}"),
    (Action.HIDE, Scope.ADDRESS): N_("Had a picture hidden: {subject}"),
    (Action.HIDE, Scope.LOOK_ALIKES): N_("Had look-alikes of a picture hidden: {subject}"),
}


async def override(
    home: Home,
    who: str,
    action: Action,
    scope: Scope,
    value: str,
    *,
    device: str = "",
    until: datetime | None = None,
    subject: str = "",
) -> int:
    """Answer once. Returns the number of the deed.

    Args:
        home: where.
        who: as `Deed.who`.
        action: show or hide; a site can only be shown or opened here, the profiles have lists of sites to close.
        scope: what it is about.
        value: digest; perceptual hash as 16 hexadecimal digits; host; or address.
        device: key of the device that it holds for; empty for all.
        until: when it ends; None for never.
        subject: what the audit trail calls it; the value without it.

    Raises:
        UsageError: the value is none for that scope.
    """
    return await overrides(home, who, action, {scope: value}, device=device, until=until, subject=subject)


async def overrides(
    home: Home,
    who: str,
    action: Action,
    values: dict[Scope, str],
    *,
    device: str = "",
    until: datetime | None = None,
    subject: str = "",
) -> int:
    """As `override`, on several things at once (the picture and its look-alikes), which are undone at once too."""
    changes = documents_of(home, action, values, device=device, until=until, subject=subject)
    first = next(iter(values))
    shown = subject or values[first]
    return await home.change(who, _WHAT[action, first], changes, {"subject": shown[:200]})


def documents_of(
    home: Home,
    action: Action,
    values: dict[Scope, str],
    *,
    device: str = "",
    until: datetime | None = None,
    subject: str = "",
) -> dict[Place, Data | None]:
    """The documents of new answers, for a change that does more than answering; the arguments as for `override`."""
    changes: dict[Place, Data | None] = {}
    made = home.now()
    for scope, value in values.items():
        if (action, scope) not in _WHAT:
            raise UsageError("a site cannot be hidden by an answer; put it on a profile's list of blocked sites")
        given = Override(
            key=secrets.token_hex(8),
            action=action,
            scope=scope,
            value=host_of(value) if scope in (Scope.SITE, Scope.OPEN) else value,
            device=device,
            until=until,
            made=made,
        )
        changes[Kind.OVERRIDE, given.key] = data.of_override(given) | {"subject": subject[:200]}
    return changes


async def remove(home: Home, who: str, key: str) -> int:
    """Take an answer back. Returns the number of the deed.

    Raises:
        UsageError: there is no such answer.
    """
    found = home.document(Kind.OVERRIDE, key)
    if found is None:
        raise UsageError(f"there is no answer {key[:70]!r}; it may have been taken back already")
    subject = found.get("subject") or found["value"]
    return await home.change(
        who, N_("Took an answer back: {subject}"), {(Kind.OVERRIDE, key): None}, {"subject": subject}
    )


def active(home: Home) -> list[Override]:
    """The answers in force, newest first."""
    found = (data.override(key, document) for key, document in home.documents(Kind.OVERRIDE).items())
    now = home.now()
    holding = [given for given in found if given.until is None or now < given.until]
    return sorted(holding, key=lambda given: given.made.timestamp() if given.made else 0, reverse=True)
