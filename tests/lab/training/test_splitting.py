from __future__ import annotations

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.lab.training.splitting import split

LABELS = ["benign"] * 50 + ["malign"] * 10
DIGESTS = [f"digest {number}" for number in range(60)]


def test_every_class_is_parted_by_the_same_share() -> None:
    training, validation = split(LABELS, DIGESTS, 0.2, 0)
    assert sorted([*training, *validation]) == list(range(60))
    assert len([place for place in validation if place < 50]) == 10
    assert len([place for place in validation if place >= 50]) == 2


def test_the_seed_decides_and_the_order_of_the_files_does_not() -> None:
    before = {DIGESTS[place] for place in split(LABELS, DIGESTS, 0.2, 0)[1]}
    turned = split(LABELS[::-1], DIGESTS[::-1], 0.2, 0)[1]
    assert {DIGESTS[::-1][place] for place in turned} == before
    assert {DIGESTS[place] for place in split(LABELS, DIGESTS, 0.2, 1)[1]} != before


def test_copies_of_a_picture_stay_on_one_side() -> None:
    digests = [f"digest {number // 5}" for number in range(60)]
    training, validation = split(LABELS, digests, 0.3, 0)
    assert not {digests[place] for place in training} & {digests[place] for place in validation}


@pytest.mark.parametrize("share", [0.01, 0.9])
def test_both_sides_have_a_picture_of_every_class(share: float) -> None:
    for part in split(["a", "a", "b", "b"], ["1", "2", "3", "4"], share, 0):
        assert len(part) == 2


def test_a_class_of_one_picture_is_refused() -> None:
    with pytest.raises(UsageError, match="'b' has only one picture"):
        split(["a", "a", "b", "b"], ["1", "2", "3", "3"], 0.2, 0)
