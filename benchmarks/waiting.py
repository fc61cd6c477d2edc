"""How long what is no picture waits while pictures are being judged."""

from __future__ import annotations

import asyncio
from pathlib import Path
from statistics import median, quantiles

from benchmarks.client import connections, fetch_at_rate, photos, texts
from benchmarks.figure import Figure
from benchmarks.origin import Origin
from benchmarks.proxies import geacc_proxy

ROUNDS = 5
SECONDS = 6
TEXTS_PER_SECOND = 40
PICTURES_PER_SECOND = 10
SIDE = 1000


async def waiting(origin: Origin, directory: Path) -> list[Figure]:
    ratios, alone, beside = [], [], []
    asked, shown = texts(SECONDS * TEXTS_PER_SECOND), SECONDS * PICTURES_PER_SECOND
    with geacc_proxy(origin, directory / "waiting") as proxy:
        async with connections(proxy, origin, 8) as for_texts, connections(proxy, origin, 6) as for_pictures:
            for number in range(ROUNDS + 1):
                before = await fetch_at_rate(for_texts, asked, TEXTS_PER_SECOND)
                new = photos(range(number * shown, (number + 1) * shown), SIDE)
                during, _ = await asyncio.gather(
                    fetch_at_rate(for_texts, asked, TEXTS_PER_SECOND),
                    fetch_at_rate(for_pictures, new, PICTURES_PER_SECOND),
                )
                if number:  # the first round warms everything up
                    alone.append(p95(before))
                    beside.append(p95(during))
                    ratios.append(beside[-1] / alone[-1])
    detail = (
        f"{median(beside):.1f} ms against {median(alone):.1f} ms; {TEXTS_PER_SECOND} requests/s beside "
        f"{PICTURES_PER_SECOND} new pictures/s; rounds {min(ratios):.2f}–{max(ratios):.2f}"
    )
    return [Figure("p95 of what is no picture while pictures are judged, of without", median(ratios), 1.5, "×", detail)]


def p95(seconds: list[float]) -> float:
    """Milliseconds."""
    return quantiles(seconds, n=20)[-1] * 1e3
