"""The one door between traffic and judgement."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Protocol

from geacc_proxy.policy.decide import decide
from geacc_proxy.policy.pieces import Pieces
from geacc_proxy.policy.profile import UNDER_12, Profile
from geacc_proxy.verdict import Context, Decision, Failure, Judgement, Picture, Scores, Unjudged, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geacc_proxy.classify.classifier import Classified

_log = logging.getLogger(__name__)


class Classifies(Protocol):
    """What turns bytes into a verdict."""

    async def classify(self, body: bytes, content_type: str = "") -> Classified:
        """The verdict on `body`, without any content encoding."""

    def known(self, name: str, content_type: str = "") -> Verdict | None:
        """The verdict on the bytes with this digest, where it is known; no work is done."""


class Filter:
    """Judges bodies for a profile and tells the witnesses what was hidden."""

    def __init__(
        self,
        classifier: Classifies,
        thresholds: Mapping[str, float],
        *,
        profile: Profile = UNDER_12,
        pieces: Pieces | None = None,
        witnesses: tuple[Callable[[Judgement, Context], None], ...] = (),
    ) -> None:
        """Make a door.

        Args:
            classifier: gives verdicts.
            thresholds: malign score, 0…1, by strictness, from the model's card.
            profile: whose rules hold.
            pieces: counts the tiny pictures of each page.
            witnesses: called with each judgement that hides; must return at once.
        """
        self.profile = profile
        self._classifier = classifier
        self._threshold = thresholds[profile.strictness]
        self._pieces = pieces or Pieces()
        self._witnesses = witnesses

    async def judge(self, body: bytes, context: Context) -> Judgement:
        """The judgement on one body. Closed by default: a fault of ours hides the picture and never raises."""
        start = time.perf_counter()
        try:
            found = await self._classifier.classify(body, context.content_type)
            verdict, name, cached = found.verdict, found.digest, found.cached
        except Exception as error:  # noqa: BLE001  (closed by default: whatever it was, the picture is hidden)
            _log.exception("Classifying failed")
            verdict, name, cached = Unjudged(Failure.INTERNAL, f"{type(error).__name__}: {error}"), "", False
        if _is_tiny(verdict) and not self._pieces.may_show(context.device, context.page or context.url, name):
            verdict = Unjudged(Failure.TOO_MANY_PIECES, "tiny", picture_of(verdict))
        decision = decide(verdict, self.profile, self._threshold, claims_picture=_claims_picture(context))
        return self._tell(decision, verdict, context, name, cached=cached, start=start)

    def recall(self, name: str, context: Context) -> bool | None:
        """Whether a picture that was judged before would be shown today; None where its verdict is not known.

        Args:
            name: the digest of its bytes.
            context: who asks, where and when; its `content_type` as declared then.
        """
        verdict = self._classifier.known(name, context.content_type)
        if verdict is None:
            return None
        if _is_tiny(verdict):
            return self._pieces.may_show(context.device, context.page or context.url, name)
        decision = decide(verdict, self.profile, self._threshold, claims_picture=_claims_picture(context))
        return not decision.hidden

    def refuse(self, failure: Failure, detail: str, context: Context) -> Judgement:
        """The judgement on a body that cannot be looked at, such as one too large to hold or cut out of the middle."""
        verdict = Unjudged(failure, detail)
        decision = decide(verdict, self.profile, self._threshold)
        return self._tell(decision, verdict, context, "", cached=False, start=time.perf_counter())

    def _tell(
        self, decision: Decision, verdict: Verdict, context: Context, name: str, *, cached: bool, start: float
    ) -> Judgement:
        elapsed = (time.perf_counter() - start) * 1e3
        judgement = Judgement(decision, verdict, name, cached, elapsed)
        if decision.hidden:
            for witness in self._witnesses:
                try:
                    witness(judgement, context)
                except Exception:  # noqa: BLE001  (a log that fails must not show the picture)
                    _log.exception("A witness failed")
        return judgement


def _is_tiny(verdict: Verdict) -> bool:
    return isinstance(verdict, Unjudged) and verdict.failure is Failure.TINY


def _claims_picture(context: Context) -> bool:
    """Whether somebody takes the body for a picture: its origin, or a page that asked for it as one.

    What a page asks for as a picture and gets as text is none: that is how sites count visits.
    """
    declared = context.content_type
    return declared.startswith("image/") or (
        context.destination == "image" and not declared.startswith("text/") and "json" not in declared
    )


def picture_of(verdict: Verdict) -> Picture:
    """Format and size, as far as they are known."""
    match verdict:
        case Scores(picture=picture) | Unjudged(picture=picture):
            return picture
