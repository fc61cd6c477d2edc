"""All held bodies together stay below a bound."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

from mitmproxy.test import tflow

from geacc_proxy.gateways.mitm.addon import PictureFilter
from geacc_proxy.gateways.mitm.holding import Ledger
from geacc_proxy.verdict import Reason

from .doors import BENIGN, Door
from .live import through


def test_a_body_may_grow_as_long_as_all_together_have_room() -> None:
    ledger = Ledger(100)
    one, other = tflow.tflow(), tflow.tflow()
    assert ledger.may_hold(one, 40)
    assert ledger.may_hold(one, 60)
    assert not ledger.may_hold(other, 41)
    assert ledger.may_hold(other, 40)
    assert ledger.total == 100
    ledger.forget(one)
    assert ledger.may_hold(other, 100)
    ledger.forget(other)
    ledger.forget(other)
    assert ledger.total == 0


def test_a_flow_that_is_gone_without_a_word_leaves_its_room() -> None:
    ledger = Ledger(100)
    flow = tflow.tflow()
    assert ledger.may_hold(flow, 100)
    del flow
    gc.collect()
    assert ledger.may_hold(tflow.tflow(), 100)


async def test_a_picture_for_which_there_is_no_room_is_hidden_while_it_comes(tmp_path: Path) -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(20):
            writer.write(b"400\r\n%s\r\n" % BENIGN.ljust(1024))
            await writer.drain()
            await asyncio.sleep(0.002)
        writer.write(b"0\r\n\r\n")

    door = Door()
    async with through(PictureFilter(door, 1_000_000, held_bytes=5_000), answer, tmp_path) as client:
        came = await client.get("/a.gif")
        assert came.headers["content-type"] == "image/png"
        assert BENIGN not in came.body
        again = await client.get("/a.gif")  # what was held has been let go
        assert again.body == came.body
    assert [judgement.decision.reason for judgement, _ in door.told] == [Reason.TOO_LARGE] * 2
