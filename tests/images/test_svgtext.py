"""The encodings that SVG comes in are there in a worker, which can open no file any more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from traps import MALIGN, SVG, data_uri, saved, svg, svg_image

from geacc_proxy.classify.limits import Limits
from geacc_proxy.classify.pool import WorkerPool
from geacc_proxy.images.caps import Caps
from geacc_proxy.models import registry
from geacc_proxy.verdict import Scores

pytestmark = [pytest.mark.xdist_group("pool")]


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(registry.find(), Caps(), Limits(seconds=5.0), workers=1)
    yield pool
    pool.stop()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
async def test_a_worker_reads_what_a_mark_or_the_first_bytes_tell(pool: WorkerPool, encoding: str) -> None:
    source = _source().decode().encode(encoding)
    verdict = await pool.judge(source, SVG)
    assert isinstance(verdict, Scores)
    assert verdict.malign > 0.9


@pytest.mark.parametrize("label", ["ISO-8859-1", "windows-1252", "Shift_JIS", "GB2312", "koi8-r", "utf-7", "none"])
async def test_a_worker_reads_what_is_declared(pool: WorkerPool, label: str) -> None:
    verdict = await pool.judge(f"<?xml version='1.0' encoding='{label}'?>".encode() + _source(), SVG)
    assert isinstance(verdict, Scores)
    assert verdict.malign > 0.9


def _source() -> bytes:
    return svg(svg_image(data_uri(saved(MALIGN.resize((240, 240)), "JPEG"))))
