"""What goes wrong, as an answer of one line: `{"detail": "…"}`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from geacc_proxy.exceptions import GeaccError, UsageError

_log = logging.getLogger(__name__)
_LONGEST = 500


class Problem(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(extra="forbid")

    detail: str = Field(
        description="One line: what, where, and what would be right.",
        examples=["a pause of 0 minutes will not do; it takes 1 to 1440"],
    )


_WORDS = {
    400: "The body cannot be read.",
    401: "No token and no session, or one that is not good.",
    403: "The token may not do that.",
    404: "There is no such thing.",
    413: "The body is too large.",
    422: "A value is none that can be taken.",
    429: "Too many wrong tokens from this address; `Retry-After` has the seconds to wait.",
    503: "It cannot be done at the moment.",
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": words} for status, words in _WORDS.items()
}
"""What any operation can answer."""


def handlers() -> dict[Any, Callable[[Request, Any], Coroutine[Any, Any, Response]]]:
    """What makes answers of errors."""
    return {HTTPException: _refused, RequestValidationError: _invalid, GeaccError: _failed}


def problem(status: int, line: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An answer that says what went wrong."""
    # A lone surrogate, as JSON can bring one, cannot be written.
    plain = " ".join(line.encode("utf-8", "replace").decode("utf-8").split())
    return JSONResponse({"detail": plain[:_LONGEST]}, status, headers)


async def _refused(_request: Request, error: HTTPException) -> Response:
    return problem(error.status_code, str(error.detail), dict(error.headers or {}))


async def _invalid(_request: Request, error: RequestValidationError) -> Response:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return problem(422, f"the body is no JSON; what is wrong begins at character {first['loc'][-1]}")
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    words = str(first["msg"]).removeprefix("Value error, ")
    return problem(422, f"{where}: {words}" if where else words)


async def _failed(_request: Request, error: GeaccError) -> Response:
    if isinstance(error, UsageError):
        return problem(422, str(error))
    _log.warning("%s", error)
    return problem(503, str(error))
