"""A worker pool with the embedded model, shared by the tests of one process: starting one takes a second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from geacc_proxy.classify.limits import Limits
from geacc_proxy.classify.pool import WorkerPool
from geacc_proxy.images.caps import Caps
from geacc_proxy.models import registry


@pytest.fixture(scope="session")
def limits() -> Limits:
    return replace(Limits(), seconds=3.0, memory=400 * 2**20)


@pytest.fixture(scope="session")
def pool(limits: Limits) -> Iterator[WorkerPool]:
    pool = WorkerPool(registry.find(), Caps(), limits, workers=1)
    yield pool
    pool.stop()
