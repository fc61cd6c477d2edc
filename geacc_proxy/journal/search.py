"""Finding lines of the block log, newest first, in a time that does not depend on how many there are.

Device, site, reason, decision, bounds of the score that fall on whole twentieths, and most pairs of them are found by
walking along an index; several kinds of lines are several walks that SQLite merges as it goes. What no index answers
(a part of an address, a bound of the score in between, three things at once) is looked for line by line, through
`LOOKED_AT` lines of what the indexes leave: then the answer comes as quickly, and says how far it has looked.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from geacc_proxy.exceptions import UsageError
from geacc_proxy.journal.entry import FIELDS, Entry
from geacc_proxy.journal.kinds import band, is_cut
from geacc_proxy.journal.readers import reading

LOOKED_AT = 10_000
"""So many lines are looked at one by one for an answer, at most: some hundredths of a second's work.

An index of all parts of addresses (SQLite's FTS5 with trigrams) would answer at once most of the time, but made the
database twice as large, had to be wiped with the lines, and took longer the more lines there were.
"""
LATELY = 5_000
"""So many of the newest lines tell what the menus of a filter offer."""
MOST_OFFERED = 100
"""Entries of such a menu at most."""
_CHUNKS = (500, 2_500, LOOKED_AT - 3_000)  # of LOOKED_AT; what is found often is found in the first
_MOST_WALKS = 400  # SQLite merges 500 at most
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_COLUMNS = ", ".join(f"block_log.{name}" for name in ("id", *FIELDS, "likeness", "site"))


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; what is left empty does not matter.

    Attributes:
        device: the device's key.
        site: the host of the page, where that is unknown the picture's; lower case, exactly.
        reason: the wire name of a `Reason`.
        decision: `hide` or `show`.
        text: a part of the page's or the picture's address; small and capital Latin letters are the same.
        score_from: malign score, 0…1; what has none is left out.
        score_to: as above; both bounds belong to what is found.
        since: this moment and later, timezone-aware.
        before: earlier than this moment, timezone-aware.
    """

    device: str = ""
    site: str = ""
    reason: str = ""
    decision: str = ""
    text: str = ""
    score_from: float | None = None
    score_to: float | None = None
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the block log that was found.

    Attributes:
        number: the line's own; it stays.
        entry: the line.
        site: its site, empty where none is known.
        likeness: perceptual hash, 0…2^64-1; None where unknown.
        sketch: whether there is a sketch of the picture.
    """

    number: int
    entry: Entry
    site: str
    likeness: int | None
    sketch: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A page of lines.

    Attributes:
        rows: newest first.
        next: what to give as `after` for the next page; empty where there is none.
        looked_back_to: where lines had to be looked at one by one and time was up before the page was full: the moment
            of the last one looked at. The next page goes on from there, even if this one is empty.
    """

    rows: tuple[Row, ...]
    next: str = ""
    looked_back_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facets:
    """What there is to filter by.

    Attributes:
        devices: all that have lines.
        reasons: wire names, all that there ever were.
        sites: of the newest lines, the most frequent first.
    """

    devices: tuple[str, ...]
    reasons: tuple[str, ...]
    sites: tuple[str, ...]


def search(path: Path, query: Query, *, after: str = "", limit: int = 50) -> Found:
    """Returns a page of lines. It blocks: from an event loop, use it in a thread.

    Args:
        path: the database file.
        query: what is looked for.
        after: where the page before ended, as its `next` says; empty for the newest lines.
        limit: so many lines at most, 1…1,000.

    Raises:
        JournalError: the database cannot be read.
        UsageError: `after` is no place in the log, or a bound no score.
    """
    for bound in (query.score_from, query.score_to):
        if bound is not None and not 0 <= bound <= 1:
            raise UsageError(f"{bound} is no score; scores go from 0 to 1")
    limit = min(max(limit, 1), 1000)
    place = _place(after) if after else None
    with reading(path) as connection:
        plan = _Plan.of(connection, query)
        if plan is None:
            return Found(())
        found, end = plan.find(connection, place, limit + 1)
        rows = _rows(connection, found[:limit])
    if len(found) > limit:
        return Found(rows, _written(found[limit - 1]))
    if end is None:
        return Found(rows)
    return Found(rows, _written(end), _EPOCH + timedelta(microseconds=end[0]))


def row(path: Path, number: int) -> Row | None:
    """Returns one line; None where there is none of that number. It blocks.

    Raises:
        JournalError: the database cannot be read.
    """
    if not 0 < number < 2**63:
        return None
    with reading(path) as connection:
        found = _rows(connection, [(0, number)])
    return found[0] if found else None


def facets(path: Path) -> Facets:
    """Returns what there is to filter by. It blocks.

    Raises:
        JournalError: the database cannot be read.
    """
    with reading(path) as connection:
        # From each device on to the next one in the index: as many steps as there are devices.
        devices = connection.execute(
            "WITH RECURSIVE seen(device) AS (SELECT min(device) FROM block_log UNION ALL "
            "SELECT (SELECT min(device) FROM block_log WHERE device > seen.device) FROM seen "
            "WHERE seen.device IS NOT NULL LIMIT 1000) SELECT device FROM seen WHERE device > ''"
        ).fetchall()
        reasons = connection.execute("SELECT DISTINCT reason FROM block_kind ORDER BY reason").fetchall()
        sites = connection.execute("SELECT site FROM block_log ORDER BY time DESC, id DESC LIMIT ?", (LATELY,))
        often = Counter(site for (site,) in sites if site).most_common(MOST_OFFERED)
    return Facets(
        tuple(device for (device,) in devices),
        tuple(reason for (reason,) in reasons),
        tuple(site for site, _ in often),
    )


_PLACE = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})")
_Place = tuple[int, int]
"""Time (microseconds since 1970) and number of a line."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """How lines are found.

    Attributes:
        index: the index to walk along.
        equal: what each walk has in common, as SQL and its values.
        kinds: a walk for each; None for a single one through all kinds.
        bounds: of the time, as SQL and values.
        rest: what has to be looked at line by line, as SQL and values.
    """

    index: str
    equal: tuple[tuple[str, Any], ...]
    kinds: tuple[int, ...] | None
    bounds: tuple[tuple[str, Any], ...]
    rest: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, connection: sqlite3.Connection, query: Query) -> _Plan | None:
        """Returns the plan; None where nothing can be found."""
        rest = [*_outside_bands(query)]
        if query.text:
            part = "%" + query.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            rest.append(("(page LIKE ? ESCAPE '\\' OR url LIKE ? ESCAPE '\\')", part))
        kinds = _kinds(connection, query)
        if kinds == ():
            return None
        names = [name for name in ("device", "site") if getattr(query, name)]
        equal = tuple((f"{name} = ?", getattr(query, name)) for name in names)
        if kinds is not None and (len(names) == 2 or len(kinds) > _MOST_WALKS):
            rest.append((f"kind IN ({_numbers(kinds)})", None))
            kinds = None
        if kinds is not None:
            names.append("kind")
        return cls(f"ix_block_log_{'_'.join([*names, 'time'])}", equal, kinds, _bounds(query), tuple(rest))

    def find(
        self, connection: sqlite3.Connection, after: _Place | None, limit: int
    ) -> tuple[list[_Place], _Place | None]:
        """Returns the places of up to `limit` lines, and where looking ended if it ended too soon."""
        if not self.rest:
            walk, values = self._walk(after)
            return connection.execute(f"{walk} LIMIT ?", (*values, limit)).fetchall(), None
        found: list[_Place] = []
        conditions = " AND ".join(sql for sql, _ in self.rest)
        wanted = [value for sql, value in self.rest for _ in range(sql.count("?"))]
        for size in _CHUNKS:
            walk, values = self._walk(after)
            end = connection.execute(f"{walk} LIMIT 1 OFFSET ?", (*values, size - 1)).fetchone()
            found += connection.execute(
                f"SELECT walk.time, walk.id FROM ({walk} LIMIT ?) AS walk "  # noqa: S608
                f"JOIN block_log ON block_log.id = walk.id WHERE {conditions} "
                "ORDER BY walk.time DESC, walk.id DESC LIMIT ?",
                (*values, size, *wanted, limit - len(found)),
            ).fetchall()
            if end is None or len(found) == limit:
                return found, None
            after = end
        return found, after

    def _walk(self, after: _Place | None) -> tuple[str, list[Any]]:
        """Returns the statement that gives places, newest first, and its values."""
        conditions = [*self.equal, *self.bounds]
        where = [sql for sql, _ in conditions]
        values = [value for _, value in conditions]
        if after is not None:
            where.append("time <= ? AND (time < ? OR id < ?)")
            values += [after[0], after[0], after[1]]
        walks = []
        for kind in (None,) if self.kinds is None else self.kinds:
            chosen = [*where, f"kind = {kind:d}"] if kind is not None else where
            condition = f" WHERE {' AND '.join(chosen)}" if chosen else ""
            walks.append(f"SELECT time, id FROM block_log INDEXED BY {self.index}{condition}")  # noqa: S608
        return f"{' UNION ALL '.join(walks)} ORDER BY time DESC, id DESC", values * len(walks)


def _kinds(connection: sqlite3.Connection, query: Query) -> tuple[int, ...] | None:
    """Returns the kinds that are within the query; None where it does not matter."""
    chosen: list[tuple[str, Any]] = [
        (f"{name} = ?", getattr(query, name)) for name in ("reason", "decision") if getattr(query, name)
    ]
    if query.score_from is not None or query.score_to is not None:
        chosen.append(("band >= ?", band(query.score_from or 0.0)))
    if query.score_to is not None:
        chosen.append(("band <= ?", band(query.score_to)))
    if not chosen:
        return None
    return _numbers_of(
        connection.execute(
            f"SELECT id FROM block_kind WHERE {' AND '.join(sql for sql, _ in chosen)}",  # noqa: S608
            [value for _, value in chosen],
        )
    )


def _outside_bands(query: Query) -> list[tuple[str, Any]]:
    bounds = (("malign >= ?", query.score_from), ("malign <= ?", query.score_to))
    return [(sql, bound) for sql, bound in bounds if bound is not None and not is_cut(bound)]


def _bounds(query: Query) -> tuple[tuple[str, Any], ...]:
    bounds = (("time >= ?", query.since), ("time < ?", query.before))
    return tuple((sql, (moment - _EPOCH) // _MICROSECOND) for sql, moment in bounds if moment is not None)


def _rows(connection: sqlite3.Connection, places: Sequence[_Place]) -> tuple[Row, ...]:
    numbers = [number for _, number in places]
    rows = connection.execute(
        f"SELECT {_COLUMNS}, sketch.digest IS NOT NULL FROM block_log "  # noqa: S608
        f"LEFT JOIN sketch ON sketch.digest = block_log.digest WHERE block_log.id IN ({_numbers(numbers)})"
    )
    found = {row[0]: _row(row) for row in rows}
    return tuple(found[number] for number in numbers if number in found)


def _row(row: tuple[Any, ...]) -> Row:
    number, *fields, likeness, site, sketch = row
    values = dict(zip(FIELDS, fields, strict=True))
    values["time"] = _EPOCH + timedelta(microseconds=values["time"])
    values["scores"] = tuple(json.loads(values["scores"]).items())
    likeness = None if likeness is None else likeness % 2**64
    return Row(number, Entry(**values, likeness=likeness), site, likeness, bool(sketch))


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(f"{number:d}" for number in numbers)


def _numbers_of(rows: sqlite3.Cursor) -> tuple[int, ...]:
    return tuple(number for (number,) in rows)


def _written(place: _Place) -> str:
    return f"{place[0]}.{place[1]}"


def _place(text: str) -> _Place:
    found = _PLACE.fullmatch(text)
    if found is None:
        raise UsageError(f"{text[:40]!r} is no place in the block log; leave it out for the newest lines")
    return int(found[1]), int(found[2])
