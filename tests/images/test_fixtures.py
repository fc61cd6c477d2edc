"""Odd and hostile files from the test suites of image libraries, where the folder with them is: each gets a verdict."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_SIBLING = Path(__file__).parents[3] / "shared" / "fixtures"
FIXTURES = Path(os.environ.get("GEACC_FIXTURES", _SIBLING))
MOST_UNJUDGED = 19
"""Of what Chromium shows, without the tiny ones: headers that lie about their size, files of no frame, an animated JPEG
XL, a minimised AVIF, progressive JPEGs of no whole scan. All are hidden; one more is a step back."""

pytestmark = [
    pytest.mark.skipif(not (FIXTURES / "variety" / "manifest.csv").is_file(), reason="needs GEACC_FIXTURES"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.timeout(600),
]

# A process of its own, and in it one for each file: memory and time of both are bounded.
_JUDGE_ALL = """
import json, os, resource, sys, time
from pathlib import Path
from geacc_proxy.classify.judging import ModelJudge
from geacc_proxy.images.caps import Caps
from geacc_proxy.models import registry
from geacc_proxy.verdict import Scores

caps = Caps().quick() if sys.argv[1] == "quick" else Caps()
judge = ModelJudge(registry.find(None), caps)
for line in sys.stdin:
    path, content_type = line.rstrip("\\n").split("\\t")
    body = Path(path).read_bytes()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_DATA, (2**30, 2**30))
        resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
        start = time.thread_time()
        try:
            verdict = judge.verdict(body, content_type)
            said = "scores" if isinstance(verdict, Scores) else verdict.failure
        except BaseException as error:
            said = repr(error)
        os.write(writer, json.dumps([said, time.thread_time() - start]).encode())
        os._exit(0)
    os.close(writer)
    answer = os.read(reader, 65536)
    os.close(reader)
    os.waitpid(child, 0)
    print((answer or b'["died", 0]').decode(), flush=True)
"""


def rows() -> list[tuple[Path, dict[str, str]]]:
    found = []
    for folder in ("variety", "hostile"):
        with (FIXTURES / folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
            found += [(FIXTURES / folder / row["file"], row) for row in csv.DictReader(file)]
    return [(path, row) for path, row in found if path.is_file()]


def judged(caps: str) -> list[tuple[Path, dict[str, str], str, float]]:
    """Every file with what its row says, what the judge said, and the processor's seconds that it took."""
    files = rows()
    lines = "".join(f"{path}\t{'image/svg+xml' if row['format'] == 'svg' else ''}\n" for path, row in files)
    done = subprocess.run(
        [sys.executable, "-c", _JUDGE_ALL, caps], input=lines, capture_output=True, text=True, check=True
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return [(path, row, *answer) for (path, row), answer in zip(files, answers, strict=True)]


@pytest.mark.parametrize("caps", ["full", "quick"])
def test_every_file_has_a_verdict_and_hardly_one_that_a_browser_shows_is_unjudged(
    caps: str, capsys: pytest.CaptureFixture[str]
) -> None:
    verdicts = judged(caps)
    assert {said for _, _, said, _ in verdicts} <= {"scores", "tiny", "unreadable", "too-large", "not-a-picture"}
    shown = [(path, said) for path, row, said, _ in verdicts if row["chromium_shows"] == "True"]
    unjudged = [(path, said) for path, said in shown if said not in ("scores", "tiny")]
    slowest = sorted(verdicts, key=lambda verdict: -verdict[3])[:10]
    with capsys.disabled():
        print(f"\n{caps} caps: {len(unjudged)} of {len(shown)} that Chromium shows are not judged")
        print(*(f"  {said:12} {path.name}" for path, said in unjudged), sep="\n")
        print("slowest")
        print(*(f"  {seconds * 1000:6.0f} ms {said:12} {path.name}" for path, _, said, seconds in slowest), sep="\n")
    assert "not-a-picture" not in {said for _, said in shown}
    if caps == "full":
        assert len(unjudged) <= MOST_UNJUDGED
    else:
        bombs = [seconds for _, row, said, seconds in verdicts if said == "too-large"]
        assert max(bombs) < 0.3
