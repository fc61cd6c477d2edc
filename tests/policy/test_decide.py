"""Scores and circumstances to a decision."""

import pytest

from geacc_proxy.policy.decide import decide
from geacc_proxy.policy.profile import UNDER_12, Profile, Strictness
from geacc_proxy.verdict import Action, Failure, Picture, Reason, Scores, Unjudged


def scores(malign: float) -> Scores:
    return Scores(Picture("png", 10, 10), "m@1", malign, (("neutral", 1 - malign), ("porn", malign)))


@pytest.mark.parametrize(
    ("malign", "action"), [(0.0, Action.SHOW), (0.4999, Action.SHOW), (0.5, Action.HIDE), (1.0, Action.HIDE)]
)
def test_a_picture_is_hidden_from_the_threshold_on(malign: float, action: Action) -> None:
    decision = decide(scores(malign), UNDER_12, 0.5)
    assert decision.action is action
    assert decision.threshold == 0.5
    assert decision.profile == "under-12"


@pytest.mark.parametrize("failure", [failure for failure in Failure if failure is not Failure.TINY])
def test_what_cannot_be_judged_is_hidden_for_a_young_child_with_its_reason(failure: Failure) -> None:
    decision = decide(Unjudged(failure), UNDER_12, 0.5)
    assert decision.hidden
    assert decision.reason.value == failure.value


@pytest.mark.parametrize("failure", [failure for failure in Failure if failure is not Failure.NOT_A_PICTURE])
def test_a_profile_may_show_what_cannot_be_judged(failure: Failure) -> None:
    adult = Profile("adult", Strictness.LENIENT, hide_unjudged=False)
    assert not decide(Unjudged(failure), adult, 0.9).hidden


def test_a_body_that_never_claimed_to_be_a_picture_and_is_none_passes() -> None:
    decision = decide(Unjudged(Failure.NOT_A_PICTURE), UNDER_12, 0.5, claims_picture=False)
    assert not decision.hidden
    assert decision.reason is Reason.NOT_A_PICTURE


def test_every_reason_is_explained_in_words() -> None:
    assert all(len(reason.explanation) > 5 for reason in Reason)


def test_what_is_too_small_to_show_anything_is_shown() -> None:
    decision = decide(Unjudged(Failure.TINY), UNDER_12, 0.5)
    assert not decision.hidden
    assert decision.reason is Reason.TINY
