"""Scores and circumstances to a decision."""

from datetime import UTC, datetime

import pytest

from geacc_proxy.policy.decide import decide
from geacc_proxy.policy.device import Device
from geacc_proxy.policy.house import House, Rules
from geacc_proxy.policy.profile import UNDER_12, Profile, Strictness
from geacc_proxy.verdict import Action, Failure, Picture, Reason, Scores, Unjudged

THRESHOLDS = {"strict": 0.5, "lenient": 0.9}


def under(profile: Profile = UNDER_12) -> Rules:
    house = House(profiles={profile.name: profile})
    return house.rules(Device("phone", profile=profile.name), datetime(2026, 1, 5, 12, tzinfo=UTC))


def scores(malign: float) -> Scores:
    return Scores(Picture("png", 10, 10), "m@1", malign, (("neutral", 1 - malign), ("porn", malign)))


@pytest.mark.parametrize(
    ("malign", "action"), [(0.0, Action.SHOW), (0.4999, Action.SHOW), (0.5, Action.HIDE), (1.0, Action.HIDE)]
)
def test_a_picture_is_hidden_from_the_threshold_on(malign: float, action: Action) -> None:
    decision = decide(scores(malign), under(), THRESHOLDS)
    assert decision.action is action
    assert decision.threshold == 0.5
    assert decision.profile == "under-12"


@pytest.mark.parametrize("failure", [failure for failure in Failure if failure not in (Failure.TINY, Failure.UNASKED)])
def test_what_cannot_be_judged_is_hidden_for_a_young_child_with_its_reason(failure: Failure) -> None:
    decision = decide(Unjudged(failure), under(), THRESHOLDS)
    assert decision.hidden
    assert decision.reason.value == failure.value


@pytest.mark.parametrize("failure", [failure for failure in Failure if failure is not Failure.NOT_A_PICTURE])
def test_a_profile_may_show_what_cannot_be_judged(failure: Failure) -> None:
    adult = Profile("adult", Strictness.LENIENT, hide_unjudged=False)
    assert not decide(Unjudged(failure), under(adult), THRESHOLDS).hidden


def test_a_body_that_never_claimed_to_be_a_picture_and_is_none_passes() -> None:
    decision = decide(Unjudged(Failure.NOT_A_PICTURE), under(), THRESHOLDS, claims_picture=False)
    assert not decision.hidden
    assert decision.reason is Reason.NOT_A_PICTURE


def test_every_reason_is_explained_in_words() -> None:
    assert all(len(reason.explanation) > 5 for reason in Reason)


def test_what_is_too_small_to_show_anything_is_shown() -> None:
    decision = decide(Unjudged(Failure.TINY), under(), THRESHOLDS)
    assert not decision.hidden
    assert decision.reason is Reason.TINY
