"""The decision on one picture."""

from __future__ import annotations

from typing import assert_never

from geacc_proxy.policy.profile import Profile
from geacc_proxy.verdict import Action, Decision, Failure, Reason, Scores, Unjudged, Verdict

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
}


def decide(verdict: Verdict, profile: Profile, threshold: float, *, claims_picture: bool = True) -> Decision:
    """What `profile` makes of `verdict`.

    Args:
        verdict: scores, or why there are none.
        profile: whose rules hold.
        threshold: malign score, 0…1, from which a picture is hidden at the profile's strictness.
        claims_picture: whether the origin declared the body to be a picture. Bytes that no browser paints are hidden
            all the same where they claim to be one: some browser may know a format that we do not.
    """
    match verdict:
        case Scores():
            hide = verdict.malign >= threshold
            reason = Reason.MALIGN if hide else Reason.BENIGN
        case Unjudged(failure=Failure.NOT_A_PICTURE) if not claims_picture:
            hide, reason = False, Reason.NOT_A_PICTURE
        case Unjudged(failure=Failure.TINY):
            hide, reason = False, Reason.TINY
        case Unjudged():
            hide, reason = profile.hide_unjudged, _REASONS[verdict.failure]
        case _:
            assert_never(verdict)
    action = Action.HIDE if hide else Action.SHOW
    return Decision(action, reason, profile.name, profile.strictness, threshold)
