"""What values look like that several operations take or tell."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import data


class Given(BaseModel):
    """What a program sends: nothing more than what is known, and nothing that has to be guessed."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Told(BaseModel):
    """What is answered."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


def _moment(value: Any) -> Any:
    if value is None or isinstance(value, datetime):
        return value
    try:
        return data.moment(value)
    except (UsageError, OverflowError) as error:
        raise ValueError(str(error)) from error


def _line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("it takes one line, without control characters")
    return value.strip()


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-31T18:30:00+00:00"]}),
]
"""ISO 8601 with a time zone."""
Line = Annotated[str, Field(max_length=200), AfterValidator(_line)]
"""One line of text."""
Key = Annotated[str, Field(max_length=64), AfterValidator(_line)]
"""A key of a device, or nothing."""
Minutes = Annotated[int, Field(ge=1, le=1440)]


class Done(Told):
    """What was done."""

    deed: int = Field(description="Number of the line in the audit trail; `/v1/deeds/{number}/undo` takes it back.")
