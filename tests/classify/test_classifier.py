"""Known already, or computed once however many ask."""

import asyncio

import pytest

from geacc_proxy.classify.cache import VerdictCache
from geacc_proxy.classify.classifier import Classifier
from geacc_proxy.images.caps import Caps
from geacc_proxy.verdict import Failure, Picture, Scores, Unjudged, Verdict

SCORES = Scores(Picture("png", 1, 1), "m@1", 0.25, (("neutral", 0.75), ("porn", 0.25)))


class CountingJudge:
    """Answers `verdict` after `seconds`, and counts."""

    def __init__(self, verdict: Verdict = SCORES, seconds: float = 0.01) -> None:
        self.verdict = verdict
        self.seconds = seconds
        self.calls: list[tuple[bytes, str]] = []

    async def judge(self, body: bytes, content_type: str) -> Verdict:
        self.calls.append((body, content_type))
        await asyncio.sleep(self.seconds)
        return self.verdict


async def test_many_who_ask_at_once_share_one_computation() -> None:
    judge = CountingJudge()
    classifier = Classifier(judge, Caps())
    answers = await asyncio.gather(*(classifier.classify(b"same") for _ in range(50)))
    assert len(judge.calls) == 1
    assert {answer.verdict for answer in answers} == {SCORES}


async def test_what_was_judged_is_known() -> None:
    judge = CountingJudge()
    classifier = Classifier(judge, Caps())
    first, second = await classifier.classify(b"a"), await classifier.classify(b"a")
    assert (first.cached, second.cached) == (False, True)
    assert first.digest == second.digest
    assert len(first.digest) == 32
    statistics = classifier.cache.statistics
    assert (statistics.hits, statistics.misses) == (1, 1)


async def test_the_cache_is_bounded_by_count() -> None:
    classifier = Classifier(CountingJudge(seconds=0), Caps(), cache=VerdictCache(3))
    for number in range(10):
        await classifier.classify(bytes([number]))
    assert len(classifier.cache) == 3


async def test_the_same_bytes_are_judged_again_as_svg() -> None:
    judge = CountingJudge()
    classifier = Classifier(judge, Caps())
    await classifier.classify(b"a", "text/plain")
    await classifier.classify(b"a", "image/svg+xml")
    assert [content_type for _, content_type in judge.calls] == ["text/plain", "image/svg+xml"]


async def test_one_who_loses_patience_hides_and_the_result_is_kept_for_the_next() -> None:
    judge = CountingJudge(seconds=0.2)
    classifier = Classifier(judge, Caps(), patience=0.05)
    first = await classifier.classify(b"a")
    assert isinstance(first.verdict, Unjudged)
    assert first.verdict.failure is Failure.TIMED_OUT
    await asyncio.sleep(0.3)
    assert (await classifier.classify(b"a")).verdict is SCORES
    assert len(judge.calls) == 1


async def test_a_body_beyond_the_cap_is_not_sent_to_a_worker() -> None:
    judge = CountingJudge()
    found = await Classifier(judge, Caps(bytes=10)).classify(b"x" * 11)
    assert isinstance(found.verdict, Unjudged)
    assert found.verdict.failure is Failure.TOO_LARGE
    assert judge.calls == []


@pytest.mark.parametrize("failure", list(Failure))
async def test_a_failure_is_remembered(failure: Failure) -> None:
    judge = CountingJudge(Unjudged(failure))
    classifier = Classifier(judge, Caps())
    await classifier.classify(b"a")
    assert (await classifier.classify(b"a")).cached
    assert len(judge.calls) == 1


async def test_a_verdict_is_known_by_digest_without_work() -> None:
    judge = CountingJudge()
    classifier = Classifier(judge, Caps())
    found = await classifier.classify(b"a", "image/png")
    assert classifier.known(found.digest, "image/webp") == SCORES
    assert classifier.known(found.digest, "image/svg+xml") is None
    assert classifier.known("0" * 32, "image/png") is None
    assert len(judge.calls) == 1
