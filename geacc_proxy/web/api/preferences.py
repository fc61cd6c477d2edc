"""What a parent prefers for the whole home, and whether messages arrive."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal, Self

from fastapi import APIRouter
from pydantic import ConfigDict, Field, SecretStr, model_validator

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.home import notices, preferences
from geacc_proxy.home.messages import service_of
from geacc_proxy.home.tokens import Scope
from geacc_proxy.web.api.access import Caller, needs
from geacc_proxy.web.api.shapes import Given, Line, Told

router = APIRouter(tags=["preferences"])
_Tellable = Literal["request", "new-device", "stopped", "bypass", "daily", "weekly"]
_Hours = Annotated[int, Field(ge=1, le=87_600)]
_TEST_SECONDS = 90.0


class Preferences(Told):
    """The choices in force."""

    retention_hours: int | None = Field(description="How long the block log is kept; null for ever.")
    language: str = Field(examples=["de"], description="Of the pages and messages; empty for the browser's.")
    pac_fallback: Literal["closed", "open"] = Field(description="What a browser does when the proxy does not answer.")
    doh_closed: bool = Field(description="Whether services that hide names of sites from the filter are closed.")
    notify_services: list[str] = Field(
        examples=[["ntfy"]], description="Where messages go: the services alone, as the addresses hold passwords."
    )
    notify_on: list[_Tellable] = Field(description="Of what messages are sent.")
    hosts: list[str] = Field(description="Further names by which the pages are reached.")

    @classmethod
    def of(cls, chosen: preferences.Preferences) -> Self:
        """As they are told."""
        return cls.model_validate(
            {
                "retention_hours": chosen.retention_hours,
                "language": chosen.language,
                "pac_fallback": chosen.pac_fallback,
                "doh_closed": chosen.doh_closed,
                "notify_services": [service_of(url) for url in chosen.notify_urls],
                "notify_on": [str(kind) for kind in chosen.notify_on],
                "hosts": list(chosen.hosts),
            }
        )


class Choices(Given):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    retention_hours: _Hours | None = Field(None, description="How long the block log is kept; null for ever.")
    language: Annotated[str, Field(max_length=20)] = Field("", description="A code such as `de`, or nothing.")
    pac_fallback: Literal["closed", "open"] = "closed"
    doh_closed: bool = True
    notify_urls: list[Annotated[SecretStr, Field(strict=False, max_length=1000)]] = Field(
        [], max_length=20, examples=[["ntfy://my-topic"]], description="Where messages go, as Apprise has it."
    )
    notify_on: list[_Tellable] = Field([], max_length=10)
    hosts: list[Line] = Field([], max_length=20)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("there is nothing to change; give at least one of " + ", ".join(type(self).model_fields))
        return self


class Sent(Told):
    """That a message has gone out."""

    sent: Literal[True] = True


@router.get("/preferences", summary="What a parent prefers")
async def get_preferences(caller: Annotated[Caller, needs(Scope.ADMIN)]) -> Preferences:
    """Scope: `admin`."""
    return Preferences.of(preferences.preferences(caller.home))


@router.patch("/preferences", summary="Prefer something else")
async def change_preferences(caller: Annotated[Caller, needs(Scope.ADMIN)], choices: Choices) -> Preferences:
    """Scope: `admin`."""
    chosen = choices.model_dump(exclude_unset=True)
    if "notify_urls" in chosen:
        chosen["notify_urls"] = [url.get_secret_value().strip() for url in choices.notify_urls]
    lists = {name: tuple(value) for name, value in chosen.items() if isinstance(value, list)}
    await preferences.save(caller.home, caller.who, **(chosen | lists))
    return Preferences.of(preferences.preferences(caller.home))


@router.post("/preferences/test-message", summary="Send a message that says that messages arrive")
async def send_test_message(caller: Annotated[Caller, needs(Scope.ADMIN)]) -> Sent:
    """Scope: `admin`. 503 says which service did not take it."""
    urls = preferences.preferences(caller.home).notify_urls
    try:
        async with asyncio.timeout(_TEST_SECONDS):
            await notices.test(urls)
    except TimeoutError:
        raise GeaccError("the message was not sent in time") from None
    return Sent()
