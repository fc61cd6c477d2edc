"""What is overdue is ended, and nothing else."""

import threading
import time
from collections.abc import Iterator

import pytest

from geacc_proxy.classify.watchdog import Watchdog


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    watchdog = Watchdog()
    yield watchdog
    watchdog.stop()


def test_what_is_overdue_is_ended_once(watchdog: Watchdog) -> None:
    ended = threading.Semaphore(0)
    with watchdog.over(0.01, ended.release) as deadline:
        assert ended.acquire(timeout=30)
        assert not ended.acquire(timeout=0.3)
    assert deadline.missed


def test_what_is_done_in_time_is_left_alone(watchdog: Watchdog) -> None:
    ended = []
    with watchdog.over(0.2, lambda: ended.append(1)) as deadline:
        pass
    time.sleep(0.5)
    assert not ended
    assert not deadline.missed


def test_it_looks_again_after_it_has_slept(watchdog: Watchdog) -> None:
    for _ in range(3):
        ended = threading.Event()
        with watchdog.over(0.01, ended.set):
            assert ended.wait(30)
        time.sleep(0.15)
