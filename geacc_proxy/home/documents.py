"""What is kept of a home, as documents: small JSON objects, each with a kind and a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

Data = dict[str, Any]


class Kind(StrEnum):
    """The kinds of documents."""

    PROFILE = "profile"
    DEVICE = "device"
    OVERRIDE = "override"
    REQUEST = "request"
    LIST = "list"
    """A subscribed block list."""
    SETTING = "setting"
    SIGHTING = "sighting"
    """When a device was last seen."""
    SECRET = "secret"  # noqa: S105  (a kind, not one)
    """Password hash, sessions, tokens, proxy logins: never shown, never in the audit trail, never undone."""


Place = tuple[Kind, str]
"""A document's kind and key."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the audit trail: who changed what, and how to change it back.

    Attributes:
        number: its place in the trail.
        time: timezone-aware.
        who: `parent`, `api:NAME`, `cli` or `geacc-proxy` for what happens by itself.
        what: an English sentence with {places} for the values, marked for translation.
        values: the values.
        before: by place, what it was; None where there was nothing. Without secrets.
        after: by place, what it became; None where it was removed.
        undone: the number of the deed that undid it; 0 if none did.
    """

    number: int
    time: datetime
    who: str
    what: str
    values: dict[str, str] = field(default_factory=dict)
    before: Mapping[Place, Data | None] = field(default_factory=dict)
    after: Mapping[Place, Data | None] = field(default_factory=dict)
    undone: int = 0


class Store(Protocol):
    """Where documents and deeds survive. All methods block; they are called in one thread, one after the other."""

    def load(self) -> dict[Place, Data]:
        """All documents."""

    def save(self, changes: Mapping[Place, Data | None], deed: Deed | None) -> int:
        """Write all changes (None removes) and the deed in one transaction; returns the deed's number, 0 without one.

        The deed's own `number` is ignored. Undone deeds are marked where `deed.values` has `undoes`, a deed's number.

        Raises:
            JournalError: it cannot be written; nothing has changed then.
        """

    def deeds(self, *, before: int | None = None, limit: int = 50) -> list[Deed]:
        """The newest deeds, or those before a number, newest first."""

    def deed(self, number: int) -> Deed | None:
        """One deed."""

    def forget_deeds(self, before: datetime) -> int:
        """Delete deeds earlier than a moment; returns how many."""

    def version(self) -> int:
        """A number that changes when another program has written."""

    def close(self) -> None:
        """Close it."""
