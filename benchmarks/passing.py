"""What is no picture: processor time a request, against stock mitmdump."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from benchmarks.client import Connection, connections, fetch_all, texts
from benchmarks.figure import Figure
from benchmarks.origin import Origin
from benchmarks.proxies import Proxy, geacc_proxy, mitmdump
from benchmarks.usage import cpu_seconds

ROUNDS = 7
REQUESTS = 400
CONNECTIONS = 8


async def passing(origin: Origin, directory: Path) -> list[Figure]:
    ratios, ours, stock = [], [], []
    with geacc_proxy(origin, directory / "ours") as our_proxy, mitmdump(origin, directory / "stock") as stock_proxy:
        async with (
            connections(our_proxy, origin, CONNECTIONS) as to_ours,
            connections(stock_proxy, origin, CONNECTIONS) as to_stock,
        ):
            for number in range(ROUNDS + 1):
                our_ms = await _cost(our_proxy, to_ours)
                stock_ms = await _cost(stock_proxy, to_stock)
                if number:  # the first round warms both up
                    ours.append(our_ms)
                    stock.append(stock_ms)
                    ratios.append(our_ms / stock_ms)
    detail = f"{median(ours):.2f} ms against {median(stock):.2f} ms; rounds {min(ratios):.2f}–{max(ratios):.2f}"
    return [Figure("CPU of a request that is no picture, of stock mitmdump's", median(ratios), 0.70, "×", detail)]


async def _cost(proxy: Proxy, over: list[Connection]) -> float:
    before = cpu_seconds(proxy.pid)
    await fetch_all(over, texts(REQUESTS))
    return (cpu_seconds(proxy.pid) - before) / REQUESTS * 1e3
