"""Workers that draw: in the sandbox, in a lane of their own, and never in the way of judgement."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import struct
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from test_sandbox import FORMATS

from geacc_proxy.classify import worker
from geacc_proxy.classify.depictions import MOST_BYTES, size
from geacc_proxy.classify.limits import Limits
from geacc_proxy.classify.pool import WorkerPool
from geacc_proxy.classify.process import WorkerLost, WorkerProcess
from geacc_proxy.images.caps import Caps
from geacc_proxy.images.manner import Manner
from geacc_proxy.models import registry
from geacc_proxy.verdict import Failure, Scores, Unjudged

MALIGN = (Path(__file__).parent.parent / "data" / "malign-synthetic-1.png").read_bytes()

pytestmark = [pytest.mark.xdist_group("pool")]


@pytest.fixture(scope="module")
def process() -> Iterator[WorkerProcess]:
    """A worker that draws, as the pool starts it."""
    process = WorkerProcess(partial(worker.load_depicter, Caps()), Limits())
    lacking = process.ready()
    assert sys.platform != "linux" or lacking == []
    yield process
    process.end()


def saved(image: Image.Image, format_: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_drawn_in_the_sandbox(name: str, process: WorkerProcess) -> None:
    for manner in Manner:
        answer = process.depict(FORMATS[name](), "", manner)
        assert isinstance(answer, bytes), answer
        assert len(answer) <= MOST_BYTES
        with Image.open(io.BytesIO(answer)) as image:
            image.load()


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_cut_short_is_drawn_or_has_a_reason(name: str, process: WorkerProcess) -> None:
    body = FORMATS[name]()
    for end in (len(body) // 3, len(body) * 2 // 3, len(body) - 1):
        answer = process.depict(body[:end], "", Manner.THUMBNAIL)
        assert isinstance(answer, bytes) or answer.failure.depends_on_bytes_alone, answer


def _lying_png() -> bytes:
    body = bytearray(saved(Image.effect_noise((64, 64), 60)))
    body[16:24] = struct.pack(">II", 60_000, 60_000)
    return bytes(body)


HOSTILE = {
    "a bomb": lambda: saved(Image.new("1", (16_000, 16_000))),
    "a header that lies": _lying_png,
    "a GIF of many frames": lambda: saved(
        Image.new("L", (900, 900)),
        "GIF",
        save_all=True,
        append_images=[Image.new("L", (900, 900), shade) for shade in range(1, 251)],
    ),
    "a page": lambda: b"<html>",
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_hostile_has_a_reason_and_costs_no_worker(what: str, process: WorkerProcess) -> None:
    answer = process.depict(HOSTILE[what](), "", Manner.BLUR)
    assert isinstance(answer, Unjudged)
    assert answer.failure.depends_on_bytes_alone
    assert isinstance(process.depict(MALIGN, "image/png", Manner.BLUR), bytes)


def test_the_largest_picture_is_drawn_within_the_memory_of_a_worker(process: WorkerProcess) -> None:
    body = saved(Image.effect_noise((1200, 1000), 90).resize((7000, 7000)), "JPEG", quality=30)
    for manner in (Manner.BLUR, Manner.PIXELATE):
        answer = process.depict(body, "", manner)
        assert isinstance(answer, bytes), answer
        assert size(answer) == (4096, 4096)


def test_a_worker_that_draws_does_not_judge(process: WorkerProcess) -> None:
    answer = process.judge(MALIGN, "")
    assert isinstance(answer, Unjudged)
    assert answer.failure is Failure.INTERNAL
    assert isinstance(process.depict(MALIGN, "", Manner.CLEARER), bytes)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_that_draws_holds_its_pipes_and_nothing_else(process: WorkerProcess) -> None:
    assert isinstance(process.depict(MALIGN, "", Manner.BLUR), bytes)
    held = [str(entry.readlink()).partition(":")[0] for entry in Path(f"/proc/{process.pid}/fd").iterdir()]
    assert sorted(held) == ["/dev/null"] * 3 + ["pipe"] * 2
    assert len(list(Path(f"/proc/{process.pid}/task").iterdir())) == 1


class TakenOver:
    """Draws what a body names."""

    def depiction(self, body: bytes, content_type: str, manner: Manner) -> bytes | Unjudged:
        match body:
            case b"large":
                return bytes(MOST_BYTES + 1)
            case b"another size":
                return saved(Image.new("RGB", (300, 200)), "JPEG")
            case b"a pickle":
                return b"\x80\x04\x95 a pickle"
            case b"a fault":
                raise ValueError("a fault of ours")
            case b"memory":
                bytes(2**40)
            case b"crash":
                os._exit(3)
        return Unjudged(Failure.NOT_A_PICTURE, f"{manner} {content_type}")


@pytest.mark.parametrize("act", [b"large", b"another size", b"a pickle", b"crash"])
def test_a_worker_that_answers_what_nobody_asked_for_is_of_no_use_any_more(act: bytes) -> None:
    process = WorkerProcess(TakenOver, Limits())
    try:
        process.ready()
        with pytest.raises(WorkerLost):
            process.depict(act, "", Manner.THUMBNAIL)
        assert process.ended
    finally:
        process.end()


def test_a_fault_costs_one_picture() -> None:
    process = WorkerProcess(TakenOver, Limits())
    try:
        process.ready()
        for act, expected in (
            (b"a fault", Unjudged(Failure.INTERNAL, "ValueError: a fault of ours")),
            (b"memory", Unjudged(Failure.TOO_LARGE, "more memory than a worker has")),
            (b"", Unjudged(Failure.NOT_A_PICTURE, "blur image/png; x=1")),
        ):
            assert process.depict(act, "image/png; x=1", Manner.BLUR) == expected
    finally:
        process.end()


async def test_a_pool_draws_and_says_nothing_where_it_cannot(pool: WorkerPool) -> None:
    for manner in Manner:
        drawn = await pool.depict(MALIGN, "image/png", manner)
        assert drawn is not None
        assert size(drawn) == manner.size(480, 320)
    assert await pool.depict(b"no picture", "text/plain", Manner.BLUR) is None


async def test_a_pool_starts_no_worker_that_draws_before_there_is_something_to_draw() -> None:
    pool = WorkerPool(registry.find(), Caps(), Limits(), workers=1)
    try:
        await pool.warm_up()
        assert isinstance(await pool.judge(MALIGN, ""), Scores)
        assert len(pool.pids) == 1
        assert await pool.depict(MALIGN, "", Manner.BLUR) is not None
        assert len(pool.pids) == 2
    finally:
        pool.stop()


async def test_a_worker_killed_while_it_draws_costs_one_depiction(pool: WorkerPool) -> None:
    assert await pool.depict(MALIGN, "", Manner.BLUR) is not None
    before, pid = pool.deaths, pool.pids[-1]
    os.kill(pid, signal.SIGSTOP)  # so that it is surely at it
    drawing = asyncio.create_task(pool.depict(MALIGN, "", Manner.PIXELATE))
    await asyncio.sleep(0.2)
    assert not drawing.done()
    os.kill(pid, signal.SIGKILL)
    assert await drawing is None
    assert pool.deaths == before + 1
    assert await pool.depict(MALIGN, "", Manner.PIXELATE) is not None
    assert pid not in pool.pids
    assert isinstance(await pool.judge(MALIGN, ""), Scores)


async def test_judging_goes_on_while_a_worker_that_draws_hangs_and_a_flood_waits_for_it(pool: WorkerPool) -> None:
    assert await pool.depict(MALIGN, "", Manner.BLUR) is not None
    pid = pool.pids[-1]
    os.kill(pid, signal.SIGSTOP)
    flood = [asyncio.create_task(pool.depict(MALIGN, "", Manner.BLUR)) for _ in range(300)]
    try:
        verdicts = [await pool.judge(MALIGN, "") for _ in range(5)]
        assert all(isinstance(verdict, Scores) for verdict in verdicts)
        refused = [task for task in flood if task.done()]
        assert len(refused) == 200  # what is more than may wait is given up at once
        assert {task.result() for task in refused} == {None}
    finally:
        os.kill(pid, signal.SIGCONT)
    drawn = await asyncio.gather(*flood)
    assert len([one for one in drawn if one is not None]) == 100


async def test_what_takes_too_long_is_given_up() -> None:
    pool = WorkerPool(registry.find(), Caps(), Limits(seconds=0.5), workers=1)
    try:
        assert await pool.depict(MALIGN, "", Manner.BLUR) is not None
        os.kill(pool.pids[-1], signal.SIGSTOP)
        assert await pool.depict(MALIGN, "", Manner.BLUR) is None
        assert pool.deaths == 1
        assert await pool.depict(MALIGN, "", Manner.BLUR) is not None
    finally:
        pool.stop()


async def test_a_pool_that_has_been_stopped_draws_nothing() -> None:
    pool = WorkerPool(registry.find(), Caps(), Limits(), workers=1)
    pool.stop()
    assert await pool.depict(MALIGN, "", Manner.BLUR) is None
    assert pool.pids == []


def test_the_lane_that_draws_yields_to_all_others() -> None:
    pool = WorkerPool(registry.find(), Caps(), Limits(), workers=1)
    try:
        quick, slow, drawing = (lane._rules.limits for lane in (pool._quick, pool._slow, pool._drawing))
        assert quick.niceness < slow.niceness < drawing.niceness <= 19
        assert drawing.memory == slow.memory
    finally:
        pool.stop()
