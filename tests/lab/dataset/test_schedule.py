"""Whose turn it is, on a clock that tests turn."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from geacc_proxy.lab.dataset.listing import Row
from geacc_proxy.lab.dataset.schedule import Schedule, Task


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def tasks(*hosts: str) -> Iterator[Task]:
    return (Task(Row(line, f"http://{host}/{line}", "a"), host) for line, host in enumerate(hosts))


def taken(schedule: Schedule) -> Task:
    task = schedule.take()
    assert task is not None
    return task


def test_a_host_is_asked_for_so_many_at_once_and_others_are_not_kept_waiting() -> None:
    schedule = Schedule(tasks("a", "a", "a", "a", "b"), per_host=2, delay=0, clock=Clock())
    first, second, third = taken(schedule), taken(schedule), taken(schedule)
    assert [task.host for task in (first, second, third)] == ["a", "a", "b"]
    schedule.done(first)
    assert taken(schedule).row.line == 2


def test_two_tasks_of_a_host_are_so_far_apart_at_least() -> None:
    clock = Clock()
    schedule = Schedule(tasks("a", "a", "b"), per_host=2, delay=5, clock=clock)
    assert [taken(schedule).host for _ in range(2)] == ["a", "b"]
    clock.now += 5
    assert taken(schedule).row.line == 1


def test_a_task_comes_again_when_its_time_has_come_and_others_of_its_host_go_on() -> None:
    clock = Clock()
    schedule = Schedule(tasks("a", "a"), per_host=1, delay=0, clock=clock)
    failed = taken(schedule)
    schedule.again(failed, 30)
    other = taken(schedule)
    assert other.row.line == 1
    schedule.done(other)
    clock.now += 30
    assert taken(schedule) is failed


def test_a_host_that_asks_for_patience_is_left_alone() -> None:
    clock = Clock()
    schedule = Schedule(tasks("a", "a", "b"), per_host=1, delay=0, clock=clock)
    schedule.again(taken(schedule), 30, whole_host=True)
    assert taken(schedule).host == "b"
    clock.now += 30
    assert {taken(schedule).host} == {"a"}


def test_there_is_nothing_left_only_when_nothing_is_in_hand() -> None:
    schedule = Schedule(tasks("a"), per_host=1, delay=0, clock=Clock())
    task = taken(schedule)
    got: list[Task | None] = []
    thread = threading.Thread(target=lambda: got.extend([schedule.take(), schedule.take()]))
    thread.start()
    schedule.again(task, 0)
    while not got and thread.is_alive():
        thread.join(0.01)
        if schedule._in_hand:
            break
    schedule.done(task)
    thread.join(10)
    assert got == [task, None]


def test_who_waits_is_let_go_when_it_stops() -> None:
    schedule = Schedule(tasks("a", "a"), per_host=1, delay=0, clock=Clock())
    taken(schedule)
    got: list[Task | None] = []
    thread = threading.Thread(target=lambda: got.append(schedule.take()))
    thread.start()
    schedule.stop()
    thread.join(10)
    assert got == [None]


def test_no_more_is_read_than_a_little_ahead() -> None:
    read = []

    def source() -> Iterator[Task]:
        for line in range(1000):
            read.append(line)
            yield Task(Row(line, "", "a"), "a")

    schedule = Schedule(source(), per_host=1, delay=0, clock=Clock(), ahead=10)
    taken(schedule)
    assert len(read) == 10


def test_it_counts_how_often_in_a_row_a_host_was_not_reached() -> None:
    schedule = Schedule(tasks("a", "a", "a", "a"), per_host=4, delay=0, clock=Clock())
    for reached, count in ((False, 1), (False, 2), (True, 0), (False, 1)):
        schedule.done(taken(schedule), reached=reached)
        assert schedule.unreached("a") == count
