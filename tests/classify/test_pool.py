"""Workers in two lanes: what one picture does to one is over with that picture, and the plain ones never notice."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from PIL import Image

from geacc_proxy.classify.limits import Limits
from geacc_proxy.classify.pool import WorkerPool
from geacc_proxy.exceptions import GeaccError
from geacc_proxy.images.caps import Caps
from geacc_proxy.models import registry
from geacc_proxy.verdict import Failure, Picture, Scores, Unjudged, Verdict

MALIGN = (Path(__file__).parent.parent / "data" / "malign-synthetic-1.png").read_bytes()
SCORES = Scores(Picture("png", 1, 1), "m@1", 0.25, (("neutral", 1.0),))
SMALL, LARGE, LARGEST = Picture("png", 100, 100), Picture("png", 5000, 4000), Picture("png", 9400, 9400)
CAPS = Caps(bytes=1000)

pytestmark = [pytest.mark.xdist_group("pool")]


def png(width: int, height: int, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (120, 160, 90)).save(file, "PNG", **options)
    return file.getvalue()


async def test_a_malign_picture_scores_high_and_a_plain_one_low(pool: WorkerPool) -> None:
    malign, plain = await asyncio.gather(pool.judge(MALIGN, ""), pool.judge(png(300, 200), ""))
    assert isinstance(malign, Scores)
    assert malign.malign > 0.9
    assert (malign.picture.format, malign.picture.width, malign.picture.height) == ("png", 480, 320)
    assert sum(score for _, score in malign.labels) == pytest.approx(1, abs=1e-3)
    assert isinstance(plain, Scores)
    assert plain.malign < 0.5


async def test_damage_is_told_and_the_worker_goes_on(pool: WorkerPool) -> None:
    before = pool.deaths
    verdict = await pool.judge(b"\x89PNG\r\n\x1a\n and no more", "")
    assert isinstance(verdict, Unjudged)
    assert verdict.failure is Failure.UNREADABLE
    assert pool.deaths == before


async def test_a_picture_that_is_too_large_for_the_quick_lane_is_judged_in_the_other(pool: WorkerPool) -> None:
    verdict = await pool.judge(png(4400, 3300), "")
    assert isinstance(verdict, Scores)
    assert (verdict.picture.width, verdict.picture.height) == (4400, 3300)


async def test_a_picture_beyond_the_caps_does_not_start_the_slow_lane() -> None:
    pool = WorkerPool(registry.find(), Caps(pixels=1_000_000), Limits(), workers=1)
    try:
        verdict = await pool.judge(png(1100, 1000), "")
        assert isinstance(verdict, Unjudged)
        assert verdict.failure is Failure.TOO_LARGE
        assert len(pool.pids) == 1
    finally:
        pool.stop()


async def test_a_worker_killed_over_a_picture_leaves_it_to_the_slow_lane(pool: WorkerPool) -> None:
    assert isinstance(await pool.judge(MALIGN, ""), Scores)
    before = pool.deaths
    body = png(3400, 3400)
    judged = asyncio.create_task(pool.judge(body, ""))
    await asyncio.sleep(0.03)
    os.kill(pool.pids[0], signal.SIGKILL)
    assert isinstance(await judged, Scores)
    assert isinstance(await pool.judge(MALIGN, ""), Scores)
    assert pool.deaths <= before + 1


async def test_a_picture_that_takes_too_long_is_given_up_and_the_next_one_is_judged(pool: WorkerPool) -> None:
    slow_svg = (
        b"<svg xmlns='http://www.w3.org/2000/svg' width='4000' height='4000' viewBox='0 0 4000 4000'><filter id='f'>"
        + b"<feTurbulence baseFrequency='0.9' numOctaves='2000'/>" * 200
        + b"</filter><rect width='4000' height='4000' filter='url(#f)'/></svg>"
    )
    judged = asyncio.create_task(pool.judge(slow_svg, "image/svg+xml"))
    assert isinstance(await pool.judge(MALIGN, ""), Scores)
    verdict = await judged
    assert isinstance(verdict, Unjudged)
    assert verdict.failure in (Failure.TIMED_OUT, Failure.UNREADABLE, Failure.TOO_LARGE)
    assert isinstance(await pool.judge(MALIGN, ""), Scores)


async def test_a_model_that_is_none_is_an_error_that_says_so(tmp_path: Path) -> None:
    model = registry.find()
    none = tmp_path / "none.tflite"
    none.write_bytes(b"no model")
    pool = WorkerPool(type(model)(model.card, none), Caps(), Limits(), workers=1)
    try:
        with pytest.raises(GeaccError, match=r"none\.tflite is no LiteRT model"):
            await pool.warm_up()
    finally:
        pool.stop()


class FakeLane:
    """Answers `verdict`, and counts; `lacking` is what its first worker reports."""

    def __init__(self, verdict: Verdict, lacking: tuple[str, ...] = ()) -> None:
        self.verdict = verdict
        self.lacking = lacking
        self.bodies: list[bytes] = []

    def start(self) -> Future[list[str]]:
        future: Future[list[str]] = Future()
        future.set_result(list(self.lacking))
        return future

    async def judge(self, body: bytes, content_type: str) -> Verdict:
        self.bodies.append(body)
        return self.verdict


@pytest.fixture
def idle_pool() -> Iterator[WorkerPool]:
    """A pool that starts no process, for lanes of the test's own."""
    pool = WorkerPool(registry.find(), CAPS, Limits(), workers=1)
    yield pool
    pool._watchdog.stop()


