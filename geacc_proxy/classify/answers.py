"""A verdict as a line of bytes: what a worker says, and how the proxy reads it.

Not a pickle: unpickling runs what the sender likes, and a worker may have been taken over by a picture. It can lie
then; it cannot do anything else.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from geacc_proxy.verdict import Failure, Picture, Scores, Unjudged, Verdict

MOST_BYTES = 2**16
"""Of one answer; a thousand labels fit."""


def written(verdict: Verdict) -> bytes:
    """`verdict` as JSON."""
    return json.dumps(asdict(verdict)).encode()


def read(answer: bytes) -> Verdict:
    """The verdict that `written` wrote.

    Raises:
        ValueError: nothing that `written` writes.
    """
    try:
        fields = json.loads(answer)
        picture = _picture(fields.pop("picture"))
        if "failure" in fields:
            return Unjudged(Failure(fields["failure"]), str(fields["detail"]), picture)
        return _scores(fields, picture)
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"no verdict: {type(error).__name__}: {error}") from error


def _picture(fields: dict[str, Any]) -> Picture:
    return Picture(str(fields["format"]), int(fields["width"]), int(fields["height"]))


def _scores(fields: dict[str, Any], picture: Picture) -> Scores:
    malign = float(fields["malign"])
    if not 0.0 <= malign <= 1.0:  # nor NaN, which compares as false and would show what nobody has judged
        raise ValueError(f"a score of {malign}")
    return Scores(
        picture,
        str(fields["model"]),
        malign,
        _by_name(fields["labels"]),
        int(fields["frames"]),
        float(fields["decode_ms"]),
        float(fields["model_ms"]),
        _by_name(fields["opinions"]),
        _likeness(fields["likeness"]),
    )


def _likeness(told: Any) -> int | None:
    if told is None:
        return None
    if type(told) is not int or not 0 <= told < 2**64:
        raise ValueError("a hash that is none")
    return told


def _by_name(pairs: list[Any]) -> tuple[tuple[str, float], ...]:
    return tuple((str(name), float(score)) for name, score in pairs)
