"""The block log as files, with the filters in force; and what a parent has put right, as a labelled set."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from geacc_proxy.home.alike import addresses_of
from geacc_proxy.home.corrections import as_csv, as_zip, corrections, located
from geacc_proxy.home.fetching import fetch
from geacc_proxy.journal.export import write_csv, write_json_lines
from geacc_proxy.web.guard import parent_only, site_of
from geacc_proxy.web.log.page import asked_of
from geacc_proxy.web.log.reading import found, path_of
from geacc_proxy.web.pages import render

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from geacc_proxy.home.corrections import Correction
    from geacc_proxy.journal.entry import Entry
    from geacc_proxy.journal.search import Query

_A_PIECE = 1_000
_CORRECTION_SECONDS = 10.0


@parent_only
async def log_csv(request: Request) -> Response:
    """All lines that the filters leave, as CSV with a header."""
    return _download(_csv(request, asked_of(request).query), "text/csv", "block-log.csv")


@parent_only
async def log_json(request: Request) -> Response:
    """All lines that the filters leave, as a JSON array with an object a line."""
    return _download(_json(request, asked_of(request).query), "application/json", "block-log.json")


@parent_only
async def show_corrections(request: Request) -> Response:
    """What a parent has put right, and how to take it away."""
    found_ones = await _corrections(request)
    return render(
        request,
        "log/corrections.html",
        benign=sum(correction.label == "benign" for correction in found_ones),
        malign=sum(correction.label == "malign" for correction in found_ones),
        with_address=sum(bool(correction.address) for correction in found_ones),
    )


@parent_only
async def corrections_csv(request: Request) -> Response:
    """Addresses and digests with their labels; nothing is fetched."""
    body = as_csv(await _corrections(request))
    return _download(_once(body), "text/csv", "corrections.csv")


@parent_only
async def corrections_zip(request: Request) -> Response:
    """The pictures themselves, fetched again for this; by POST, so that no link does it by accident."""
    chosen = await _corrections(request)
    return _download(
        as_zip(chosen, lambda address: fetch(address, seconds=_CORRECTION_SECONDS)),
        "application/zip",
        "corrections.zip",
    )


async def _corrections(request: Request) -> tuple[Correction, ...]:
    given = corrections(site_of(request).home)
    digests = {correction.digest for correction in given if correction.digest and not correction.address}
    known = await run_in_threadpool(addresses_of, path_of(request), digests)
    return located(given, lambda digest: known.get(digest, ""))


async def _pieces(request: Request, query: Query) -> AsyncIterator[tuple[Entry, ...]]:
    after = ""
    while True:
        here = await found(request, query, after=after, limit=_A_PIECE)
        yield tuple(row.entry for row in here.rows)
        if not here.next:
            return
        after = here.next


async def _csv(request: Request, query: Query) -> AsyncIterator[str]:
    is_first = True
    async for entries in _pieces(request, query):
        stream = io.StringIO()
        write_csv(entries, stream)
        text = stream.getvalue()
        yield text if is_first else text.partition("\n")[2]  # the header is one line
        is_first = False


async def _json(request: Request, query: Query) -> AsyncIterator[str]:
    yield "["
    before = "\n"
    async for entries in _pieces(request, query):
        stream = io.StringIO()
        write_json_lines(entries, stream)
        lines = stream.getvalue().splitlines()
        if lines:
            yield before + ",\n".join(lines)
            before = ",\n"
    yield "\n]\n"


async def _once(text: str) -> AsyncIterator[str]:
    yield text


def _download(pieces: AsyncIterator[str] | AsyncIterator[bytes], media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type=media_type, headers=headers)
