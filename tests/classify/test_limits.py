"""What a worker may take of the machine's memory, beside its model."""

import subprocess
import sys

import pytest

from geacc_proxy.classify.limits import ROOM

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="private memory is limited on Linux")

SCRIPT = """
import sys
from geacc_proxy.classify.limits import Limits, enter
model = bytearray(int(sys.argv[1]))
enter(Limits(memory=int(sys.argv[2])))
try:
    picture = bytearray(int(sys.argv[3]))
except MemoryError:
    print("no")
else:
    print("yes")
"""
MEGABYTE = 2**20


def fits(*, model: int, limit: int, picture: int) -> bool:
    sizes = [str(size) for size in (model, limit, picture)]
    done = subprocess.run([sys.executable, "-c", SCRIPT, *sizes], capture_output=True, text=True, check=True)
    return done.stdout.strip() == "yes"


def test_a_small_model_and_a_picture_share_what_the_limit_gives() -> None:
    assert fits(model=0, limit=512 * MEGABYTE, picture=400 * MEGABYTE)
    assert not fits(model=200 * MEGABYTE, limit=512 * MEGABYTE, picture=400 * MEGABYTE)


def test_a_model_beyond_the_limit_leaves_room_for_a_picture_and_no_more() -> None:
    assert fits(model=300 * MEGABYTE, limit=256 * MEGABYTE, picture=ROOM - 16 * MEGABYTE)
    assert not fits(model=300 * MEGABYTE, limit=256 * MEGABYTE, picture=ROOM + 16 * MEGABYTE)
