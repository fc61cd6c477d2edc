"""The one door: whatever happens behind it, there is a judgement."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC

import pytest

from geacc_proxy.classify.classifier import Classified
from geacc_proxy.classify.digest import digest
from geacc_proxy.filter import Filter
from geacc_proxy.images.manner import Manner
from geacc_proxy.policy.device import Device
from geacc_proxy.policy.house import House, Rules, constant
from geacc_proxy.policy.override import Override, Overrides, Scope
from geacc_proxy.policy.pieces import Pieces
from geacc_proxy.policy.profile import UNDER_12, Effect, Filtering, Profile
from geacc_proxy.policy.sites import HostSet, SiteRules
from geacc_proxy.verdict import Action, Context, Failure, Judgement, Picture, Reason, Scores, Unjudged, Verdict

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

    async def depict(self, body: bytes, content_type: str, manner: Manner) -> bytes | None:
        if body == b"trap":
            raise RuntimeError("no")
        return b"drawn " + manner.value.encode()


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


class Told:
    """What the witnesses and counters of a door are told."""

    def __init__(self, answer: Verdict, profile: Profile) -> None:
        self.classifier = Known(answer)
        self.witnessed: list[Judgement] = []
        self.counted: list[Judgement] = []
        self.sketched: list[tuple[str, bytes]] = []
        self.profile = profile
        self.door = Filter(
            self.classifier,
            {"strict": 0.5},
            rules=lambda context: constant(self.profile)(context),
            witnesses=(lambda judgement, _: self.witnessed.append(judgement),),
            counters=(lambda judgement, _: self.counted.append(judgement),),
            sketches=lambda judgement, _, drawn: self.sketched.append((judgement.digest, drawn)),
        )


async def test_where_filtering_is_off_nothing_is_judged_or_told_and_all_is_shown() -> None:
    told = Told(scores(0.9), replace(UNDER_12, filtering=Filtering.OFF))
    judgement = await told.door.judge(b"a", Context())
    assert not judgement.decision.hidden
    assert judgement.decision.reason is Reason.NOT_FILTERED
    assert told.classifier.seen == set()
    assert told.witnessed == []
    assert told.counted == [judgement]
    assert told.door.recall(digest(b"a"), Context()) is True
    told.profile = UNDER_12
    assert told.door.recall(digest(b"a"), Context()) is None, "asked anew, and judged then"


async def test_a_profile_that_only_logs_shows_and_tells_what_it_would_hide() -> None:
    told = Told(scores(0.9), replace(UNDER_12, filtering=Filtering.MONITOR))
    judgement = await told.door.judge(b"a", Context())
    assert not judgement.decision.hidden
    assert told.witnessed == [judgement]


async def test_only_what_is_hidden_is_witnessed_and_everything_is_counted() -> None:
    told = Told(scores(0.1), UNDER_12)
    await told.door.judge(b"a", Context())
    assert told.witnessed == []
    assert len(told.counted) == 1


async def test_a_likeness_is_kept_for_profiles_that_want_it_and_of_hidden_pictures_alone() -> None:
    for profile, malign, kept in (
        (replace(UNDER_12, thumbnails=True), 0.9, [(digest(b"a"), b"drawn thumbnail")]),
        (replace(UNDER_12, thumbnails=True), 0.1, []),
        (UNDER_12, 0.9, []),
    ):
        told = Told(scores(malign), profile)
        await told.door.judge(b"a", Context())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert told.sketched == kept


@pytest.mark.parametrize(
    ("effect", "stand_in"),
    [(Effect.PLACEHOLDER, None), (Effect.BLUR, b"drawn blur"), (Effect.PIXELATE, b"drawn pixelate")],
)
async def test_the_profile_says_what_stands_in(effect: Effect, stand_in: bytes | None) -> None:
    told = Told(scores(0.9), replace(UNDER_12, effect=effect))
    judgement = await told.door.judge(b"a", Context())
    assert await told.door.stand_in(b"a", judgement, Context()) == stand_in
    assert await told.door.stand_in(b"trap", judgement, Context()) is None


async def test_where_what_holds_cannot_be_told_the_strictest_does() -> None:
    def broken(_: Context) -> Rules:
        raise RuntimeError("broken")

    filtering = Filter(Known(scores(0.6)), {"strict": 0.5}, rules=broken)
    judgement = await filtering.judge(b"a", Context())
    assert judgement.decision.hidden
    assert filtering.refuse(Failure.TOO_LARGE, "x", Context()).decision.hidden
    assert filtering.recall(digest(b"a"), Context()) is False


def released(scope: Scope, value: str) -> Callable[[Context], Rules]:
    """What holds where a parent has said yes to one thing."""
    override = Override("1", Action.SHOW, scope, value)
    house = House(profiles={"under-12": UNDER_12}, overrides=Overrides.of([override]), zone=UTC)
    return lambda context: house.rules(Device("tablet", profile="under-12"), context.time)


async def test_a_released_picture_is_recalled_as_shown() -> None:
    filtering = Filter(Known(scores(0.9)), {"strict": 0.5}, rules=released(Scope.PICTURE, digest(b"a")))
    assert not (await filtering.judge(b"a", Context())).decision.hidden
    assert filtering.recall(digest(b"a"), Context()) is True
    assert (await filtering.judge(b"b", Context())).decision.hidden
    assert filtering.recall(digest(b"b"), Context()) is False


@pytest.mark.parametrize(
    ("context", "hidden"),
    [
        (Context(url="https://museum.test/a.png", site="museum.test"), False),
        (Context(url="https://cdn.test/a.png", site="cdn.test", page="https://www.museum.test/x"), False),
        (Context(url="https://museum.test/a.png", site="cdn.test"), True),
        (Context(url="https://cdn.test/a.png", site="cdn.test", page="https://museum.test.evil.test/"), True),
        (Context(url="https://cdn.test/a.png", site="cdn.test", page="data:museum.test"), True),
        (Context(url="https://cdn.test/a.png", site="cdn.test", page="https://[museum.test"), True),
    ],
)
async def test_trust_goes_by_the_host_that_was_checked_and_by_the_page(context: Context, hidden: bool) -> None:
    profile = replace(UNDER_12, sites=SiteRules(unfiltered=HostSet(["museum.test"])))
    filtering = Filter(Known(scores(0.9)), {"strict": 0.5}, rules=constant(profile))
    assert (await filtering.judge(b"a", context)).decision.hidden is hidden
