"""Which sites are open to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from geacc_proxy.policy.admission import admit, trusts
from geacc_proxy.policy.device import Device
from geacc_proxy.policy.house import House, Rules
from geacc_proxy.policy.override import Override, Overrides, Scope
from geacc_proxy.policy.profile import UNDER_12, Profile
from geacc_proxy.policy.schedule import Schedule, Slot
from geacc_proxy.policy.sites import HostSet, SiteRules
from geacc_proxy.verdict import Action, Reason

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TABLET = Device("tablet", profile="under-12")
EVENINGS = Schedule((Slot(frozenset(range(7)), time(18), time(20)),))


def holding(profile: Profile = UNDER_12, *, device: Device = TABLET, used: int = 0, **house: object) -> Rules:
    return House(profiles={profile.name: profile}, zone=UTC, **house).rules(device, NOON, used)  # type: ignore[arg-type]


def reason(rules: Rules, host: str) -> Reason | None:
    refusal = admit(rules, host)
    return refusal.reason if refusal else None


def test_everything_is_open_where_nobody_has_closed_anything() -> None:
    assert admit(holding(), "example.com") is None


def test_a_blocked_site_is_closed_with_all_that_is_below_it_and_the_entry_is_told() -> None:
    rules = holding(replace(UNDER_12, sites=SiteRules(block=HostSet(["bad.example"]))))
    refusal = admit(rules, "www.bad.example")
    assert refusal is not None
    assert (refusal.reason, refusal.detail) == (Reason.BLOCKED_SITE, "bad.example")
    assert admit(rules, "notbad.example") is None


def test_a_block_list_closes_and_an_allowed_site_stands_above_it() -> None:
    lists = {"ads": HostSet(["ads.example", "school.example"])}
    profile = replace(UNDER_12, block_lists=("ads", "gone"), sites=SiteRules(allow=HostSet(["school.example"])))
    rules = holding(profile, lists=lists)
    assert reason(rules, "x.ads.example") is Reason.BLOCK_LIST
    assert reason(rules, "school.example") is None


@pytest.mark.parametrize(
    ("profile", "used", "expected"),
    [
        (replace(UNDER_12, schedule=EVENINGS), 0, Reason.OUT_OF_HOURS),
        (replace(UNDER_12, daily_minutes=30), 30, Reason.TIME_UP),
        (replace(UNDER_12, daily_minutes=30), 29, None),
    ],
)
def test_hours_and_minutes_close_all_but_allowed_sites(profile: Profile, used: int, expected: Reason | None) -> None:
    allowing = replace(profile, sites=SiteRules(allow=HostSet(["school.example"])))
    rules = holding(allowing, used=used)
    assert reason(rules, "games.example") is expected
    assert reason(rules, "school.example") is None


def test_a_pause_opens_sites_but_not_the_hours() -> None:
    blocking = replace(UNDER_12, sites=SiteRules(block=HostSet(["bad.example"])))
    paused = replace(TABLET, paused_until=NOON + timedelta(minutes=5))
    assert reason(holding(blocking, device=paused), "bad.example") is None
    assert reason(holding(replace(blocking, schedule=EVENINGS), device=paused), "bad.example") is Reason.OUT_OF_HOURS


def test_a_parents_yes_opens_a_site_for_that_device_until_it_ends() -> None:
    blocking = replace(UNDER_12, sites=SiteRules(block=HostSet(["bad.example"])))
    yes = Override("1", Action.SHOW, Scope.OPEN, "bad.example", "tablet", NOON + timedelta(hours=1), NOON)
    assert reason(holding(blocking, overrides=Overrides.of([yes])), "www.bad.example") is None
    over = replace(yes, until=NOON)
    assert reason(holding(blocking, overrides=Overrides.of([over])), "bad.example") is Reason.BLOCKED_SITE
    for_another = replace(yes, device="phone")
    assert reason(holding(blocking, overrides=Overrides.of([for_another])), "bad.example") is Reason.BLOCKED_SITE


def test_trust_in_pictures_holds_for_the_host_and_for_the_page() -> None:
    rules = holding(replace(UNDER_12, sites=SiteRules(unfiltered=HostSet(["museum.example"]))))
    assert trusts(rules, "img.museum.example", "")
    assert trusts(rules, "cdn.example", "museum.example")
    assert not trusts(rules, "cdn.example", "")
    assert not trusts(rules)
