"""Profiles: what holds for a child."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, HTTPException, Path, Response
from pydantic import Field

from geacc_proxy.home import data, profiles
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home
from geacc_proxy.home.telling import is_ready_made, profile_told
from geacc_proxy.home.tokens import Scope
from geacc_proxy.policy import profile as policy
from geacc_proxy.policy.profile import Effect, Filtering, Strictness, Video
from geacc_proxy.web.api.access import Caller, needs
from geacc_proxy.web.api.shapes import Done, Given, Line

router = APIRouter(tags=["profiles"])
_KEY = r"^[A-Za-z0-9][A-Za-z0-9._:+=%-]{0,63}$"
_Name = Annotated[str, Path(pattern=_KEY, max_length=64, description="The profile's name.", examples=["under-12"])]
_Sites = Annotated[list[Annotated[str, Field(min_length=1, max_length=300)]], Field(max_length=5_000)]
_Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Slot(Given):
    """When the internet is open."""

    days: list[Annotated[int, Field(ge=0, le=6)]] = Field(min_length=1, max_length=7, description="Monday is 0.")
    start: str = Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["15:00"])
    end: str = Field(
        pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        examples=["19:30"],
        description="Up to there; on the next day where it is not after the start.",
    )


class Sites(Given):
    """Sites that are always open, never open, or not filtered."""

    allow: _Sites = Field([], examples=[["example.com"]], description="Open, whatever any block list says.")
    block: _Sites = Field([], description="Never open.")
    unfiltered: _Sites = Field([], description="Their pictures are shown unjudged.")


class Rules(Given):
    """What holds; what is left out takes its default."""

    strictness: Strictness = Field(
        Strictness.STRICT, strict=False, description="How sure the model must be before a picture is hidden."
    )
    hide_unjudged: bool = Field(True, description="Whether a picture that could not be judged is hidden.")
    title: Line = Field("", examples=["Under 12"], description="As the parent calls it; its name where empty.")
    filtering: Filtering = Field(Filtering.HIDE, strict=False, description="Hide, only log, or neither.")
    effect: Effect = Field(
        Effect.PLACEHOLDER, strict=False, description="What stands in the place of a hidden picture."
    )
    limits: dict[Line, _Score] = Field(
        {},
        max_length=100,
        examples=[{"malign": 0.3}],
        description="Score, 0 to 1, from which a picture is hidden, by label of the model; `malign` for their sum.",
    )
    video: Video = Field(Video.ALLOW, strict=False, description="What is done with moving pictures.")
    video_sites: _Sites = Field([], description="Where they play if `video` is `listed`.")
    safe_search: bool = Field(False, description="Whether search engines are told to leave out what is for adults.")
    sites: Sites = Field(default_factory=lambda: Sites.model_validate({}))
    block_lists: list[Line] = Field(
        [], max_length=50, description="Names of subscribed lists whose sites are never open."
    )
    schedule: list[Slot] = Field([], max_length=100, description="When the internet is open; always where it is empty.")
    daily_minutes: Annotated[int, Field(ge=0, le=1440)] | None = Field(
        None, description="Of use a day, after which it is closed; null for no limit."
    )
    thumbnails: bool = Field(False, description="Whether the block log keeps a blurred thumbnail of what was hidden.")


class Profile(Rules):
    """A profile."""

    name: str = Field(examples=["under-12"])
    ready_made: bool = Field(description="Whether it came with the program; it cannot be removed, only set back.")
    changed: bool = Field(description="Whether a parent has made or changed it.")

    @classmethod
    def of(cls, profile: policy.Profile, home: Home) -> Self:
        """As it is told."""
        return cls.model_validate(profile_told(home, profile))


@router.get("/profiles", summary="All profiles")
async def list_profiles(caller: Annotated[Caller, needs(Scope.READ, Scope.PROFILES)]) -> list[Profile]:
    """Scope: `read` or `profiles`."""
    return [Profile.of(profile, caller.home) for profile in caller.home.house.profiles.values()]


@router.get("/profiles/{name}", summary="One profile")
async def get_profile(caller: Annotated[Caller, needs(Scope.READ, Scope.PROFILES)], name: _Name) -> Profile:
    """Scope: `read` or `profiles`."""
    return Profile.of(_existing(caller, name), caller.home)


@router.put(
    "/profiles/{name}",
    summary="Make or change a profile",
    responses={201: {"model": Profile, "description": "It is a new one."}},
)
async def put_profile(
    caller: Annotated[Caller, needs(Scope.PROFILES)], name: _Name, rules: Rules, response: Response
) -> Profile:
    """Scope: `profiles`. It becomes as it is given, whole."""
    if name not in caller.home.house.profiles:
        response.status_code = 201
    await profiles.save(caller.home, caller.who, data.profile(name, rules.model_dump(mode="json")))
    return Profile.of(_existing(caller, name), caller.home)


@router.delete("/profiles/{name}", summary="Remove a profile")
async def remove_profile(caller: Annotated[Caller, needs(Scope.PROFILES)], name: _Name) -> Done:
    """Scope: `profiles`. A ready-made one is set back to what it was."""
    return Done(deed=await profiles.remove(caller.home, caller.who, _existing(caller, name).name))


@router.post("/profiles/{name}/reset", summary="Set a ready-made profile back")
async def reset_profile(caller: Annotated[Caller, needs(Scope.PROFILES)], name: _Name) -> Profile:
    """Scope: `profiles`. One that is as it was made stays so."""
    found = _existing(caller, name)
    if not is_ready_made(name):
        raise HTTPException(404, f"{name} is no ready-made profile; it can be removed")
    if caller.home.document(Kind.PROFILE, name) is not None:
        await profiles.remove(caller.home, caller.who, found.name)
    return Profile.of(_existing(caller, name), caller.home)


def _existing(caller: Caller, name: str) -> policy.Profile:
    found = caller.home.house.profiles.get(name)
    if found is None:
        raise HTTPException(404, f"there is no profile {name[:70]!r}")
    return found
