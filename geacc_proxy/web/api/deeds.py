"""The audit trail, and taking things back."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from geacc_proxy.home import documents
from geacc_proxy.home.deeds import sentence
from geacc_proxy.home.tokens import Scope
from geacc_proxy.web.api.access import Caller, needs
from geacc_proxy.web.api.shapes import Done, Moment, Told

router = APIRouter(tags=["deeds"])
_LARGEST = 2**63 - 2


class Deed(Told):
    """A line of the audit trail."""

    number: int
    time: Moment
    who: str = Field(
        examples=["api:home-assistant"],
        description="`parent`, `api:NAME`, `cli`, or `geacc-proxy` for what happens by itself.",
    )
    what: str = Field(examples=["Gave Anna's tablet the profile Teen"], description="A sentence.")
    undone: int = Field(description="Number of the line that undid it; 0 if none did.")

    @classmethod
    def of(cls, deed: documents.Deed) -> Self:
        """As it is told."""
        return cls(number=deed.number, time=deed.time, who=deed.who, what=sentence(deed), undone=deed.undone)


class Asked(BaseModel):
    """Which lines."""

    model_config = ConfigDict(extra="forbid")

    before: Annotated[int, Field(ge=1, le=_LARGEST)] | None = Field(None, description="Those before this number.")
    limit: Annotated[int, Field(ge=1, le=500)] = Field(50, description="So many at most.")


@router.get("/deeds", summary="The audit trail")
async def list_deeds(caller: Annotated[Caller, needs(Scope.ADMIN)], asked: Annotated[Asked, Query()]) -> list[Deed]:
    """Scope: `admin`. Newest first."""
    return [Deed.of(deed) for deed in await caller.home.deeds(before=asked.before, limit=asked.limit)]


@router.post("/deeds/{number}/undo", summary="Take something back")
async def undo_deed(
    caller: Annotated[Caller, needs(Scope.ADMIN)], number: Annotated[int, Path(ge=1, le=_LARGEST)]
) -> Done:
    """Scope: `admin`. What has been changed again since cannot be taken back; that is a line of its own."""
    found = await caller.home.deeds(before=number + 1, limit=1)
    if not found or found[0].number != number:
        raise HTTPException(404, f"there is no line {number} in the audit trail")
    return Done(deed=await caller.home.undo(number, caller.who))
