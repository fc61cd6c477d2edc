"""Verdicts on their way from a worker that may have been taken over."""

import json
from dataclasses import replace

import pytest

from geacc_proxy.classify.answers import read, written
from geacc_proxy.verdict import Failure, Picture, Scores, Unjudged, Verdict

SCORES = Scores(
    Picture("png", 480, 320), "m@1", 0.25, (("neutral", 0.75), ("porn", 0.25)), 3, 1.5, 2.5, likeness=2**64 - 1
)


@pytest.mark.parametrize(
    "verdict",
    [
        SCORES,
        replace(SCORES, likeness=0),
        replace(SCORES, likeness=None),
        *(Unjudged(failure, "9400×9400", Picture("jpeg", 9400, 9400)) for failure in Failure),
        Unjudged(Failure.TINY),
    ],
)
def test_what_is_written_is_read(verdict: Verdict) -> None:
    assert read(written(verdict)) == verdict


def _scores(**changes: object) -> bytes:
    return json.dumps(json.loads(written(SCORES)) | changes).encode()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"picture": {}}',
        b"[" * 60_000,
        b'{"picture": {"format": "", "width": 0, "height": 0}, "failure": "splendid", "detail": ""}',
        b"\x80\x04\x95 a pickle",
        _scores(malign=float("nan")),
        _scores(malign=-0.5),
        _scores(malign=1.5),
        _scores(malign="much"),
        _scores(labels=[["neutral"]]),
        _scores(picture={"format": "png", "width": float("inf"), "height": 1}),
        _scores(frames=None),
        _scores(likeness=2**64),
        _scores(likeness=-1),
        _scores(likeness=1.0),
        _scores(likeness=True),
        _scores(likeness="ff"),
        json.dumps({key: value for key, value in json.loads(written(SCORES)).items() if key != "likeness"}).encode(),
    ],
)
def test_nonsense_is_no_verdict(answer: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (whatever it says)
        read(answer)
