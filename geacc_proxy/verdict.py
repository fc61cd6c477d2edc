"""The words that every room speaks.

Two kinds of knowledge never mix. `Scores` depend on the bytes and the model alone: they are cached by digest and
shared. A `Decision` depends on scores and on who asks, where and when: it is cheap and never cached.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


class Failure(StrEnum):
    """Why a body has no scores."""

    NOT_A_PICTURE = "not-a-picture"
    """No picture format that a browser shows; nothing to judge."""
    TINY = "tiny"
    """So few pixels that they can show nothing; not judged."""
    UNREADABLE = "unreadable"
    """It begins like a picture and does not decode."""
    TOO_LARGE = "too-large"
    """More bytes, pixels or frames than the caps allow."""
    PARTIAL = "partial"
    """A fragment of a picture: it cannot be judged on its own."""
    TOO_MANY_PIECES = "too-many-pieces"
    """Tiny, and one of more than a page needs."""
    TOO_MANY_EMBEDDED = "too-many-embedded"
    """One of more pictures inside a single text than are judged."""
    TIMED_OUT = "timed-out"
    """The worker, or the wait for one, took longer than the deadline."""
    WORKER_DIED = "worker-died"
    """The worker process ended while it was at it: out of memory or crashed."""
    INTERNAL = "internal-error"
    """A fault of ours; the program's log has the details."""
    UNASKED = "unasked"
    """Nobody wants it judged: filtering is off."""

    @property
    def depends_on_bytes_alone(self) -> bool:
        """Whether the same bytes would fail in the same way again, whatever the load."""
        return self in (Failure.NOT_A_PICTURE, Failure.TINY, Failure.UNREADABLE, Failure.TOO_LARGE)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of a picture without judging it.

    Attributes:
        format: lower-case name, such as `jpeg`; empty where unknown.
        width: pixels as shown, after EXIF rotation; 0 where unknown.
        height: as width.
    """

    format: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Scores:
    """What a model says of one picture.

    Attributes:
        picture: its format and size.
        model: name and version of the model, such as `nsfwjs-mobilenet_v2@4.4.0`.
        malign: 0…1, the sum of the malign labels' scores, of the worst frame.
        labels: score by label, each 0…1, of the worst frame, in the order of the model that had the last word.
        frames: how many views were judged: frames, tiles and pictures within it, on white and on black.
        decode_ms: CPU-side time to decode and resize, milliseconds.
        model_ms: time of the model, milliseconds.
        opinions: where a second model was asked, the malign score by model, each 0…1, the first one's first.
        likeness: 64-bit perceptual hash of the whole picture as first shown; None where unknown.
    """

    picture: Picture
    model: str
    malign: float
    labels: tuple[tuple[str, float], ...]
    frames: int = 1
    decode_ms: float = 0.0
    model_ms: float = 0.0
    opinions: tuple[tuple[str, float], ...] = ()
    likeness: int | None = None

    @property
    def benign(self) -> float:
        """1 - malign, 0…1."""
        return max(0.0, 1.0 - self.malign)


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A body without scores, and why.

    Attributes:
        failure: the kind.
        detail: one line for a person; never the picture's content.
        picture: what the header told before it failed.
    """

    failure: Failure
    detail: str = ""
    picture: Picture = field(default_factory=Picture)


Verdict = Scores | Unjudged


@dataclass(frozen=True, slots=True)
class Context:
    """Who asked for the bytes, where and when.

    Attributes:
        url: the picture's address, or a file's path.
        page: the address of the page it belongs to (Referer), empty where unknown.
        device: the device's name or address.
        profile: the name of the profile in force.
        content_type: as declared by the origin, without parameters, lower case.
        destination: `Sec-Fetch-Dest`, empty where absent.
        time: when, timezone-aware.
        site: the host that the bytes come from, as the gateway has checked it; empty where it cannot. The address alone
            is what the client says.
    """

    url: str = ""
    page: str = ""
    device: str = ""
    profile: str = ""
    content_type: str = ""
    destination: str = ""
    time: datetime = field(default_factory=lambda: datetime.now(UTC))
    site: str = ""


