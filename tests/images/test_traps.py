"""Whatever a malign picture is wrapped in, it is seen; whatever is made to break the decoder is refused at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from traps import BOMBS, CONTAINERS, HIDDEN, MALIGN, benign

from geacc_proxy.classify.judging import ModelJudge
from geacc_proxy.images.caps import Caps
from geacc_proxy.models import registry
from geacc_proxy.verdict import Failure, Scores


@pytest.fixture(scope="module")
def judge() -> ModelJudge:
    return ModelJudge(registry.find(None), Caps())


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_malign_picture_is_malign_and_a_drawing_benign_in_every_container(judge: ModelJudge, container: str) -> None:
    malign = judge.verdict(*CONTAINERS[container](MALIGN))
    plain = judge.verdict(*CONTAINERS[container](benign()))
    assert isinstance(malign, Scores)
    assert isinstance(plain, Scores)
    assert malign.malign > 0.9
    assert plain.malign < 0.1


@pytest.mark.parametrize("trap", HIDDEN)
def test_a_hidden_malign_picture_is_found(judge: ModelJudge, trap: str) -> None:
    verdict = judge.verdict(*HIDDEN[trap]())
    assert isinstance(verdict, Scores), verdict
    assert verdict.malign >= 0.5


# In a process of its own: what goes wrong with a bomb must not take the tests along.
_GUARDED = """
import json, resource, sys, time
sys.path.insert(0, sys.argv[1])
from traps import BOMBS
from geacc_proxy.images.caps import Caps
from geacc_proxy.images.decode import Target, Undecodable, decode

body, content_type = BOMBS[sys.argv[2]]()
caps = Caps().quick() if sys.argv[3] == "quick" else Caps()
resource.setrlimit(resource.RLIMIT_DATA, (2**30, 2**30))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.thread_time()
try:
    decode(body, Target(224), caps, content_type)
    failure = ""
except Undecodable as error:
    failure = error.failure
elapsed = time.thread_time() - start
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
print(json.dumps([failure, elapsed, grown]))
"""


def guarded(bomb: str, caps: str) -> tuple[str, float, int]:
    """Failure, seconds of the processor, and MiB that it took to find out."""
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", _GUARDED, here, bomb, caps], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-400:]
    failure, seconds, grown = json.loads(done.stdout)
    return failure, seconds, grown


@pytest.mark.skipif(sys.platform == "win32", reason="no limits to guard it with")
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_too_large_for_the_quick_lane_at_once(bomb: str) -> None:
    failure, seconds, grown = guarded(bomb, "quick")
    assert failure == Failure.TOO_LARGE
    assert seconds < 0.2
    assert grown < 64


SLOW_BUT_DRAWN = {"SVG of masks", "SVG of one long path"}


@pytest.mark.skipif(sys.platform == "win32", reason="no limits to guard it with")
@pytest.mark.parametrize("bomb", sorted(set(BOMBS) - SLOW_BUT_DRAWN))
def test_a_bomb_costs_little_in_the_slow_lane_too(bomb: str) -> None:
    failure, seconds, grown = guarded(bomb, "full")
    assert failure in (Failure.TOO_LARGE, Failure.UNREADABLE)
    assert seconds < 0.5
    assert grown < 128
