"""Which bytes are in the data set already: the same picture comes under many addresses, at times in two classes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geacc_proxy.lab.dataset.outcome import Outcome, Record

if TYPE_CHECKING:
    from collections.abc import Iterable


class Contents:
    """Stored pictures by what came. Of the same bytes those of the earliest line are kept, whichever came first."""

    def __init__(self, stored: Iterable[Record]) -> None:
        self._by_digest = {source_of(record): record for record in stored}

    def earlier(self, record: Record) -> Record | None:
        """The stored picture with the same bytes, if there is another one."""
        found = self._by_digest.get(source_of(record))
        return None if found is None or (found.url, found.label) == (record.url, record.label) else found

    def keep(self, record: Record) -> None:
        """From now on these bytes are that picture."""
        self._by_digest[source_of(record)] = record


def source_of(record: Record) -> str:
    """SHA-256 of what came."""
    return record.source_sha256 or record.sha256


def as_another(record: Record, kept: Record) -> Record:
    """What becomes of a picture whose bytes are those of `kept`."""
    outcome = Outcome.DUPLICATE if record.label == kept.label else Outcome.CONFLICT
    where = "" if record.label == kept.label else f" in class {kept.label}"
    detail = f"the same bytes as line {kept.line}{where}"
    return replace(record, outcome=outcome, file=kept.file, bytes=0, sha256="", source_sha256="", detail=detail)
