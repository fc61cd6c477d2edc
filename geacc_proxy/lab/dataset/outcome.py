"""What becomes of one row of a list, and the line of the log that says so."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a row ended."""

    STORED = "stored"
    """The picture lies in its class's folder."""
    DUPLICATE = "duplicate"
    """The same bytes, or the same address, are there already in the same class."""
    CONFLICT = "conflict"
    """The same bytes, or the same address, are there already in another class."""
    BAD_ROW = "bad-row"
    """The row has no address or no class that could be a folder."""
    ADDRESS = "address"
    """No address of the web, or one that may not be fetched."""
    NO_CONNECTION = "no-connection"
    """The host is unknown, refuses, or has no certificate to be trusted."""
    TIMED_OUT = "timed-out"
    """It took longer than allowed."""
    STATUS = "http-status"
    """The origin answered that there is no picture, or none now."""
    CUT = "cut"
    """The answer broke off."""
    TOO_LARGE = "too-large"
    """More bytes, pixels or frames than allowed."""
    NOT_A_PICTURE = "not-a-picture"
    """What came is no picture, whatever it was declared."""
    DAMAGED = "damaged"
    """It begins like a picture and does not decode to its end."""
    TINY = "tiny"
    """So few pixels that they can show nothing."""

    @property
    def is_failure(self) -> bool:
        """Whether the row has no picture in the folder, neither of its own nor the same from another address."""
        return self not in (Outcome.STORED, Outcome.DUPLICATE, Outcome.CONFLICT)


class Failed(Exception):  # noqa: N818  (an outcome, not an error of the program)
    """One attempt at a picture came to nothing.

    Attributes:
        outcome: the kind.
        again: whether another attempt may end better.
        wait: seconds that the origin asked for, None where it did not.
        reached: whether the origin was reached at all.
    """

    def __init__(
        self,
        outcome: Outcome,
        detail: str,
        *,
        again: bool = False,
        wait: float | None = None,
        reached: bool = True,
    ) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.again = again
        self.wait = wait
        self.reached = reached


@dataclass(frozen=True, slots=True)
class Record:
    """A line of the log.

    Attributes:
        url: as the list has it.
        label: the class's folder.
        outcome: how it ended.
        line: of the list.
        detail: why, one line for a person.
        file: where the picture lies, relative to the data set's folder; of a duplicate, where the first one lies.
        bytes: length of that file.
        sha256: digest of that file.
        source_sha256: digest of what came, where the file is a resized one or another picture's.
        format: of what came, such as `jpeg`.
        width: of what came, pixels.
        height: as width.
        attempts: how often it was asked for.
        seconds: from the first attempt to the end, waiting included.
        time: when it ended, ISO 8601, UTC.
    """

    url: str
    label: str
    outcome: Outcome
    line: int = 0
    detail: str = ""
    file: str = ""
    bytes: int = 0
    sha256: str = ""
    source_sha256: str = ""
    format: str = ""
    width: int = 0
    height: int = 0
    attempts: int = 0
    seconds: float = 0.0
    time: str = ""

    def to_json(self) -> str:
        """One line without its end; what says nothing is left out, `label` is called `class`."""
        fields: dict[str, Any] = {key: value for key, value in asdict(self).items() if value not in ("", 0)}
        return json.dumps({"class" if key == "label" else key: value for key, value in fields.items()})


def parse_record(text: str) -> Record:
    """The record that `to_json` wrote.

    Raises:
        ValueError: no such line.
    """
    try:
        fields = json.loads(text)
        return Record(label=fields.pop("class", ""), outcome=Outcome(fields.pop("outcome")), **fields)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no record: {error}") from error
