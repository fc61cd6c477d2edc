"""What children ask for, and a parent's answers."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from geacc_proxy.home import requests
from geacc_proxy.home.tokens import Scope
from geacc_proxy.policy import override as policy
from geacc_proxy.web.api.access import Caller, needs
from geacc_proxy.web.api.shapes import Done, Given, Key, Moment, Told

router = APIRouter(tags=["requests"])
_Key = Annotated[str, Path(max_length=64, description="The request's key.", examples=["0123456789abcdef"])]
_States = Literal["open", "granted", "refused"]


class ChildsRequest(Told):
    """What a child asks for."""

    key: str = Field(examples=["0123456789abcdef"])
    device: str = Field(description="Key of the device that it came from.")
    what: Literal["picture", "site"]
    value: str = Field(description="Digest of the picture, or host of the site.")
    page: str = Field(description="Host of the page that the picture belongs to.")
    note: str = Field(description="The child's words.")
    reason: str = Field(description="Why it was hidden or closed.")
    made: Moment
    state: _States
    answered: Moment | None
    entry: int = Field(description="Number of the block log's line; 0 for none.")
    likeness: str = Field(description="Perceptual hash of the picture, hexadecimal; empty where unknown.")


class Verdict(Given):
    """Yes or no."""

    granted: bool
    scope: policy.Scope | None = Field(
        None,
        strict=False,
        description="Of a yes to a picture: it (without it), its look-alikes, or all pictures of the site; a site is "
        "opened.",
    )
    until: Moment | None = Field(None, description="When a yes ends; null for never.")


class Asked(BaseModel):
    """Which requests."""

    model_config = ConfigDict(extra="forbid")

    device: Key = Field("", description="Of this device alone.")
    state: _States | None = Field(None, description="In this state alone.")


@router.get("/requests", summary="Requests")
async def list_requests(
    caller: Annotated[Caller, needs(Scope.READ, Scope.REQUESTS)], asked: Annotated[Asked, Query()]
) -> list[ChildsRequest]:
    """Scope: `read` or `requests`. The newest comes first."""
    found = requests.all_of(caller.home, asked.device)
    return [ChildsRequest.model_validate(request) for request in found if asked.state in (None, request.state)]


@router.get("/requests/{key}", summary="One request")
async def get_request(caller: Annotated[Caller, needs(Scope.READ, Scope.REQUESTS)], key: _Key) -> ChildsRequest:
    """Scope: `read` or `requests`."""
    return ChildsRequest.model_validate(_existing(caller, key))


@router.post("/requests/{key}/answer", summary="Answer a request")
async def answer_request(caller: Annotated[Caller, needs(Scope.REQUESTS)], key: _Key, verdict: Verdict) -> Done:
    """Scope: `requests`. A yes is in force at once."""
    found = _existing(caller, key)
    usual = policy.Scope.OPEN if found.what == requests.SITE else policy.Scope.PICTURE
    scope = verdict.scope or usual
    deed = await requests.answer(caller.home, caller.who, found.key, verdict.granted, scope=scope, until=verdict.until)
    return Done(deed=deed)


def _existing(caller: Caller, key: str) -> requests.Request:
    found = next((request for request in requests.all_of(caller.home) if request.key == key), None)
    if found is None:
        raise HTTPException(404, f"there is no request {key[:70]!r}")
    return found
