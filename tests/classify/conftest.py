"""A worker pool with the embedded model, shared by the tests of one process: starting one takes a second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from geacc_proxy.classify.limits import Limits
from geacc_proxy.classify.pool import WorkerPool
from geacc_proxy.images.caps import Caps
from geacc_proxy.models import registry


@pytest.fixture(scope="session")
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(registry.find(), Caps(), Limits(seconds=5.0), workers=1)
    yield pool
    pool.stop()
