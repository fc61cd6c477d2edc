"""The block log: found, told one by one, and exported."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Literal, Self

from fastapi import APIRouter, HTTPException, Query
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from geacc_proxy.home.tokens import Scope
from geacc_proxy.journal import DATABASE_NAME
from geacc_proxy.journal import search as journal
from geacc_proxy.journal.export import write_csv, write_json_lines
from geacc_proxy.verdict import Reason
from geacc_proxy.web.api.access import Caller, needs
from geacc_proxy.web.api.shapes import Line, Moment, Told

router = APIRouter(tags=["log"])
_A_PIECE = 1_000
_TYPES = {"json": ("application/x-ndjson", "block-log.jsonl"), "csv": ("text/csv; charset=utf-8", "block-log.csv")}
_Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Entry(Told):
    """A line of the block log."""

    number: int = Field(description="The line's own; it stays.")
    time: Moment
    device: str = Field(description="Key of the device.")
    profile: str
    page: str = Field(description="Address of the page that the picture belongs to; empty where unknown.")
    url: str = Field(description="Address of the picture.")
    site: str = Field(description="Host of the page, where that is unknown of the picture.")
    digest: str = Field(description="BLAKE2b-128 of the picture's bytes.")
    likeness: str = Field(description="Perceptual hash, 16 hexadecimal digits; empty where unknown.")
    width: int
    height: int
    format: str
    malign: float | None = Field(description="0 to 1; null where it was not judged.")
    scores: dict[str, float]
    model: str
    decision: str = Field(examples=["hide", "show"])
    reason: str = Field(examples=["malign"])
    why: str = Field(examples=["not fit for a general audience"], description="The reason in words.")

    @classmethod
    def of(cls, row: journal.Row) -> Self:
        """As it is told; never with a picture."""
        reason = row.entry.reason
        more = {
            "number": row.number,
            "site": row.site,
            "likeness": "" if row.likeness is None else f"{row.likeness:016x}",
            "why": Reason(reason).explanation if reason in set(Reason) else reason,
        }
        return cls.model_validate(row.entry.to_json() | more)


class Found(Told):
    """A page of lines, newest first."""

    entries: list[Entry]
    next: str = Field(description="What to give as `after` for the next page; empty where there is none.")
    looked_back_to: Moment | None = Field(
        description="Where lines had to be looked at one by one and time was up before the page was full: how far it "
        "has looked. The next page goes on from there, even if this one is empty."
    )


class Facets(Told):
    """What there is to filter by."""

    devices: list[str]
    reasons: list[str]
    sites: list[str] = Field(description="Of the newest lines, the most frequent first.")


class Filters(BaseModel):
    """What is looked for; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid")

    device: Line = Field("", description="The device's key.")
    site: Annotated[str, Field(max_length=253)] = Field("", examples=["example.com"], description="Exactly this host.")
    reason: Reason | None = None
    decision: Literal["hide", "show"] | None = None
    text: Annotated[str, Field(max_length=300)] = Field(
        "", description="A part of the page's or the picture's address."
    )
    score_from: _Score | None = Field(None, description="Malign score, 0 to 1; what has none is left out.")
    score_to: _Score | None = Field(None, description="As above; both bounds belong to what is found.")
    since: Moment | None = Field(None, description="This moment and later.")
    before: Moment | None = Field(None, description="Earlier than this moment.")

    @property
    def query(self) -> journal.Query:
        """As the block log takes it."""
        return journal.Query(
            device=self.device,
            site=self.site.strip().lower(),
            reason=self.reason or "",
            decision=self.decision or "",
            text=self.text,
            score_from=self.score_from,
            score_to=self.score_to,
            since=self.since,
            before=self.before,
        )


class Asked(Filters):
    """Which page of what is looked for."""

    after: Annotated[str, Field(max_length=60)] = Field("", description="The `next` of the page before.")
    limit: Annotated[int, Field(ge=1, le=1_000)] = Field(50, description="So many lines at most.")


class Exported(Filters):
    """What is exported, and as what."""

    format: Literal["json", "csv"] = Field("json", description="JSON lines, or CSV with a header.")


@router.get("/log", summary="Find lines of the block log")
async def search_log(caller: Annotated[Caller, needs(Scope.LOG)], asked: Annotated[Asked, Query()]) -> Found:
    """Scope: `log`. Newest first."""
    found = await asyncio.to_thread(journal.search, _path(caller), asked.query, after=asked.after, limit=asked.limit)
    entries = [Entry.of(row) for row in found.rows]
    return Found(entries=entries, next=found.next, looked_back_to=found.looked_back_to)


@router.get("/log/facets", summary="What there is to filter by")
async def get_facets(caller: Annotated[Caller, needs(Scope.LOG)]) -> Facets:
    """Scope: `log`."""
    return Facets.model_validate(await asyncio.to_thread(journal.facets, _path(caller)))


@router.get(
    "/log/export",
    summary="All lines that the filters leave",
    response_class=Response,
    responses={
        200: {
            "content": {
                "application/x-ndjson": {"schema": {"type": "string"}},
                "text/csv": {"schema": {"type": "string"}},
            }
        }
    },
)
async def export_log(caller: Annotated[Caller, needs(Scope.LOG)], asked: Annotated[Exported, Query()]) -> Response:
    """Scope: `log`. JSON lines with the keys of `geacc-proxy log export`, or CSV, newest first, as a stream."""
    media_type, name = _TYPES[asked.format]
    pieces = _pieces(_path(caller), asked.query)
    first = await anext(pieces)  # what cannot be read is told before the answer begins
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_written(first, pieces, asked.format), media_type=media_type, headers=headers)


@router.get("/log/{number}", summary="One line of the block log")
async def get_entry(
    caller: Annotated[Caller, needs(Scope.LOG)], number: Annotated[int, InPath(ge=1, le=2**63 - 1)]
) -> Entry:
    """Scope: `log`."""
    found = await asyncio.to_thread(journal.row, _path(caller), number)
    if found is None:
        raise HTTPException(404, f"there is no line {number} in the block log; it may have been purged")
    return Entry.of(found)


def _path(caller: Caller) -> Path:
    return caller.site.state_dir / DATABASE_NAME


async def _pieces(path: Path, query: journal.Query) -> AsyncIterator[tuple[journal.Row, ...]]:
    after = ""
    while True:
        here = await asyncio.to_thread(journal.search, path, query, after=after, limit=_A_PIECE)
        yield here.rows
        if not here.next:
            return
        after = here.next


async def _written(
    first: tuple[journal.Row, ...], others: AsyncIterator[tuple[journal.Row, ...]], kind: str
) -> AsyncIterator[str]:
    yield _text(first, kind)
    async for rows in others:
        text = _text(rows, kind)
        yield text.partition("\n")[2] if kind == "csv" else text  # the header is one line


def _text(rows: tuple[journal.Row, ...], kind: str) -> str:
    stream = io.StringIO()
    (write_csv if kind == "csv" else write_json_lines)((row.entry for row in rows), stream)
    return stream.getvalue()
