"""Sandboxed workers: what one picture does to one is over with that picture."""

import asyncio
import io
import os
import signal
from pathlib import Path

import pytest
from PIL import Image

from geacc_proxy.classify.pool import WorkerPool
from geacc_proxy.verdict import Failure, Scores, Unjudged

MALIGN = (Path(__file__).parent.parent / "data" / "malign-synthetic-1.png").read_bytes()

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


async def test_a_picture_that_wants_more_memory_than_a_worker_has_is_too_large(pool: WorkerPool) -> None:
    bomb = png(9000, 5500)  # 49.5 megapixels pass the cap and take 150 MB; with alpha and copies, more than is there
    file = io.BytesIO()
    Image.new("RGBA", (9000, 5500), (0, 0, 0, 0)).save(file, "PNG", compress_level=1)
    for body in (file.getvalue(), bomb):
        verdict = await pool.judge(body, "")
        assert isinstance(verdict, Scores) or verdict.failure in (Failure.TOO_LARGE, Failure.TIMED_OUT)
    assert isinstance(await pool.judge(MALIGN, ""), Scores)


async def test_a_worker_that_dies_costs_one_picture(pool: WorkerPool) -> None:
    assert isinstance(await pool.judge(MALIGN, ""), Scores)
    future = pool._pool.schedule(os.getpid)
    worker = await asyncio.wrap_future(future)
    slow = asyncio.create_task(pool.judge(png(7000, 7000), ""))
    await asyncio.sleep(0.15)
    os.kill(worker, signal.SIGKILL)
    verdict = await slow
    assert isinstance(verdict, Unjudged)
    assert verdict.failure is Failure.WORKER_DIED
    assert isinstance(await pool.judge(MALIGN, ""), Scores)


async def test_a_picture_that_takes_too_long_ends_its_worker_and_the_next_one_is_judged(pool: WorkerPool) -> None:
    slow_svg = (
        b"<svg xmlns='http://www.w3.org/2000/svg' width='4000' height='4000' viewBox='0 0 4000 4000'><filter id='f'>"
        + b"<feTurbulence baseFrequency='0.9' numOctaves='2000'/>" * 200
        + b"</filter><rect width='4000' height='4000' filter='url(#f)'/></svg>"
    )
    verdict = await pool.judge(slow_svg, "image/svg+xml")
    assert isinstance(verdict, Unjudged)
    assert verdict.failure in (Failure.TIMED_OUT, Failure.UNREADABLE)
    assert isinstance(await pool.judge(MALIGN, ""), Scores)


async def test_a_worker_cannot_write_files(pool: WorkerPool, tmp_path: Path) -> None:
    target = tmp_path / "written"
    with pytest.raises(OSError, match="File too large"):
        await asyncio.wrap_future(pool._pool.schedule(target.write_bytes, args=(b"x",)))
    assert not target.exists() or target.stat().st_size == 0
