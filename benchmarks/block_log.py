"""How long questions to the block log take, by how many lines it has: `python -m benchmarks.block_log`.

Lines are spread as a home's are: few devices, one of them hardly used; thousands of sites, some of them most of the
time; most lines for the scores' sake. Medians of 21 rounds over a connection that is open already,
as the pages have it.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from geacc_proxy.journal.database import prepare
from geacc_proxy.journal.forgetting import forget
from geacc_proxy.journal.kinds import band
from geacc_proxy.journal.readers import close_readers
from geacc_proxy.journal.search import Query, facets, row, search

ROUNDS = 21
END = datetime(2026, 5, 1, tzinfo=UTC)
APART = timedelta(seconds=2)
DEVICES = [f"aa:bb:cc:dd:ee:{number:02}" for number in range(6)]
SITES = [f"www.site{number}.example.org" for number in range(3000)]
REASONS = {
    "malign": 80.0,
    "unreadable": 8.0,
    "partial": 5.0,
    "block-list": 3.0,
    "too-large": 2.0,
    "timed-out": 1.0,
    "forbidden": 1.0,
    "video": 0.01,
}
BUSY, QUIET = DEVICES[0], DEVICES[-1]
WELL_KNOWN, SELDOM = SITES[0], SITES[-1]
QUESTIONS: dict[str, Query] = {
    "nothing": Query(),
    "device": Query(device=BUSY),
    "device, hardly used": Query(device=QUIET),
    "site": Query(site=WELL_KNOWN),
    "site, seldom seen": Query(site=SELDOM),
    "site, never seen": Query(site="nowhere.example"),
    "reason": Query(reason="malign"),
    "reason, rare": Query(reason="video"),
    "decision": Query(decision="hide"),
    "decision, show": Query(decision="show"),
    "score from 0.9": Query(score_from=0.9),
    "score 0.8 to 0.85": Query(score_from=0.8, score_to=0.85),
    "score 0.812 to 0.813": Query(score_from=0.812, score_to=0.813),
    "score to 0.5 (no lines)": Query(score_to=0.5),
    "time": Query(since=END - timedelta(hours=5), before=END - timedelta(hours=4)),
    "text": Query(text="site7.example.org/gallery"),
    "text, seldom seen": Query(text="site2990.example.org/gallery/7"),
    "text, nowhere": Query(text="nowhere"),
    "device + site": Query(device=BUSY, site=WELL_KNOWN),
    "device, hardly used + site, seldom seen": Query(device=QUIET, site=SELDOM),
    "device + reason": Query(device=BUSY, reason="malign"),
    "device, hardly used + reason, rare": Query(device=QUIET, reason="video"),
    "device + decision": Query(device=QUIET, decision="show"),
    "device + score from 0.9": Query(device=QUIET, score_from=0.9),
    "site + reason, rare": Query(site=WELL_KNOWN, reason="video"),
    "site + score 0.8 to 0.85": Query(site=WELL_KNOWN, score_from=0.8, score_to=0.85),
    "site + time": Query(site=WELL_KNOWN, before=END - timedelta(hours=4)),
    "device + text, nowhere": Query(device=BUSY, text="nowhere"),
    "device + site + reason, rare": Query(device=BUSY, site=WELL_KNOWN, reason="video"),
}


def fill(path: Path, lines: int) -> None:
    """Makes a database with that many lines, the newest just before `END`."""
    prepare(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        kinds: dict[tuple[str, str, int], int] = {}
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO block_log (time, device, profile, page, url, digest, width, height, format, malign, scores, "
            f"model, decision, reason, likeness, site, kind) VALUES ({', '.join('?' * 17)})",
            _rows(lines, kinds),
        )
        connection.executemany(
            "INSERT INTO block_kind (decision, reason, band, id) VALUES (?, ?, ?, ?)",
            [(*kind, number) for kind, number in kinds.items()],
        )
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _rows(lines: int, kinds: dict[tuple[str, str, int], int]) -> Iterator[tuple[Any, ...]]:
    draw = random.Random(lines)
    devices = draw.choices(DEVICES, [8, 6, 4, 2, 1, 0.01], k=lines)
    sites = draw.choices(SITES, [1 / (rank + 1) for rank in range(len(SITES))], k=lines)
    reasons = draw.choices(list(REASONS), list(REASONS.values()), k=lines)
    scores = json.dumps({"Drawing": 0.012345, "Hentai": 0.123456, "Neutral": 0.2, "Porn": 0.345678, "Sexy": 0.4})
    start = int((END - lines * APART).timestamp() * 1e6)
    for number, (device, site, reason) in enumerate(zip(devices, sites, reasons, strict=True)):
        malign = round(draw.uniform(0.6, 1), 6) if reason in ("malign", "forbidden") else None
        decision = "show" if draw.random() < 0.05 else "hide"
        kind = kinds.setdefault((decision, reason, band(malign)), len(kinds) + 1)
        yield (
            start + number * (APART // timedelta(microseconds=1)),
            device,
            "under-12",
            f"https://{site}/gallery/{number % 1000}/page",
            f"https://images{number % 7}.cdn.example.net/pictures/{draw.getrandbits(64):x}/{number}.jpg",
            f"{draw.getrandbits(128):032x}",
            640,
            480,
            "jpeg",
            malign,
            scores if malign else "{}",
            "nsfwjs-mobilenet_v2@4.4.0" if malign else "",
            decision,
            reason,
            draw.getrandbits(63),
            site,
            kind,
        )


def milliseconds(work: Callable[[], object]) -> float:
    """Returns the median of some rounds, the first one left out: it opens the connection and warms the cache."""
    times = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return median(times[1:])


def measure(path: Path) -> dict[str, float]:
    """Returns the times of all questions, milliseconds, each for a page of 50 lines."""

    def asking(query: Query, after: str = "") -> Callable[[], object]:
        return lambda: search(path, query, after=after)

    found = {name: milliseconds(asking(query)) for name, query in QUESTIONS.items()}
    middle = f"{int((END - 5000 * APART).timestamp() * 1e6)}.1"
    found["nothing, page 100"] = milliseconds(asking(Query(), middle))
    found["one line"] = milliseconds(lambda: row(path, 5000))
    found["what the menus offer"] = milliseconds(lambda: facets(path))
    return found


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description="How long questions to the block log take.")
    parser.add_argument("--lines", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    sizes: list[int] = parser.parse_args().lines
    columns: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for lines in sizes:
            path = Path(folder) / f"{lines}.db"
            fill(path, lines)
            column = measure(path)
            column["size, MB"] = path.stat().st_size / 1e6
            start = time.perf_counter()
            forget(path, END - (lines - 1000) * APART, numbers_before=END, rebuild=lambda lines, live_bytes: False)
            column["forgetting 1,000 lines"] = (time.perf_counter() - start) * 1e3
            start = time.perf_counter()
            forget(path, END - (lines - 1000) * APART, numbers_before=END)
            column["rebuilding the file"] = (time.perf_counter() - start) * 1e3
            close_readers()
            columns.append(column)
    print(f"| milliseconds, lines: | {' | '.join(f'{lines:,}' for lines in sizes)} |")
    print(f"|---|{'---:|' * len(sizes)}")
    for name in columns[0]:
        print(f"| {name} | {' | '.join(f'{column[name]:.2f}' for column in columns)} |")


if __name__ == "__main__":
    main()
