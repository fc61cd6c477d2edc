"""The decision on one picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from geacc_proxy.policy.admission import trusts
from geacc_proxy.policy.house import Rules
from geacc_proxy.policy.profile import Filtering, Profile
from geacc_proxy.verdict import Action, Decision, Failure, Reason, Scores, Unjudged, Verdict

MALIGN = "malign"
"""In a profile's limits, the sum of the malign labels."""
_REASONS = {
    Failure.NOT_A_PICTURE: Reason.NOT_A_PICTURE,
    Failure.TINY: Reason.TINY,
    Failure.TOO_MANY_PIECES: Reason.TOO_MANY_PIECES,
    Failure.TOO_MANY_EMBEDDED: Reason.TOO_MANY_EMBEDDED,
    Failure.UNREADABLE: Reason.UNREADABLE,
    Failure.TOO_LARGE: Reason.TOO_LARGE,
    Failure.PARTIAL: Reason.PARTIAL,
    Failure.TIMED_OUT: Reason.TIMED_OUT,
    Failure.WORKER_DIED: Reason.WORKER_DIED,
    Failure.INTERNAL: Reason.INTERNAL,
    Failure.UNASKED: Reason.NOT_FILTERED,
}


def decide(
    verdict: Verdict,
    rules: Rules,
    thresholds: Mapping[str, float],
    *,
    digest: str = "",
    url: str = "",
    hosts: tuple[str, ...] = (),
    claims_picture: bool = True,
) -> Decision:
    """What the rules make of `verdict`.

    A parent's answer on the picture stands above everything, then the sites whose pictures are not filtered, then the
    scores.

    Args:
        verdict: scores, or why there are none.
        rules: what holds for who asks.
        thresholds: malign score, 0…1, from which a picture is hidden, by strictness.
        digest: of the bytes; empty where they are not known.
        url: the picture's address.
        hosts: the hosts that it comes from and that it is shown on, as far as they are known for sure.
        claims_picture: whether the origin declared the body to be a picture. Bytes that no browser paints are hidden
            all the same where they claim to be one: some browser may know a format that we do not.
    """
    profile = rules.profile
    threshold = dict(profile.limits).get(MALIGN, thresholds[profile.strictness])
    if rules.filtering is Filtering.OFF:
        hide, reason = False, Reason.NOT_FILTERED
    else:
        hide, reason = _answered(verdict, rules, digest, url) or (
            (False, Reason.TRUSTED_SITE)
            if trusts(rules, *hosts)
            else _judged(verdict, profile, threshold, claims_picture=claims_picture)
        )
    shown = not hide or rules.filtering is Filtering.MONITOR
    action = Action.SHOW if shown else Action.HIDE
    return Decision(
        action,
        reason,
        profile.name,
        profile.strictness,
        threshold,
        noted=hide and shown,
        effect=profile.effect,
    )


def _answered(verdict: Verdict, rules: Rules, digest: str, url: str) -> tuple[bool, Reason] | None:
    likeness = verdict.likeness if isinstance(verdict, Scores) else None
    override = rules.overrides.of_picture(digest, url, likeness, rules.device.key, rules.at)
    if override is None:
        return None
    hide = override.action is Action.HIDE
    return hide, Reason.FORBIDDEN if hide else Reason.RELEASED


def _judged(verdict: Verdict, profile: Profile, threshold: float, *, claims_picture: bool) -> tuple[bool, Reason]:
    match verdict:
        case Scores():
            hide = verdict.malign >= threshold or _over_a_limit(verdict, profile)
            return hide, Reason.MALIGN if hide else Reason.BENIGN
        case Unjudged(failure=Failure.NOT_A_PICTURE) if not claims_picture:
            return False, Reason.NOT_A_PICTURE
        case Unjudged(failure=Failure.TINY):
            return False, Reason.TINY
        case Unjudged():
            return profile.hide_unjudged, _REASONS[verdict.failure]
        case _:
            assert_never(verdict)


def _over_a_limit(scores: Scores, profile: Profile) -> bool:
    if not profile.limits:
        return False
    limits = dict(profile.limits)
    return any(score >= limits[label] for label, score in scores.labels if label in limits)
