"""Block lists that the home has subscribed to."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from pydantic import Field

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.home import lists
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.tokens import Scope
from geacc_proxy.web.api.access import Caller, needs
from geacc_proxy.web.api.shapes import Done, Given, Moment, Told

router = APIRouter(tags=["lists"])
_Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description="The list's name.", examples=["adult"])]
_fetching: set[asyncio.Task[None]] = set()


class BlockList(Told):
    """A list."""

    name: str = Field(examples=["adult"], description="As profiles name it.")
    source: str = Field(examples=["https://example.org/list.txt"], description="An address, or the path of a file.")
    rules: int = Field(description="How many of its lines are understood; 0 while it has not come.")
    skipped: int = Field(description="How many are not.")
    checked: Moment | None = Field(description="When its source was last asked.")
    error: str = Field(description="Why the last look failed; empty where it did not.")


class Subscription(Given):
    """Where a list comes from."""

    source: str = Field(
        min_length=9, max_length=2_000, examples=["https://example.org/list.txt"], description="An HTTPS address."
    )


@router.get("/lists", summary="All block lists")
async def list_lists(caller: Annotated[Caller, needs(Scope.READ, Scope.PROFILES)]) -> list[BlockList]:
    """Scope: `read` or `profiles`."""
    return [BlockList.model_validate(found) for found in await _all(caller)]


@router.get("/lists/{name}", summary="One block list")
async def get_list(caller: Annotated[Caller, needs(Scope.READ, Scope.PROFILES)], name: _Name) -> BlockList:
    """Scope: `read` or `profiles`."""
    return BlockList.model_validate(await _existing(caller, name))


@router.put("/lists/{name}", summary="Subscribe to a block list", status_code=201)
async def subscribe(caller: Annotated[Caller, needs(Scope.PROFILES)], name: _Name, subscription: Subscription) -> Done:
    """Scope: `profiles`. It is fetched soon; files of the machine can be named on its pages alone."""
    if not subscription.source.strip().lower().startswith("https://"):
        raise UsageError("source: it takes an address such as https://example.org/list.txt")
    return Done(deed=await lists.subscribe(caller.home, caller.who, name, subscription.source))


@router.delete("/lists/{name}", summary="Give a block list up")
async def unsubscribe(caller: Annotated[Caller, needs(Scope.PROFILES)], name: _Name) -> Done:
    """Scope: `profiles`."""
    found = await _existing(caller, name)
    return Done(deed=await lists.unsubscribe(caller.home, caller.who, found.name))


@router.post("/lists/{name}/refresh", summary="Fetch a block list anew", status_code=202)
async def refresh_list(caller: Annotated[Caller, needs(Scope.PROFILES)], name: _Name) -> BlockList:
    """Scope: `profiles`. It goes on after the answer, which tells the state before."""
    keeper, before = caller.site.lists, await _existing(caller, name)
    if keeper is None:
        raise GeaccError("block lists are not kept up to date here")
    task = asyncio.create_task(keeper.update(force=True, only=name), name=f"refresh of {name}")
    _fetching.add(task)  # the loop itself would let go of it
    task.add_done_callback(_fetching.discard)
    return BlockList.model_validate(before)


async def _all(caller: Caller) -> list[lists.Subscription]:
    if caller.site.lists is not None:
        return await asyncio.to_thread(caller.site.lists.all)
    kept = caller.home.documents(Kind.LIST)
    return [lists.Subscription(name, str(document.get("source", ""))) for name, document in sorted(kept.items())]


async def _existing(caller: Caller, name: str) -> lists.Subscription:
    found = next((one for one in await _all(caller) if one.name == name), None)
    if found is None:
        raise HTTPException(404, f"there is no block list {name[:70]!r}")
    return found
