"""How long pages take that a parent looks at, and what the home's traffic notices of them.

The block log has 100,000 lines, and a month of counts is there. Pages are asked for over a kept connection, one after
the other, as fast as they come: more than any parent does.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections import Counter
from pathlib import Path
from statistics import median

from benchmarks.block_log import DEVICES, SITES, fill
from benchmarks.client import connections, fetch_at_rate, texts
from benchmarks.figure import Figure
from benchmarks.origin import Origin
from benchmarks.proxies import geacc_proxy
from benchmarks.waiting import p95
from geacc_proxy.home import preferences
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home
from geacc_proxy.home.storage import open_store
from geacc_proxy.journal.counts import Counts
from geacc_proxy.journal.statistics import add
from geacc_proxy.web.sessions import Sessions
from geacc_proxy.web.visits import SESSION_COOKIE

LINES = 100_000
ROUNDS = 5
SECONDS = 6
TEXTS_PER_SECOND = 40
PAUSE = 1.0
"""Seconds between two reports; a parent who does nothing but press reload."""
PAGES = ("/", "/?span=week", "/log", f"/log?device={DEVICES[0]}&site={SITES[0]}", "/devices", "/profiles", "/settings")
OFTEN = 21


async def reporting(origin: Origin, directory: Path) -> list[Figure]:
    """The slowest page's median, and the p95 of traffic while the overview is drawn over and over."""
    state = directory / "state"
    state.mkdir()
    token = await _lived_in(state / "geacc.db")
    with geacc_proxy(origin, state) as proxy:
        took = {page: _median_ms(proxy.admin_port, page, token) for page in PAGES}
        ratios, alone, beside = [], [], []
        asked = texts(SECONDS * TEXTS_PER_SECOND)
        async with connections(proxy, origin, 8) as over:
            for number in range(ROUNDS + 1):
                before = await fetch_at_rate(over, asked, TEXTS_PER_SECOND)
                drawing = asyncio.create_task(_draw(proxy.admin_port, token))
                during = await fetch_at_rate(over, asked, TEXTS_PER_SECOND)
                drawing.cancel()
                if number:  # the first round warms everything up
                    alone.append(p95(before))
                    beside.append(p95(during))
                    ratios.append(beside[-1] / alone[-1])
    slowest = max(took, key=lambda page: took[page])
    each = ", ".join(f"{page} {ms:.0f}" for page, ms in took.items())
    return [
        Figure(f"The slowest page with {LINES:,} lines in the log", took[slowest] / 1e3, 0.1, "s", f"ms: {each}"),
        Figure(
            "p95 of what is no picture while reports are drawn, of without",
            median(ratios),
            1.2,
            "×",
            f"{median(beside):.1f} ms against {median(alone):.1f} ms; {TEXTS_PER_SECOND} requests/s, a report of the "
            f"week each {PAUSE:g} s; rounds {min(ratios):.2f}–{max(ratios):.2f}",
        ),
    ]


async def _lived_in(database: Path) -> str:
    """A home that has been used for a month; returns the token of a parent who is logged in."""
    fill(database, LINES)
    home = await Home.open(lambda: open_store(database))
    try:
        hour, counts = int(home.now().timestamp() // 3600), Counts()
        for past in range(30 * 24):
            for place, device in enumerate(DEVICES):
                counts.count(hour - past, device, pages=20 + place, pictures=300, hidden=3, cached=120)
                counts.added.update({(hour - past, device, bucket): 10 for bucket in range(20, 40)})
        day = home.now().date().isoformat()
        for device in DEVICES:
            counts.sites.update({(day, device, site): Counter(pages=5, hidden=1) for site in SITES[:200]})
        await asyncio.to_thread(add, database, counts)
        for number in range(50):
            await home.keep({(Kind.DEVICE, f"device-{number}"): {"name": f"Device {number}", "known": True}})
        for number in range(20):
            await home.keep({(Kind.PROFILE, f"profile-{number}"): {"title": f"Profile {number}"}})
        await preferences.save(home, "cli", retention_hours=None)  # the lines are older than a month
        sessions = Sessions(home)
        await sessions.set_password("cli", "correct horse battery staple")
        return await sessions.begin("benchmark", stays=True)
    finally:
        await home.close()


def _median_ms(port: int, page: str, token: str) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    took = []
    try:
        for _ in range(OFTEN + 1):
            start = time.perf_counter()
            connection.request("GET", page, headers={"Cookie": f"{SESSION_COOKIE}={token}", "Accept": "text/html"})
            response = connection.getresponse()
            response.read()
            took.append((time.perf_counter() - start) * 1e3)
            if response.status != 200:
                raise RuntimeError(f"{page} came back with {response.status}, to {json.dumps(dict(response.headers))}")
    finally:
        connection.close()
    return median(took[1:])


async def _draw(port: int, token: str) -> None:
    request = (
        f"GET /?span=week HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {SESSION_COOKIE}={token}\r\nConnection: close\r\n\r\n"
    )
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request.encode())
        answer = await reader.read()
        writer.close()
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the overview came back as {answer[:100]!r}")
        await asyncio.sleep(PAUSE)
