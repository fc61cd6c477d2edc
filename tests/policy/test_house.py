"""What holds for a device at a moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from geacc_proxy.policy.device import Device, Register, Traits
from geacc_proxy.policy.house import House
from geacc_proxy.policy.profile import ADULT, NEW_DEVICE, TEEN, UNDER_12, Filtering
from geacc_proxy.policy.schedule import Schedule, Slot

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)  # a Monday
TABLET = Device("tablet", profile="under-12", addresses=("192.168.1.5",))


def test_a_device_without_a_profile_gets_the_safe_baseline() -> None:
    rules = House().rules(Device("stranger"), NOON)
    assert rules.profile == NEW_DEVICE
    assert rules.filtering is Filtering.HIDE
    assert rules.profile.hide_unjudged


def test_a_device_whose_profile_is_gone_gets_the_safe_baseline() -> None:
    assert House().rules(Device("tablet", profile="gone"), NOON).profile == NEW_DEVICE


@pytest.mark.parametrize(("after", "filtering"), [(-1, Filtering.OFF), (0, Filtering.HIDE), (1, Filtering.HIDE)])
def test_a_pause_ends_by_itself(after: int, filtering: Filtering) -> None:
    device = replace(TABLET, paused_until=NOON)
    assert House().rules(device, NOON + timedelta(seconds=after)).filtering is filtering


def test_a_pause_for_all_holds_for_each() -> None:
    house = House(paused_until=NOON + timedelta(minutes=5))
    assert house.rules(TABLET, NOON).paused
    assert not house.rules(TABLET, NOON + timedelta(minutes=5)).paused


def test_the_schedule_follows_the_clock_on_the_wall() -> None:
    evening = Schedule((Slot(frozenset(range(7)), time(15), time(19)),))
    house = House(
        profiles={"under-12": replace(UNDER_12, schedule=evening)},
        zone=ZoneInfo("America/New_York"),  # five hours behind in January
    )
    assert not house.rules(TABLET, NOON.replace(hour=19)).in_hours
    assert house.rules(TABLET, NOON.replace(hour=20)).in_hours


def test_minutes_run_out_and_a_bonus_of_today_adds_some() -> None:
    house = House(profiles={"under-12": replace(UNDER_12, daily_minutes=60)}, zone=UTC)
    assert house.rules(TABLET, NOON, used_minutes=45).minutes_left == 15
    assert house.rules(TABLET, NOON, used_minutes=75).minutes_left == 0
    with_bonus = replace(TABLET, bonus=("2026-01-05", 30))
    assert house.rules(with_bonus, NOON, used_minutes=75).minutes_left == 15
    assert house.rules(with_bonus, NOON + timedelta(days=1), used_minutes=75).minutes_left == 0


def test_without_a_limit_nobody_counts_minutes() -> None:
    assert House().rules(replace(TABLET, profile=TEEN.name), NOON, used_minutes=900).minutes_left is None


def test_ready_made_profiles_go_from_strict_to_off() -> None:
    assert UNDER_12.hide_unjudged
    assert UNDER_12.safe_search
    assert not UNDER_12.thumbnails
    assert ADULT.filtering is Filtering.OFF


def test_the_surest_trait_tells_the_device() -> None:
    by_login = Device("laptop", login="anna")
    by_mac = Device("phone", macs=("aa:bb:cc:dd:ee:ff",))
    register = Register.of([TABLET, by_login, by_mac])
    assert register.find(Traits(address="192.168.1.5")) is TABLET
    assert register.find(Traits(address="192.168.1.5", mac="aa:bb:cc:dd:ee:ff")) is by_mac
    assert register.find(Traits(address="192.168.1.5", mac="aa:bb:cc:dd:ee:ff", login="anna")) is by_login
    assert register.find(Traits(address="192.168.1.6")) is None
    assert register.find(Traits()) is None
