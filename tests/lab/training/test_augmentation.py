from __future__ import annotations

import numpy as np
import pytest

from geacc_proxy.lab.training.augmentation import Augmentation, order

GEACC = Augmentation(rotation=23, shift=0.2, flips=True)


def moved(transform: np.ndarray, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = transform[:6]
    return a * x + b * y + c, d * x + e * y + f


def test_no_change_leaves_every_point_where_it_is() -> None:
    found = Augmentation(0, 0, flips=False).transforms(1, 2, 3, 96)
    np.testing.assert_allclose(found, np.tile([1, 0, 0, 0, 1, 0, 0, 0], (3, 1)), atol=1e-5)


def test_the_same_seed_epoch_and_picture_give_the_same_change() -> None:
    np.testing.assert_array_equal(GEACC.transforms(5, 7, 100, 96), GEACC.transforms(5, 7, 100, 96))
    np.testing.assert_array_equal(order(5, 7, 100), order(5, 7, 100))


@pytest.mark.parametrize(("seed", "epoch"), [(6, 7), (5, 8)])
def test_another_seed_or_epoch_gives_another_change_and_order(seed: int, epoch: int) -> None:
    assert not np.allclose(GEACC.transforms(5, 7, 100, 96), GEACC.transforms(seed, epoch, 100, 96))
    assert list(order(5, 7, 100)) != list(order(seed, epoch, 100))


def test_every_picture_is_shown_once_an_epoch() -> None:
    assert sorted(order(0, 0, 1000)) == list(range(1000))


def test_pictures_are_turned_and_moved_as_far_as_told_and_no_further() -> None:
    size, middle = 96, 47.5
    found = GEACC.transforms(0, 0, 5000, size)
    across, down = np.array([moved(one, middle, middle) for one in found]).T - middle
    for shift in (across, down):
        assert 0.19 * size < shift.max() <= 0.2 * size + 1e-3
        assert -0.19 * size > shift.min() >= -0.2 * size - 1e-3
    angles = np.rad2deg(np.arctan2(found[:, 3], found[:, 4]))
    assert 22 < angles.max() <= 23.001
    assert -22 > angles.min() >= -23.001


def test_half_of_the_pictures_are_mirrored_left_to_right() -> None:
    found = Augmentation(0, 0, flips=True).transforms(0, 0, 2000, 96)
    mirrored = found[:, 0] < 0
    assert 0.45 < mirrored.mean() < 0.55
    assert moved(found[mirrored][0], 0, 10) == pytest.approx((95, 10), abs=1e-4)
    assert moved(found[~mirrored][0], 0, 10) == pytest.approx((0, 10), abs=1e-4)


def test_lengths_are_kept() -> None:
    one = GEACC.transforms(3, 1, 1, 96)[0]
    start, end = np.array(moved(one, 10, 20)), np.array(moved(one, 13, 24))
    assert np.hypot(*(end - start)) == pytest.approx(5, abs=1e-4)