@pytest.mark.parametrize(
    ("quick", "goes_on"),
    [
        (SCORES, False),
        (Unjudged(Failure.NOT_A_PICTURE), False),
        (Unjudged(Failure.TINY), False),
        (Unjudged(Failure.UNREADABLE, picture=SMALL), False),
        (Unjudged(Failure.INTERNAL), False),
        (Unjudged(Failure.TOO_LARGE), True),
        (Unjudged(Failure.TOO_LARGE, picture=LARGE), True),
        (Unjudged(Failure.TOO_LARGE, picture=LARGEST), False),
        (Unjudged(Failure.TIMED_OUT), True),
        (Unjudged(Failure.WORKER_DIED, picture=SMALL), True),
    ],
    ids=str,
)
async def test_what_is_too_much_for_the_quick_lane_alone_goes_to_the_slow_one(
    quick: Verdict, goes_on: bool, idle_pool: WorkerPool
) -> None:
    final = Unjudged(Failure.TIMED_OUT, "the slow lane's answer")
    first, second = FakeLane(quick), FakeLane(final)
    idle_pool._quick, idle_pool._slow = first, second  # type: ignore[assignment]
    assert await idle_pool.judge(b"body", "") is (final if goes_on else quick)
    assert (first.bodies, second.bodies) == ([b"body"], [b"body"] if goes_on else [])


async def test_a_body_of_too_many_bytes_never_goes_on(idle_pool: WorkerPool) -> None:
    refused = Unjudged(Failure.TOO_LARGE)
    idle_pool._quick, idle_pool._slow = FakeLane(refused), FakeLane(SCORES)  # type: ignore[assignment]
    assert await idle_pool.judge(bytes(CAPS.bytes + 1), "") is refused


@pytest.mark.parametrize(
    ("lacking", "lines"), [((), 0), (("no Landlock (ENOSYS)", "no filter on system calls (EPERM)"), 1)]
)
async def test_what_the_sandbox_lacks_is_logged_in_one_line(
    lacking: tuple[str, ...], lines: int, idle_pool: WorkerPool, caplog: pytest.LogCaptureFixture
) -> None:
    idle_pool._quick = FakeLane(SCORES, lacking)  # type: ignore[assignment]
    with caplog.at_level(logging.WARNING):
        await idle_pool.warm_up()
    assert len(caplog.messages) == lines
    for message in caplog.messages:
        assert all(line in message for line in lacking)


def test_the_quick_lane_has_less_of_everything() -> None:
    limits = Limits()
    quick = limits.quick()
    assert quick.memory < limits.memory
    assert quick.seconds < limits.seconds
    assert quick.niceness < limits.niceness
    tight = Limits(memory=256 * 2**20, seconds=0.5)
    assert (tight.quick().memory, tight.quick().seconds) == (tight.memory, tight.seconds)
