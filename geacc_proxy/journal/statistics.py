"""What devices did, as counts: by hour, by day and site, and the minutes in which they were used."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from geacc_proxy.journal.counts import NUMBERS, NUMBERS_OF_SITES, Counts
from geacc_proxy.journal.database import WRITER_PATIENCE_S, explained, prepare
from geacc_proxy.journal.readers import reading

KEPT_SITES = 200
"""So many of a day's sites are kept for a device, the busiest, once the day is over."""
_MOST_SITES = 1_000  # of a device on the day itself: a site that was new a moment ago may become a busy one
_MINUTES = 24 * 60
_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class SiteCounts:
    """A site, over some days.

    Attributes:
        site: its host.
        pages: pages that were opened.
        hidden: pictures that were hidden.
        closed: how often it was not let through.
    """

    site: str
    pages: int
    hidden: int
    closed: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of a time.

    Attributes:
        hours: by hour (since 1970, UTC), of all devices together: how many of each of `NUMBERS`, in that order.
        devices: the same by device, of all hours together.
        added: pictures by bucket of `latency.py`.
        sites: the busiest first.
        use: minutes of use by ISO date and device.
    """

    hours: Mapping[int, tuple[int, ...]]
    devices: Mapping[str, tuple[int, ...]]
    added: Mapping[int, int]
    sites: tuple[SiteCounts, ...]
    use: Mapping[tuple[str, str], int]


def add(path: Path, counts: Counts) -> None:
    """Adds to what is stored, in one transaction. It blocks.

    Raises:
        JournalError: it cannot be written; nothing has changed then.
    """
    prepare(path)
    try:
        with closing(sqlite3.connect(path, timeout=WRITER_PATIENCE_S, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")
            _add(connection, counts)
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise explained(error, path) from error


def kept(path: Path, hours: tuple[int, int], days: tuple[str, str], *, device: str = "", sites: int = 20) -> Kept:
    """Returns what is stored. It blocks.

    Args:
        path: the database file.
        hours: the first, and the one after the last; since 1970, UTC.
        days: the first and the last; ISO dates.
        device: of this one alone; of all where empty.
        sites: so many at most.

    Raises:
        JournalError: it cannot be read.
    """
    of, who = (" AND device = ?", (device,)) if device else ("", ())
    sums = ", ".join(f"sum({name})" for name in NUMBERS)
    with reading(path) as connection:
        by_hour, by_device = (
            connection.execute(
                f"SELECT {key}, {sums} FROM hourly WHERE hour >= ? AND hour < ?{of} GROUP BY {key}",  # noqa: S608
                (*hours, *who),
            ).fetchall()
            for key in ("hour", "device")
        )
        added = connection.execute(
            f"SELECT bucket, sum(pictures) FROM hourly_added WHERE hour >= ? AND hour < ?{of} GROUP BY bucket",  # noqa: S608
            (*hours, *who),
        ).fetchall()
        busiest = connection.execute(
            "SELECT site, sum(pages), sum(hidden), sum(closed) FROM daily_site "  # noqa: S608
            f"WHERE day >= ? AND day <= ?{of} GROUP BY site ORDER BY sum(pages + hidden + closed) DESC, site LIMIT ?",
            (*days, *who, sites),
        ).fetchall()
        use = connection.execute(
            f"SELECT day, device, minutes FROM daily_use WHERE day >= ? AND day <= ?{of}",  # noqa: S608
            (*days, *who),
        ).fetchall()
    return Kept(
        {hour: tuple(numbers) for hour, *numbers in by_hour},
        {name: tuple(numbers) for name, *numbers in by_device},
        dict(added),
        tuple(SiteCounts(*row) for row in busiest),
        {(day, user): int.from_bytes(bits, "little").bit_count() for day, user, bits in use},
    )


def use_of(path: Path, day: str) -> dict[str, frozenset[int]]:
    """Returns by device the minutes of a day, 0…1439, in which it was used. It blocks.

    Raises:
        JournalError: it cannot be read.
    """
    with reading(path) as connection:
        rows = connection.execute("SELECT device, minutes FROM daily_use WHERE day = ?", (day,)).fetchall()
    return {device: _minutes(bits) for device, bits in rows}


def forget_counts(
    connection: sqlite3.Connection, *, sites_before: datetime, numbers_before: datetime, device: str | None = None
) -> None:
    """Deletes counts within the transaction of `connection`.

    Args:
        connection: with `secure_delete`.
        sites_before: days of sites that were over by this moment, on its own clock.
        numbers_before: hours, and days of use, that were over by this moment.
        device: of this device; of all if None.
    """
    of, who = ("", ()) if device is None else (" AND device = ?", (device,))
    hour = int(numbers_before.timestamp() // _HOUR_S)
    connection.execute(f"DELETE FROM daily_site WHERE day < ?{of}", (sites_before.date().isoformat(), *who))  # noqa: S608
    connection.execute(f"DELETE FROM daily_use WHERE day < ?{of}", (numbers_before.date().isoformat(), *who))  # noqa: S608
    for name in ("hourly", "hourly_added"):
        connection.execute(f"DELETE FROM {name} WHERE hour < ?{of}", (hour, *who))  # noqa: S608


def _add(connection: sqlite3.Connection, counts: Counts) -> None:
    connection.executemany(
        _adding("hourly", ("hour", "device"), NUMBERS),
        [(*key, *(numbers[name] for name in NUMBERS)) for key, numbers in counts.hours.items()],
    )
    connection.executemany(
        _adding("hourly_added", ("hour", "device", "bucket"), ("pictures",)),
        [(*key, pictures) for key, pictures in counts.added.items()],
    )
    connection.executemany(
        _adding("daily_site", ("day", "device", "site"), NUMBERS_OF_SITES),
        [(*key, *(numbers[name] for name in NUMBERS_OF_SITES)) for key, numbers in counts.sites.items()],
    )
    for (day, device), minutes in counts.use.items():
        found = connection.execute(
            "SELECT minutes FROM daily_use WHERE day = ? AND device = ?", (day, device)
        ).fetchone()
        connection.execute(
            "INSERT OR REPLACE INTO daily_use (day, device, minutes) VALUES (?, ?, ?)",
            (day, device, _bits(minutes | _minutes(found[0]) if found else minutes)),
        )
    _trim(connection, {(day, device) for day, device, _ in counts.sites})


def _adding(table: str, key: tuple[str, ...], numbers: tuple[str, ...]) -> str:
    columns = (*key, *numbers)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET "
        + ", ".join(f"{name} = {name} + excluded.{name}" for name in numbers)
    )


def _trim(connection: sqlite3.Connection, touched: Iterable[tuple[str, str]]) -> None:
    """Keeps the busiest sites of the days that were written to, and of the days before those."""
    for day, device in touched:
        _keep_busiest(connection, day, device, _MOST_SITES, _MOST_SITES // 2)
        last = connection.execute(
            "SELECT max(day) FROM daily_site WHERE day < ? AND device = ?", (day, device)
        ).fetchone()[0]
        if last is not None:
            _keep_busiest(connection, last, device, KEPT_SITES, KEPT_SITES)


def _keep_busiest(connection: sqlite3.Connection, day: str, device: str, most: int, kept: int) -> None:
    of = "day = ? AND device = ?"
    number = connection.execute(f"SELECT count(*) FROM daily_site WHERE {of}", (day, device)).fetchone()[0]  # noqa: S608
    if number > most:
        connection.execute(
            f"DELETE FROM daily_site WHERE {of} AND site NOT IN (SELECT site FROM daily_site WHERE {of} "  # noqa: S608
            "ORDER BY pages + hidden + closed DESC, site LIMIT ?)",
            (day, device, day, device, kept),
        )


def _bits(minutes: Iterable[int]) -> bytes:
    number = 0
    for minute in minutes:
        number |= 1 << minute
    return number.to_bytes(_MINUTES // 8, "little")


def _minutes(bits: bytes) -> frozenset[int]:
    number = int.from_bytes(bits, "little")
    return frozenset(minute for minute in range(_MINUTES) if number >> minute & 1)
