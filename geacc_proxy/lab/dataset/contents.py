"""Which bytes are in the data set already: the same picture comes under many addresses, at times in two classes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geacc_proxy.lab.dataset.outcome import Outcome, Record

if TYPE_CHECKING:
    from collections.abc import Iterable


class Contents:
    """Pictures by what came. Of the same bytes those of the earliest line are kept, whichever came first."""

    def __init__(self, stored: Iterable[Record]) -> None:
        self._kept = {source_of(record): record for record in stored}
        self._others: dict[str, list[Record]] = {}

    def kept(self, record: Record) -> Record | None:
        """The stored picture with the same bytes, if there is another one."""
        found = self._kept.get(source_of(record))
        return None if found is None or (found.url, found.label) == (record.url, record.label) else found

    def keep(self, record: Record) -> list[Record]:
        """From now on these bytes are that picture; return all others that have them, as they are to be logged."""
        former = self.kept(record)
        others = self._others.pop(source_of(record), [])
        if former is not None:
            others.append(former)
        self._kept[source_of(record)] = record
        return [self.pass_over(other, record) for other in others]

    def pass_over(self, record: Record, kept: Record) -> Record:
        """That picture is not kept, since `kept` has its bytes; return it as it is to be logged."""
        passed = _as_another(record, kept)
        self._others.setdefault(source_of(record), []).append(passed)
        return passed


def source_of(record: Record) -> str:
    """SHA-256 of what came."""
    return record.source_sha256 or record.sha256


def _as_another(record: Record, kept: Record) -> Record:
    outcome = Outcome.DUPLICATE if record.label == kept.label else Outcome.CONFLICT
    where = "" if record.label == kept.label else f" in class {kept.label}"
    detail = f"the same bytes as line {kept.line}{where}"
    source = source_of(record)
    return replace(record, outcome=outcome, file=kept.file, bytes=0, sha256="", source_sha256=source, detail=detail)
