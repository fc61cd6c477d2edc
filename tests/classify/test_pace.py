"""A crowd is slowed down, and a few are not."""

from geacc_proxy.classify.pace import Pace


def test_a_few_do_not_wait_and_the_others_pass_one_after_another() -> None:
    pace = Pace(per_second=10, burst=3, longest=60)
    assert [round(pace.seconds(100.0), 6) for _ in range(6)] == [0, 0, 0, 0.1, 0.2, 0.3]


def test_nobody_waits_longer_than_is_said_and_it_is_over_soon_after_the_crowd() -> None:
    pace = Pace(per_second=10, burst=3, longest=2)
    assert max(pace.seconds(100.0) for _ in range(1000)) == 2
    assert pace.seconds(102.5) == 0


def test_who_comes_no_faster_than_the_pace_never_waits() -> None:
    pace = Pace(per_second=10, burst=1, longest=2)
    assert [pace.seconds(100 + number / 8) for number in range(50)] == [0] * 50
