"""The home at a glance: its state, the pause for all, and figures."""

from __future__ import annotations

import asyncio
from datetime import datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import devices, requests
from geacc_proxy.home.tally import overview as overview_in
from geacc_proxy.home.tokens import Scope
from geacc_proxy.journal import DATABASE_NAME
from geacc_proxy.web.api.access import Caller, needs
from geacc_proxy.web.api.shapes import Done, Given, Key, Minutes, Moment, Told

router = APIRouter(tags=["home"])
_LONGEST = timedelta(days=400)


class Home(Told):
    """How the home is doing."""

    version: str = Field(examples=["0.1.0"], description="Of geacc-proxy.")
    healthy: bool = Field(description="Whether pictures are being judged.")
    paused: bool = Field(description="Whether filtering is paused for all.")
    paused_until: Moment | None
    time: Moment = Field(description="The moment.")
    model: str = Field(examples=["nsfwjs-mobilenet_v2@4.4.0"], description="What judges.")
    devices: int = Field(description="How many devices there are.")
    new_devices: int = Field(description="How many of them no parent has named or given a profile.")
    open_requests: int = Field(description="How many requests wait for an answer.")


class Pause(Given):
    """For how long filtering pauses."""

    minutes: Minutes | None = Field(examples=[30], description="From now on; null to go on filtering.")


class Numbers(Told):
    """What was counted."""

    pages: int = Field(description="Pages that were opened.")
    pictures: int = Field(description="Pictures that were looked at.")
    hidden: int = Field(description="Pictures that were hidden.")
    cached: int = Field(description="Pictures among those looked at that had been judged before.")
    closed: int = Field(description="Sites, videos and the like that were not let through.")
    bypasses: int = Field(description="Of those, the ones that would have led round the filter.")


class Span(Told):
    """An hour or a day."""

    start: Moment
    numbers: Numbers
    used_minutes: int = Field(
        description="Minutes of use, of all devices together; 0 in an hour, where it is not kept."
    )


class OfDevice(Told):
    """One device's part."""

    device: str = Field(description="Its key.")
    numbers: Numbers
    used_minutes: int


class OfSite(Told):
    """One site's part."""

    site: str
    pages: int
    hidden: int
    closed: int


class Overview(Told):
    """What happened in a time."""

    since: Moment
    until: Moment
    device: str = Field(description="Of this device alone; of all where empty.")
    total: Numbers
    hours: list[Span]
    days: list[Span] = Field(description="Day by day on the wall clock at home.")
    clock: list[Numbers] = Field(description="24 numbers, by the hour of the day on the wall.")
    devices: list[OfDevice] = Field(description="The one with most pages first.")
    sites: list[OfSite] = Field(description="The busiest, of whole days.")
    used_minutes: int = Field(description="Minutes of use, of all devices together, of whole days.")
    median_ms: float | None = Field(description="What the filter added to a picture, milliseconds.")
    p95_ms: float | None = Field(description="The same, of all but the slowest twentieth.")


class Asked(BaseModel):
    """Of which time, and of whom."""

    model_config = ConfigDict(extra="forbid")

    since: Moment | None = Field(None, description="This moment and later; today's midnight without it.")
    until: Moment | None = Field(None, description="Earlier than this moment; this moment without it.")
    device: Key = Field("", description="Of this device alone; of all without it.")


@router.get("/home", summary="How the home is doing")
async def get_home(caller: Annotated[Caller, needs(Scope.READ)]) -> Home:
    """Scope: `read`."""
    site, home = caller.site, caller.home
    now, until = home.now(), home.house.paused_until
    paused = until is not None and now < until
    known = home.house.devices.values()
    return Home(
        version=site.version,
        healthy=site.is_healthy(),
        paused=paused,
        paused_until=until if paused else None,
        time=now,
        model=site.model,
        devices=len(known),
        new_devices=sum(not device.known for device in known),
        open_requests=sum(request.state == requests.OPEN for request in requests.all_of(home)),
    )


@router.post("/home/pause", summary="Pause filtering for all, or go on")
async def pause_home(caller: Annotated[Caller, needs(Scope.DEVICES)], pause: Pause) -> Done:
    """Scope: `devices`."""
    return Done(deed=await devices.pause(caller.home, caller.who, pause.minutes))


@router.get("/overview", summary="What happened in a time")
async def get_overview(caller: Annotated[Caller, needs(Scope.READ)], asked: Annotated[Asked, Query()]) -> Overview:
    """Scope: `read`. 400 days at most are told at once."""
    site, home = caller.site, caller.home
    until = asked.until or home.now()
    since = asked.since or _midnight(home.now().astimezone(home.house.zone))
    if not timedelta() <= until - since <= _LONGEST:
        raise UsageError("since and until: it takes a time of 400 days at most, that ends after it begins")
    try:
        if site.tally is not None:
            found = await site.tally.overview(since, until, asked.device)
        else:
            path, zone = site.state_dir / DATABASE_NAME, home.house.zone
            found = await asyncio.to_thread(overview_in, path, since, until, asked.device, zone=zone)
    except (OverflowError, ValueError, OSError) as error:  # a year that no clock shows
        raise UsageError("since and until: there are no such moments on the wall clock at home") from error
    return Overview.model_validate(found)


def _midnight(wall: datetime) -> datetime:
    naive = datetime.combine(wall.date(), time())
    return naive.astimezone() if wall.tzinfo is None else naive.replace(tzinfo=wall.tzinfo)
