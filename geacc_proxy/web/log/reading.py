"""The block log for pages: off the loop, and only for whoever may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from geacc_proxy.journal import DATABASE_NAME
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.log.line import line_of

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from geacc_proxy.journal.search import Facets, Found, Query, Row
    from geacc_proxy.web.log.line import Line


def path_of(request: Request) -> Path:
    """The database."""
    return site_of(request).state_dir / DATABASE_NAME


async def found(request: Request, query: Query, *, after: str = "", limit: int = 50) -> Found:
    """Rows of the log, newest first.

    Raises:
        JournalError: it cannot be read.
        UsageError: `after` is no place in it.
    """
    from geacc_proxy.journal.search import search

    return await run_in_threadpool(search, path_of(request), query, after=after, limit=limit)


async def menus(request: Request) -> Facets:
    """What there is to filter by.

    Raises:
        JournalError: it cannot be read.
    """
    from geacc_proxy.journal.search import facets

    return await run_in_threadpool(facets, path_of(request))


async def row_of(request: Request) -> Row:
    """The row that the address of the request names.

    Raises:
        HTTPException: 404, there is none.
    """
    from geacc_proxy.journal.search import row

    number: int = request.path_params["number"]
    it = await run_in_threadpool(row, path_of(request), number) if number < 2**63 else None
    if it is None:
        raise HTTPException(404)
    return it


async def line_in(request: Request) -> Line:
    """As `row_of`, as pages show it."""
    return line_of(await row_of(request), site_of(request).home)
