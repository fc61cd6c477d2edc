"""From start to ready, and memory over many requests."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from benchmarks.client import Request, connections, fetch_all, photos, texts
from benchmarks.figure import Figure
from benchmarks.origin import Origin
from benchmarks.proxies import geacc_proxy
from benchmarks.usage import memory

STARTS = 5
REQUESTS = 5_000
SIDE = 300
FLAT = 1.05
"""How much more memory after twice the requests still counts as flat: verdicts kept are a few hundred bytes each."""


async def household(origin: Origin, directory: Path) -> list[Figure]:
    state = directory / "household"
    started = []
    for _ in range(STARTS + 1):
        with geacc_proxy(origin, state) as proxy:
            started.append(proxy.ready_after)
    with geacc_proxy(origin, state) as proxy:
        async with connections(proxy, origin, 8) as over:
            fresh = memory(proxy.pid)
            await fetch_all(over, _mix(0))
            first = memory(proxy.pid)
            await fetch_all(over, _mix(REQUESTS))
            second = memory(proxy.pid)
    warm = started[1:]
    return [
        Figure(
            "From start to ready, warm",
            median(warm),
            3.0,
            "s",
            f"{min(warm):.2f}–{max(warm):.2f} s; first {started[0]:.2f} s",
        ),
        Figure(
            f"Resident memory (PSS) with two workers after {REQUESTS:,} requests",
            first.pss,
            450,
            "MB",
            f"{fresh.pss:.0f} MB at the start; RSS summed {first.rss:.0f} MB in {first.processes} processes",
        ),
        Figure(
            f"The same after {2 * REQUESTS:,}, of that after {REQUESTS:,}",
            second.pss / first.pss,
            FLAT,
            "×",
            f"{second.pss:.0f} MB; RSS summed {second.rss:.0f} MB",
        ),
    ]


def _mix(offset: int) -> list[Request]:
    """Four in five are no pictures; half of the pictures are new, half were seen before."""
    fifth = REQUESTS // 5
    shown = [offset + number // 2 for number in range(fifth)]
    pictures = iter(photos(shown, SIDE))
    return [next(pictures) if number % 5 == 4 else request for number, request in enumerate(texts(REQUESTS))]