class Action(StrEnum):
    """What happens to a picture."""

    SHOW = "show"
    HIDE = "hide"


class Reason(StrEnum):
    """Why; the wire name stands in the block log."""

    BENIGN = "benign"
    MALIGN = "malign"
    NOT_A_PICTURE = "not-a-picture"
    TINY = "tiny"
    TOO_MANY_PIECES = "too-many-pieces"
    """More tiny pictures than a page needs, enough to be put together into one that is not."""
    TOO_MANY_EMBEDDED = "too-many-embedded"
    """More pictures inside one text than are judged."""
    UNREADABLE = "unreadable"
    TOO_LARGE = "too-large"
    TIMED_OUT = "timed-out"
    WORKER_DIED = "worker-died"
    PARTIAL = "partial"
    """A fragment of a picture: it cannot be judged on its own."""
    INTERNAL = "internal-error"
    NOT_FILTERED = "not-filtered"
    """The profile, or a pause, has filtering off."""
    TRUSTED_SITE = "trusted-site"
    RELEASED = "released"
    """A parent has it shown."""
    FORBIDDEN = "forbidden"
    """A parent has it hidden."""
    BLOCKED_SITE = "blocked-site"
    BLOCK_LIST = "block-list"
    OUT_OF_HOURS = "out-of-hours"
    TIME_UP = "time-up"
    VIDEO = "video"
    """A video where there are to be none."""
    BYPASS = "bypass"
    """A service by which the filter could be gone round."""

    @property
    def explanation(self) -> str:
        """One sentence that a parent understands."""
        return _EXPLANATIONS[self]


_EXPLANATIONS = {
    Reason.BENIGN: "fit for a general audience",
    Reason.MALIGN: "not fit for a general audience",
    Reason.NOT_A_PICTURE: "not a picture",
    Reason.TINY: "too small to show anything",
    Reason.TOO_MANY_PIECES: "one of very many tiny pictures, which together could show anything",
    Reason.TOO_MANY_EMBEDDED: "one of more pictures inside a single page or script than are checked",
    Reason.UNREADABLE: "damaged or of an unknown kind, so it could not be checked",
    Reason.TOO_LARGE: "too large to be checked",
    Reason.TIMED_OUT: "checking it took too long",
    Reason.WORKER_DIED: "it broke the checker, as traps do",
    Reason.PARTIAL: "only a part of a picture came, which cannot be checked",
    Reason.INTERNAL: "the filter failed on it; see the program's log",
    Reason.NOT_FILTERED: "filtering is off",
    Reason.TRUSTED_SITE: "pictures of this site are not filtered",
    Reason.RELEASED: "a parent has released it",
    Reason.FORBIDDEN: "a parent has hidden it",
    Reason.BLOCKED_SITE: "a parent has closed this site",
    Reason.BLOCK_LIST: "this site is on a block list",
    Reason.OUT_OF_HOURS: "the internet is closed at this hour",
    Reason.TIME_UP: "today's time is used up",
    Reason.VIDEO: "videos are off",
    Reason.BYPASS: "it would lead round the filter",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy makes of a verdict.

    Attributes:
        action: show or hide.
        reason: why.
        profile: the profile that decided.
        strictness: its strictness at that moment.
        threshold: the malign score from which pictures are hidden, 0…1.
        noted: whether it would be hidden if the profile did more than log.
        effect: what stands in its place: `placeholder`, `blur` or `pixelate`.
    """

    action: Action
    reason: Reason
    profile: str
    strictness: str
    threshold: float
    noted: bool = False
    effect: str = "placeholder"

    @property
    def hidden(self) -> bool:
        """Whether the picture is kept from the screen."""
        return self.action is Action.HIDE


@dataclass(frozen=True, slots=True)
class Judgement:
    """The whole answer to one body.

    Attributes:
        decision: what happens.
        verdict: what the model said, or why it could not.
        digest: BLAKE2b-128 of the body, hexadecimal.
        cached: whether the verdict was known before.
        elapsed_ms: from the door to the answer, milliseconds.
    """

    decision: Decision
    verdict: Verdict
    digest: str
    cached: bool = False
    elapsed_ms: float = 0.0
