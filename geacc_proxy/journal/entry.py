"""One line of the block log."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from geacc_proxy.journal.clean import clean_text, clean_url
from geacc_proxy.verdict import Action, Context, Judgement, Reason, Scores

FIELDS = (
    "time",
    "device",
    "profile",
    "page",
    "url",
    "digest",
    "width",
    "height",
    "format",
    "malign",
    "scores",
    "model",
    "decision",
    "reason",
)
"""The keys of a JSON line, and the columns of a CSV file, in this order."""

_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of one picture. Its text is cleaned on the way in: it can never hold a password.

    Attributes:
        time: when it was decided; any time zone is accepted, UTC is kept.
        device: the device's name or address.
        profile: the profile in force.
        page: the address of the page the picture belongs to, empty where unknown.
        url: the picture's address, at most 2,048 characters.
        digest: BLAKE2b-128 of the body, hexadecimal.
        width: pixels, 0 where unknown.
        height: as width.
        format: such as `jpeg`, empty where unknown.
        malign: 0…1, None where there are no scores.
        scores: score by label, each 0…1, in the model's order; then, where a second model was asked, the malign score
            by model; empty where there are none.
        model: name and version, empty where there are no scores.
        decision: `hide` or `show`.
        reason: the wire name of a `Reason`.
        likeness: perceptual hash, 0…2^64-1; None where unknown. No part of a JSON line.

    Raises:
        ValueError: where the time has no time zone.
    """

    time: datetime
    device: str
    profile: str
    page: str
    url: str
    digest: str
    width: int
    height: int
    format: str
    malign: float | None
    scores: tuple[tuple[str, float], ...]
    model: str
    decision: str
    reason: str
    likeness: int | None = None

    def __post_init__(self) -> None:
        keep = object.__setattr__
        if self.time.tzinfo is None:
            raise ValueError("an entry's time needs a time zone")
        keep(self, "time", self.time.astimezone(UTC))
        keep(self, "page", clean_url(self.page))
        keep(self, "url", clean_url(self.url))
        for name in ("device", "profile", "digest", "format", "model", "decision", "reason"):
            keep(self, name, clean_text(getattr(self, name)))
        for name in ("width", "height"):
            keep(self, name, min(max(int(getattr(self, name)), 0), _LARGEST))
        if self.malign is not None:
            keep(self, "malign", float(self.malign) if math.isfinite(self.malign) else None)
        if self.likeness is not None and not 0 <= self.likeness < 2**64:
            keep(self, "likeness", None)
        keep(
            self,
            "scores",
            tuple((clean_text(label), float(score)) for label, score in self.scores if math.isfinite(score)),
        )

    @classmethod
    def of(cls, judgement: Judgement, context: Context) -> Self:
        """Returns the line for a judgement; scores are rounded to six decimals."""
        verdict, decision = judgement.verdict, judgement.decision
        scores = verdict if isinstance(verdict, Scores) else None
        return cls(
            time=context.time,
            device=context.device,
            profile=decision.profile,
            page=context.page,
            url=context.url,
            digest=judgement.digest,
            width=verdict.picture.width,
            height=verdict.picture.height,
            format=verdict.picture.format,
            malign=round(float(scores.malign), 6) if scores else None,
            scores=tuple((name, round(score, 6)) for name, score in scores.labels + scores.opinions) if scores else (),
            model=scores.model if scores else "",
            decision=decision.action.value,
            reason=decision.reason.value,
            likeness=scores.likeness if scores else None,
        )

    @classmethod
    def refused(cls, reason: Reason, context: Context, profile: str) -> Self:
        """Returns the line for what was not even fetched: a closed site, a video, the internet after hours.

        Args:
            reason: why.
            context: who asked for what.
            profile: the name of the profile that decided.
        """
        return cls(
            time=context.time,
            device=context.device,
            profile=profile,
            page=context.page,
            url=context.url,
            digest="",
            width=0,
            height=0,
            format="",
            malign=None,
            scores=(),
            model="",
            decision=Action.HIDE.value,
            reason=reason.value,
        )

    def to_json(self) -> dict[str, Any]:
        """Returns the JSON object, its keys in the order of `FIELDS`; time as ISO 8601 in UTC."""
        values: dict[str, Any] = {name: getattr(self, name) for name in FIELDS}
        values["time"] = self.time.isoformat(timespec="microseconds")
        values["scores"] = dict(self.scores)
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Returns the entry of a JSON object.

        Raises:
            ValueError: where a key is missing or unknown, or the time cannot be read.
        """
        if set(values) != set(FIELDS):
            wrong = ", ".join(sorted(set(values) ^ set(FIELDS)))
            raise ValueError(f"a line of the block log has exactly the keys {', '.join(FIELDS)}; wrong: {wrong}")
        return cls(
            **{
                **values,
                "time": datetime.fromisoformat(values["time"]),
                "scores": tuple(values["scores"].items()),
            }
        )
