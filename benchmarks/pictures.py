"""A picture: what judging it costs beyond passing it, when it is new and when it was seen before."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from benchmarks.bare import bare_process
from benchmarks.client import Connection, Request, connections, fetch_all, photos, same_as_films
from benchmarks.figure import Figure
from benchmarks.origin import Origin
from benchmarks.proxies import Proxy, geacc_proxy
from benchmarks.usage import cpu_seconds

ROUNDS = 7
PICTURES = 96
SEEN_PASSES = 3
SIDE = 1000


async def pictures(origin: Origin, directory: Path) -> list[Figure]:
    new_ratios, seen_ratios, rows = [], [], []
    with geacc_proxy(origin, directory / "pictures") as proxy, bare_process(SIDE) as bare:
        async with connections(proxy, origin, 4) as over:
            for number in range(ROUNDS + 1):
                numbers = range(number * PICTURES, (number + 1) * PICTURES)
                bare_ms = bare.cost(PICTURES)
                new = await _cost(proxy, over, photos(numbers, SIDE))
                passed = await _cost(proxy, over, same_as_films(numbers, SIDE) * SEEN_PASSES)
                seen = await _cost(proxy, over, photos(numbers, SIDE) * SEEN_PASSES)
                if number:  # the first round warms everything up
                    new_ratios.append((new - passed) / bare_ms)
                    seen_ratios.append(seen / passed)
                    rows.append((bare_ms, new, passed, seen))
    bare_ms, new, passed, seen = (median(column) for column in zip(*rows, strict=True))
    spread = [f"rounds {min(ratios):.2f}–{max(ratios):.2f}" for ratios in (new_ratios, seen_ratios)]
    return [
        Figure(
            "CPU of a new picture (JPEG 1000×1000) beyond passing it, of a bare decode and model call",
            median(new_ratios),
            1.4,
            "×",
            f"{new:.1f} − {passed:.2f} ms against {bare_ms:.1f} ms; {spread[0]}",
        ),
        Figure(
            "CPU of a picture seen before, of passing as many bytes unfiltered",
            median(seen_ratios),
            1.15,
            "×",
            f"{seen:.2f} ms against {passed:.2f} ms; {spread[1]}",
        ),
    ]


async def _cost(proxy: Proxy, over: list[Connection], requests: list[Request]) -> float:
    before = cpu_seconds(proxy.pid)
    await fetch_all(over, requests)
    return (cpu_seconds(proxy.pid) - before) / len(requests) * 1e3
