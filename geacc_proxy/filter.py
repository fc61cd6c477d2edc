"""The one door between traffic and judgement."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from geacc_proxy.images.manner import Manner
from geacc_proxy.policy.decide import decide
from geacc_proxy.policy.house import Rules, constant
from geacc_proxy.policy.pieces import Pieces
from geacc_proxy.policy.profile import UNDER_12, Effect, Filtering
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

    async def depict(self, body: bytes, content_type: str, manner: Manner) -> bytes | None:
        """The picture made unrecognisable, as PNG or JPEG; None where that cannot be had."""


class Witness(Protocol):
    """Is told of judgements; must return at once."""

    def __call__(self, judgement: Judgement, context: Context, /) -> None:
        """One judgement and whom it was made for."""


class Filter:
    """Judges bodies by what holds for who asks, and tells the witnesses what was hidden."""

    def __init__(
        self,
        classifier: Classifies,
        thresholds: Mapping[str, float],
        *,
        rules: Callable[[Context], Rules] | None = None,
        pieces: Pieces | None = None,
        witnesses: tuple[Witness, ...] = (),
        counters: tuple[Witness, ...] = (),
        sketches: Callable[[Judgement, Context, bytes], None] | None = None,
    ) -> None:
        """Make a door.

        Args:
            classifier: gives verdicts.
            thresholds: malign score, 0…1, by strictness, from the model's card.
            rules: what holds for who asks, now; without it what holds for a child under 12.
            pieces: counts the tiny pictures of each page.
            witnesses: told of each judgement that hides, or would if it did more than log.
            counters: told of each judgement.
            sketches: given a blurred, shrunken likeness of what was hidden, for profiles that keep them.
        """
        self._classifier = classifier
        self._thresholds = thresholds
        self._rules = rules or constant(UNDER_12)
        self._pieces = pieces or Pieces()
        self._witnesses = witnesses
        self._counters = counters
        self._sketches = sketches
        self._sketching: set[asyncio.Task[None]] = set()

    async def judge(self, body: bytes, context: Context) -> Judgement:
        """The judgement on one body. Closed by default: a fault of ours hides the picture and never raises."""
        start = time.perf_counter()
        name, cached = "", False
        rules = self._now(context)
        try:
            if rules.filtering is Filtering.OFF:
                verdict: Verdict = Unjudged(Failure.UNASKED, "filtering is off")
            else:
                found = await self._classifier.classify(body, context.content_type)
                verdict, name, cached = found.verdict, found.digest, found.cached
        except Exception as error:  # noqa: BLE001  (closed by default: whatever it was, the picture is hidden)
            _log.exception("Classifying failed")
            verdict = Unjudged(Failure.INTERNAL, f"{type(error).__name__}: {error}")
        if _is_tiny(verdict) and not self._pieces.may_show(context.device, context.page or context.url, name):
            verdict = Unjudged(Failure.TOO_MANY_PIECES, "tiny", picture_of(verdict))
        decision = self._decide(verdict, rules, name, context)
        judgement = self._tell(decision, verdict, context, name, cached=cached, start=start)
        if decision.hidden and rules.profile.thumbnails and self._sketches is not None:
            self._sketch(body, judgement, context)
        return judgement

    async def stand_in(self, body: bytes, judgement: Judgement, context: Context) -> bytes | None:
        """What the profile wants in the place of a hidden picture; None for the placeholder.

        Args:
            body: the hidden picture.
            judgement: the judgement on it.
            context: whom it was made for.
        """
        manner = _MANNERS.get(judgement.decision.effect)
        if manner is None or not judgement.digest:
            return None
        return await self.likeness_of(body, context.content_type, manner)

    async def examine(self, body: bytes, content_type: str = "") -> Classified:
        """The verdict on one body, for nobody in particular: nothing is decided, counted or told.

        Raises:
            Exception: a fault of ours.
        """
        return await self._classifier.classify(body, content_type)

    async def likeness_of(self, body: bytes, content_type: str, manner: Manner) -> bytes | None:
        """A picture made unrecognisable, as PNG or JPEG; None where that cannot be had."""
        try:
            return await self._classifier.depict(body, content_type, manner)
        except Exception:  # noqa: BLE001  (the placeholder takes its place)
            _log.exception("Depicting failed")
            return None

    def _sketch(self, body: bytes, judgement: Judgement, context: Context) -> None:
        async def sketch() -> None:
            drawn = await self.likeness_of(body, context.content_type, Manner.THUMBNAIL)
            if drawn is not None and self._sketches is not None:
                self._sketches(judgement, context, drawn)

        task = asyncio.create_task(sketch())
        self._sketching.add(task)
        task.add_done_callback(self._sketching.discard)

    def _now(self, context: Context) -> Rules:
        try:
            return self._rules(context)
        except Exception:  # noqa: BLE001  (closed by default: what holds for the youngest)
            _log.exception("What holds for a device cannot be told")
            return _STRICTEST(context)

    def _decide(self, verdict: Verdict, rules: Rules, name: str, context: Context) -> Decision:
        return decide(
            verdict,
            rules,
            self._thresholds,
            digest=name,
            url=context.url,
            hosts=(context.site, _host_of_page(context.page)),
            claims_picture=_claims_picture(context),
        )

    def recall(self, name: str, context: Context) -> bool | None:
        """Whether a picture that was judged before would be shown today; None where its verdict is not known.

        Args:
            name: the digest of its bytes.
            context: who asks, where and when; its `content_type` as declared then.
        """
        rules = self._now(context)
        verdict = self._classifier.known(name, context.content_type)
        if verdict is None:
            return True if rules.filtering is Filtering.OFF else None
        if _is_tiny(verdict) and rules.filtering is not Filtering.OFF:
            return self._pieces.may_show(context.device, context.page or context.url, name)
        return not self._decide(verdict, rules, name, context).hidden

    def refuse(self, failure: Failure, detail: str, context: Context) -> Judgement:
        """The judgement on a body that cannot be looked at, such as one too large to hold or cut out of the middle."""
        start = time.perf_counter()
        verdict = Unjudged(failure, detail)
        decision = self._decide(verdict, self._now(context), "", replace(context, content_type="image/unknown"))
        return self._tell(decision, verdict, context, "", cached=False, start=start)

    def _tell(
        self, decision: Decision, verdict: Verdict, context: Context, name: str, *, cached: bool, start: float
    ) -> Judgement:
        elapsed = (time.perf_counter() - start) * 1e3
        judgement = Judgement(decision, verdict, name, cached, elapsed)
        told = self._counters + self._witnesses if decision.hidden or decision.noted else self._counters
        for witness in told:
            try:
                witness(judgement, context)
            except Exception:  # noqa: BLE001  (a log that fails must not show the picture)
                _log.exception("A witness failed")
        return judgement


_STRICTEST = constant(UNDER_12)
_MANNERS: dict[str, Manner] = {Effect.BLUR: Manner.BLUR, Effect.PIXELATE: Manner.PIXELATE}


def _host_of_page(page: str) -> str:
    if not page.startswith(("http://", "https://")):
        return ""
    try:
        return urlsplit(page).hostname or ""
    except ValueError:  # a bracket too many
        return ""


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
