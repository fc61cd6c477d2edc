"""One verdict for each body, in turn, whatever becomes of a worker."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import probes
import pytest

from geacc_proxy.classify.lane import Lane, Rules
from geacc_proxy.classify.limits import Limits
from geacc_proxy.classify.process import WorkerLost
from geacc_proxy.classify.watchdog import Watchdog
from geacc_proxy.classify.worker import Judges
from geacc_proxy.verdict import Failure, Unjudged, Verdict

pytestmark = [pytest.mark.xdist_group("pool")]

RULES = Rules(
    workers=1,
    spare=0,
    idle=30.0,
    limits=Limits(seconds=30.0),
    most=100,
    most_bytes=10_000,
    crowded="too many at once",
    patience=60.0,
)
HURRIED = Limits(seconds=1.0)
MakeLane = Callable[..., Lane]


@pytest.fixture
def make() -> Iterator[MakeLane]:
    """Lanes of workers that do what they are told."""
    watchdog = Watchdog()
    lanes: list[Lane] = []

    def lane(loading: Callable[[], Judges] = probes.Unruly, **rules: object) -> Lane:
        lanes.append(Lane(loading, replace(RULES, **rules), watchdog))  # type: ignore[arg-type]
        return lanes[-1]

    yield lane
    for lane_ in lanes:
        lane_.stop()
    watchdog.stop()


def failure(verdict: Verdict) -> Failure:
    assert isinstance(verdict, Unjudged)
    return verdict.failure


async def pid(lane: Lane) -> int:
    verdict = await lane.judge(b"who", "")
    assert isinstance(verdict, Unjudged)
    assert verdict.failure is Failure.NOT_A_PICTURE
    return int(verdict.detail.split()[0])


def pipe_of_replies(worker: int) -> int:
    """The one descriptor of a worker that is a pipe to write to (proc_pid_fdinfo(5))."""
    for entry in Path(f"/proc/{worker}/fd").iterdir():
        flags = Path(f"/proc/{worker}/fdinfo/{entry.name}").read_text().partition("flags:")[2].split()[0]
        if str(entry.readlink()).startswith("pipe") and int(flags, 8) & os.O_WRONLY:
            return int(entry.name)
    raise AssertionError("no pipe")


async def test_one_worker_judges_one_body_after_another(make: MakeLane) -> None:
    lane = make()
    assert len({await pid(lane) for _ in range(20)}) == 1
    assert lane.deaths == 0


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        ("hang 60", Failure.TIMED_OUT),
        ("crash now", Failure.WORKER_DIED),
        ("half {pipe}", Failure.TIMED_OUT),
        ("endless {pipe}", Failure.WORKER_DIED),
        ("nonsense {pipe}", Failure.WORKER_DIED),
    ],
)
async def test_a_worker_that_is_of_no_use_any_more_costs_one_body(act: str, expected: Failure, make: MakeLane) -> None:
    lane = make(limits=HURRIED)
    first = await pid(lane)
    body = act.format(pipe=pipe_of_replies(first)).encode()
    spoilt, after = await asyncio.gather(lane.judge(body, ""), pid(lane))
    assert failure(spoilt) is expected
    assert after != first
    assert lane.deaths == 1
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


@pytest.mark.parametrize(
    ("act", "expected"), [(b"fault of-ours", Failure.INTERNAL), (b"memory all", Failure.TOO_LARGE)]
)
async def test_an_error_costs_no_worker(act: bytes, expected: Failure, make: MakeLane) -> None:
    lane = make()
    first = await pid(lane)
    assert failure(await lane.judge(act, "")) is expected
    assert await pid(lane) == first


async def test_workers_that_die_again_and_again_do_not_bring_the_lane_down(make: MakeLane) -> None:
    lane = make(workers=2, limits=HURRIED)
    acts = [b"crash now", b"who", b"hang 60"] * 4
    verdicts = await asyncio.gather(*(lane.judge(act, "") for act in acts))
    expected = [Failure.WORKER_DIED, Failure.NOT_A_PICTURE, Failure.TIMED_OUT] * 4
    assert [failure(verdict) for verdict in verdicts] == expected
    assert lane.deaths == 8


async def test_a_worker_that_dies_between_two_bodies_costs_one_at_most(make: MakeLane) -> None:
    lane = make()
    os.kill(await pid(lane), signal.SIGKILL)
    await lane.judge(b"who", "")
    await pid(lane)


async def test_bodies_are_judged_in_the_order_in_which_they_came(make: MakeLane) -> None:
    lane = make()
    await pid(lane)
    done: list[int] = []

    async def one(number: int) -> None:
        await lane.judge(b"hang 0.01", str(number))
        done.append(number)

    await asyncio.gather(*map(one, range(20)))
    assert done == list(range(20))


async def test_more_than_may_wait_is_refused_at_once(make: MakeLane) -> None:
    lane = make(most=3)
    verdicts = await asyncio.gather(*(lane.judge(b"hang 0.1", "") for _ in range(5)))
    assert [failure(verdict) for verdict in verdicts] == [Failure.NOT_A_PICTURE] * 3 + [Failure.TIMED_OUT] * 2
    assert verdicts[-1].detail == "too many at once"
    await pid(lane)


async def test_more_bytes_than_may_wait_are_refused_at_once(make: MakeLane) -> None:
    lane = make()
    verdicts = await asyncio.gather(*(lane.judge(b"hang 0.1".ljust(6_000), "") for _ in range(2)))
    assert [failure(verdict) for verdict in verdicts] == [Failure.NOT_A_PICTURE, Failure.TIMED_OUT]
    assert failure(await lane.judge(b"who".ljust(10_000), "")) is Failure.NOT_A_PICTURE


async def test_a_body_for_which_nobody_waits_any_more_is_not_judged(make: MakeLane) -> None:
    lane = make(patience=1.0)
    await asyncio.wrap_future(lane.start())
    first, second = await asyncio.gather(lane.judge(b"hang 2", ""), lane.judge(b"crash now", ""))
    assert (failure(first), failure(second)) == (Failure.NOT_A_PICTURE, Failure.TIMED_OUT)
    assert lane.deaths == 0


async def test_a_lane_that_is_seldom_used_starts_its_worker_late_and_ends_it_early(make: MakeLane) -> None:
    lane = make(workers=0, spare=1, idle=0.2)
    lane.start()
    await asyncio.sleep(0.3)
    assert lane.pids == []
    first = await pid(lane)
    assert lane.pids == [first]
    for _ in range(600):
        await asyncio.sleep(0.05)
        if not lane.pids:
            break
    assert await pid(lane) != first


async def test_what_is_quickly_done_does_not_wait_for_workers_that_are_stuck(make: MakeLane) -> None:
    lane = make(spare=1)
    first = await pid(lane)
    stuck = asyncio.create_task(lane.judge(b"hang 25", ""))
    await asyncio.sleep(0.5)
    assert await pid(lane) != first
    assert not stuck.done()
    assert len(lane.pids) == 2
    queued = asyncio.create_task(lane.judge(b"hang 25", ""))
    await asyncio.sleep(0.5)
    last = asyncio.create_task(pid(lane))
    await asyncio.sleep(0.5)
    assert not last.done()
    assert len(lane.pids) == 2
    await asyncio.to_thread(lane.stop)
    await asyncio.gather(stuck, queued, last, return_exceptions=True)


async def test_workers_that_are_merely_busy_get_no_help(make: MakeLane) -> None:
    lane = make(spare=2)
    await pid(lane)
    await asyncio.gather(*(lane.judge(b"who", "") for _ in range(50)))
    assert len(lane.pids) == 1


async def test_a_body_that_comes_as_a_spare_worker_leaves_is_judged(make: MakeLane) -> None:
    lane = make(workers=0, spare=1, idle=0.02)
    for pause in range(25):
        await asyncio.sleep(0.018 + pause * 0.0002)
        await pid(lane)


async def test_a_model_that_does_not_load_is_an_error_for_who_starts_and_hides_what_comes(make: MakeLane) -> None:
    lane = make(probes.broken)
    with pytest.raises(WorkerLost, match="RuntimeError: no model today"):
        await asyncio.wrap_future(lane.start())
    assert failure(await lane.judge(b"who", "")) is Failure.INTERNAL


async def test_a_fault_of_the_lane_costs_one_body(make: MakeLane, monkeypatch: pytest.MonkeyPatch) -> None:
    lane = make()
    await pid(lane)
    with monkeypatch.context() as patched:
        patched.setattr("geacc_proxy.classify.process.answers.read", lambda answer: {}["missing"])
        assert failure(await lane.judge(b"who", "")) is Failure.INTERNAL
    await pid(lane)


async def test_stopping_answers_all_who_wait_and_leaves_no_process(make: MakeLane) -> None:
    lane = make(workers=2)
    await pid(lane)
    asked = [asyncio.create_task(lane.judge(b"hang 60", "")) for _ in range(6)]
    await asyncio.sleep(0.2)
    pids = lane.pids
    await asyncio.to_thread(lane.stop)
    for task in asked:
        assert failure(await task) in (Failure.INTERNAL, Failure.WORKER_DIED)
    assert failure(await lane.judge(b"who", "")) is Failure.INTERNAL
    assert lane.pids == []
    for one in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(one, 0)
