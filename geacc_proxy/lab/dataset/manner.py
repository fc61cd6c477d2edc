"""How a list is fetched: all that a person can choose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Manner:
    """How a list is fetched.

    Attributes:
        agent: how the program names itself to origins.
        workers: threads.
        per_host: so many pictures of a host at once at most.
        delay: seconds between two requests to a host, at least.
        tries: how often a picture is asked for, where asking again may help.
        backoff: seconds before the second attempt; before each further one twice as many.
        seconds: for one attempt.
        most_bytes: of one picture.
        size: what pictures are scaled down to: width and height that they cover; None for as they are.
        allow_private: fetch from any address, not only from public ones.
        overwrite: fetch also what is there.
        retry_failed: fetch also what failed in an earlier run.
    """

    agent: str
    workers: int = 16
    per_host: int = 2
    delay: float = 0.1
    tries: int = 4
    backoff: float = 1.0
    seconds: float = 60.0
    most_bytes: int = 32 * 2**20
    size: tuple[int, int] | None = None
    allow_private: bool = False
    overwrite: bool = False
    retry_failed: bool = False
