"""A parent's answers on pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from geacc_proxy.policy.decide import decide
from geacc_proxy.policy.device import Device
from geacc_proxy.policy.house import House, Rules
from geacc_proxy.policy.override import LOOK_ALIKE, Override, Overrides, Scope
from geacc_proxy.policy.profile import UNDER_12, Filtering, Profile
from geacc_proxy.policy.sites import HostSet, SiteRules
from geacc_proxy.verdict import Action, Decision, Picture, Reason, Scores

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HASH = 0x0F0F_1234_5678_9ABC


def answer(scope: Scope, value: str, action: Action = Action.SHOW, minutes: int = 0, **more: object) -> Override:
    made = NOON - timedelta(days=1) + timedelta(minutes=minutes)
    return Override(f"{scope}{minutes}", action, scope, value, made=made, **more)  # type: ignore[arg-type]


def decided(
    *answers: Override, malign: float = 0.9, likeness: int | None = HASH, profile: Profile = UNDER_12
) -> Decision:
    rules: Rules = House(profiles={"under-12": profile}, overrides=Overrides.of(answers), zone=UTC).rules(
        Device("tablet", profile="under-12"), NOON
    )
    scores = Scores(Picture("png", 9, 9), "m@1", malign, (("neutral", 1 - malign), ("sexy", malign)), likeness=likeness)
    where = {"digest": "d", "url": "https://x.test/a.png", "hosts": ("x.test", "page.test")}
    return decide(scores, rules, {"strict": 0.5}, **where)  # type: ignore[arg-type]


def test_a_released_picture_is_shown_and_a_forbidden_one_hidden_whatever_the_model_says() -> None:
    shown = decided(answer(Scope.PICTURE, "d"))
    assert (shown.action, shown.reason) == (Action.SHOW, Reason.RELEASED)
    hidden = decided(answer(Scope.ADDRESS, "https://x.test/a.png", Action.HIDE), malign=0.0)
    assert (hidden.action, hidden.reason) == (Action.HIDE, Reason.FORBIDDEN)


def test_look_alikes_are_those_whose_hashes_are_near() -> None:
    near, far = HASH ^ ((1 << LOOK_ALIKE) - 1), HASH ^ ((1 << (LOOK_ALIKE + 1)) - 1)
    assert not decided(answer(Scope.LOOK_ALIKES, f"{near:016x}")).hidden
    assert decided(answer(Scope.LOOK_ALIKES, f"{far:016x}")).hidden
    assert decided(answer(Scope.LOOK_ALIKES, f"{near:016x}"), likeness=None).hidden


def test_of_two_answers_the_newer_one_counts_and_the_picture_before_its_look_alikes() -> None:
    show, hide = answer(Scope.PICTURE, "d", minutes=1), answer(Scope.PICTURE, "d", Action.HIDE, minutes=2)
    assert decided(show, hide).hidden
    assert not decided(replace(show, made=NOON), hide).hidden
    assert not decided(show, answer(Scope.LOOK_ALIKES, f"{HASH:016x}", Action.HIDE, minutes=5)).hidden


def test_the_nearest_look_alike_counts() -> None:
    near = answer(Scope.LOOK_ALIKES, f"{HASH ^ 1:016x}", Action.HIDE)
    nearest = answer(Scope.LOOK_ALIKES, f"{HASH:016x}", Action.SHOW)
    assert not decided(near, nearest).hidden
    assert not decided(nearest, near).hidden


def test_an_answer_ends_and_holds_for_its_device_alone() -> None:
    assert decided(answer(Scope.PICTURE, "d", until=NOON)).hidden
    assert not decided(answer(Scope.PICTURE, "d", until=NOON + timedelta(seconds=1))).hidden
    assert decided(answer(Scope.PICTURE, "d", device="phone")).hidden
    assert not decided(answer(Scope.PICTURE, "d", device="tablet")).hidden


def test_pictures_of_an_unfiltered_site_are_shown_but_not_one_that_a_parent_has_hidden() -> None:
    profile = replace(UNDER_12, sites=SiteRules(unfiltered=HostSet(["page.test"])))
    assert decided(profile=profile).reason is Reason.TRUSTED_SITE
    assert decided(answer(Scope.PICTURE, "d", Action.HIDE), profile=profile).hidden


def test_a_profile_that_only_logs_shows_and_notes() -> None:
    decision = decided(profile=replace(UNDER_12, filtering=Filtering.MONITOR))
    assert not decision.hidden
    assert decision.noted
    assert decision.reason is Reason.MALIGN
    assert not decided(malign=0.1, profile=replace(UNDER_12, filtering=Filtering.MONITOR)).noted


def test_a_profile_that_is_off_shows_even_what_a_parent_has_hidden_for_others() -> None:
    decision = decided(answer(Scope.PICTURE, "d", Action.HIDE), profile=replace(UNDER_12, filtering=Filtering.OFF))
    assert not decision.hidden
    assert not decision.noted
    assert decision.reason is Reason.NOT_FILTERED


def test_an_experts_limits_take_the_place_of_the_strictness_and_add_labels() -> None:
    assert not decided(malign=0.6, profile=replace(UNDER_12, limits=(("malign", 0.7),))).hidden
    assert decided(malign=0.3, profile=replace(UNDER_12, limits=(("sexy", 0.2),))).hidden
    assert not decided(malign=0.3, profile=replace(UNDER_12, limits=(("sexy", 0.4), ("other", 0.0)))).hidden
