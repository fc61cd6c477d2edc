"""The one door: whatever happens behind it, there is a judgement."""

from __future__ import annotations

import pytest

from geacc_proxy.classify.classifier import Classified
from geacc_proxy.classify.digest import digest
from geacc_proxy.filter import Filter
from geacc_proxy.policy.pieces import Pieces
from geacc_proxy.verdict import Context, Failure, Picture, Reason, Scores, Unjudged, Verdict

TINY = Unjudged(Failure.TINY, "4×4", Picture("png", 4, 4))
NO_PICTURE = Unjudged(Failure.NOT_A_PICTURE)


class Known:
    """A classifier that has one answer to everything it has seen."""

    def __init__(self, answer: Verdict) -> None:
        self.answer = answer
        self.seen: set[str] = set()

    async def classify(self, body: bytes, content_type: str = "") -> Classified:
        self.seen.add(digest(body))
        return Classified(self.answer, digest(body), cached=False)

    def known(self, name: str, content_type: str = "") -> Verdict | None:
        return self.answer if name in self.seen else None


def scores(malign: float) -> Scores:
    return Scores(Picture("png", 40, 30), "m@1", malign, (("neutral", 1 - malign), ("porn", malign)))


def door(answer: Verdict, pieces: int = 64) -> Filter:
    return Filter(Known(answer), {"strict": 0.5}, pieces=Pieces(pieces))


async def test_tiny_pictures_are_shown_up_to_so_many_on_a_page() -> None:
    filtering = door(TINY, pieces=3)
    context = Context(url="https://a.test/x.png", page="https://a.test/", device="phone")
    judgements = [await filtering.judge(bytes([number]), context) for number in range(5)]
    assert [judgement.decision.reason for judgement in judgements] == [Reason.TINY] * 3 + [Reason.TOO_MANY_PIECES] * 2
    assert [judgement.decision.hidden for judgement in judgements] == [False] * 3 + [True] * 2


@pytest.mark.parametrize(
    ("content_type", "destination", "hidden"),
    [
        ("image/x-unknown", "", True),
        ("application/octet-stream", "image", True),
        ("application/pdf", "image", True),
        ("application/octet-stream", "", False),
        ("text/html", "image", False),
        ("application/json", "image", False),
    ],
)
async def test_what_somebody_takes_for_a_picture_and_nobody_can_judge_is_hidden(
    content_type: str, destination: str, hidden: bool
) -> None:
    judgement = await door(NO_PICTURE).judge(b"?", Context(content_type=content_type, destination=destination))
    assert judgement.decision.hidden is hidden


async def test_what_was_judged_is_recalled_and_the_rest_is_not_known() -> None:
    for malign, shown in ((0.1, True), (0.9, False)):
        filtering = door(scores(malign))
        assert filtering.recall(digest(b"a"), Context()) is None
        await filtering.judge(b"a", Context())
        assert filtering.recall(digest(b"a"), Context()) is shown
