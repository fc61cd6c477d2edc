"""What is asked of Landlock, by its version."""

import struct

import pytest

from geacc_proxy.classify.landlock import ruleset


@pytest.mark.parametrize(
    ("version", "files", "network", "scopes"),
    [
        (1, 13, 0, 0),
        (2, 14, 0, 0),
        (3, 15, 0, 0),
        (4, 15, 0b11, 0),
        (5, 16, 0b11, 0),
        (6, 16, 0b11, 0b11),
        (7, 16, 0b11, 0b11),
        (99, 16, 0b11, 0b11),
    ],
)
def test_every_right_that_a_version_knows_is_given_up(version: int, files: int, network: int, scopes: int) -> None:
    assert struct.unpack("@QQQ", ruleset(version)) == (2**files - 1, network, scopes)
