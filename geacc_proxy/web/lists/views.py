"""The page of block lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geacc_proxy.home.lists import Subscription
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.home.state import profile_title
from geacc_proxy.web.lists.form import Draft
from geacc_proxy.web.lists.uploads import is_upload
from geacc_proxy.web.pages import render

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from geacc_proxy.web.site import Site


async def listing(request: Request) -> Response:
    """All block lists."""
    return lists_page(request, Draft(), {})


def lists_page(request: Request, draft: Draft, problems: dict[str, str], *, status: int = 200) -> Response:
    """The page, with what stands in its form and what is wrong with that."""
    site = site_of(request)
    rows = [
        {
            "list": found,
            "is_upload": is_upload(site, found.source),
            "is_awaited": found.checked is None and not found.error,
            "used_by": used_by(site, found.name),
        }
        for found in subscriptions(site)
    ]
    return render(
        request,
        "lists/lists.html",
        status=status,
        rows=rows,
        draft=draft,
        problems=problems,
        is_awaiting=any(row["is_awaited"] for row in rows),
    )


def subscriptions(site: Site) -> list[Subscription]:
    """The block lists, by name; none where nobody keeps them."""
    return [] if site.lists is None else site.lists.all()


def used_by(site: Site, name: str) -> list[tuple[str, str]]:
    """Names and titles of the profiles that use a list."""
    profiles = site.home.house.profiles.values()
    return [(profile.name, profile_title(profile)) for profile in profiles if name in profile.block_lists]
