"""What a parent does with block lists."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from geacc_proxy.home import lists
from geacc_proxy.home.documents import Kind
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.lists.form import Draft
from geacc_proxy.web.lists.uploads import folder_of, place
from geacc_proxy.web.lists.views import lists_page
from geacc_proxy.web.pages import done

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

PARENT = "parent"
_WAIT_SECONDS = 5.0
"""A page waits no longer for a list that is fetched; the fetching goes on."""
_fetching: set[asyncio.Task[None]] = set()


async def subscribe(request: Request) -> Response:
    """Subscribe to what the form names or brings, or show it again with what is wrong."""
    site = site_of(request)
    known = site.home.documents(Kind.LIST)
    async with request.form() as form:
        file = form.get("file")
        brought = file if isinstance(file, UploadFile) and file.filename else None
        draft = Draft(
            name=str(form.get("name", "")).strip(),
            source=str(form.get("source", "")).strip(),
            file=(brought.filename or "") if brought else "",
        )
        name, problems = draft.read(known)
        if problems:
            return lists_page(request, draft, problems, status=422)
        source = draft.source
        if brought is not None:
            sources = {str(data.get("source", "")) for data in known.values()}
            path = await asyncio.to_thread(place, folder_of(site), name, await brought.read(), sources)
            source = str(path)
    return done("/lists", await lists.subscribe(site.home, PARENT, name, source))


async def refresh_now(request: Request) -> Response:
    """Fetch a list anew; the page comes back when it is here, or after a while."""
    site, name = site_of(request), _asked_for(request)
    if site.lists is None:
        raise HTTPException(404)
    task = asyncio.create_task(site.lists.update(force=True, only=name), name=f"refresh of {name}")
    _fetching.add(task)  # the loop itself would let go of it
    task.add_done_callback(_fetching.discard)
    await asyncio.wait({task}, timeout=_WAIT_SECONDS)
    return done("/lists")


async def remove(request: Request) -> Response:
    """Give a list up."""
    return done("/lists", await lists.unsubscribe(site_of(request).home, PARENT, _asked_for(request)))


def _asked_for(request: Request) -> str:
    name = str(request.path_params["name"])
    if site_of(request).home.document(Kind.LIST, name) is None:
        raise HTTPException(404)
    return name
