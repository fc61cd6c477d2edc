"""What int8 is calibrated with, and what conversions are compared on."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.process import Order
from geacc_proxy.models.description import ModelDescription
from tests.models.conversion.conftest import DATA, GROUP

pytestmark = GROUP


def loaded(**changes: Any) -> Any:
    from geacc_proxy.models.conversion.loaded import Loaded

    description = {
        "input_size": 8,
        "layout": "NHWC",
        "outputs": 2,
        "activation": "softmax",
        "architecture": "mobilenet_v2",
        **changes,
    }
    shape = (3, 8, 8) if description["layout"] == "NCHW" else (8, 8, 3)
    return Loaded(lambda x: x, shape, ModelDescription(**description))


def read(path: Path, order: Order, model: Any) -> Any:
    from geacc_proxy.models.conversion.calibration import read_samples

    return read_samples(path, order, model)


def test_bytes_become_what_the_card_says(tmp_path: Path) -> None:
    frames = np.zeros((1, 8, 8, 3), np.uint8)
    frames[..., 0] = 255
    np.save(tmp_path / "x.npy", frames)
    card = Order("int8", value_range=(0.0, 1.0), mean=(0.5, 0.25, 0.0), std=(0.5, 0.5, 2.0), reversed=True)
    found = read(tmp_path / "x.npy", card, loaded())
    assert found[0, 0, 0].tolist() == [-1.0, -0.5, 0.5]
    first = read(tmp_path / "x.npy", card, loaded(layout="NCHW"))
    assert first.shape == (1, 3, 8, 8)
    assert first[0, :, 0, 0].tolist() == [-1.0, -0.5, 0.5]


def test_bytes_become_what_the_model_itself_says(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.full((1, 8, 8, 3), 255, np.uint8))
    assert read(tmp_path / "x.npy", Order("int8"), loaded(rescaling=(-1.0, 1.0))).max() == 255.0
    with pytest.raises(ModelError, match="it is not known what this model makes of them; give a card"):
        read(tmp_path / "x.npy", Order("int8"), loaded(architecture="", outputs=7))


def test_numbers_are_taken_as_they_are(tmp_path: Path) -> None:
    numbers = np.linspace(-3, 3, 2 * 8 * 8 * 3).reshape(2, 8, 8, 3).astype(np.float32)
    np.save(tmp_path / "x.npy", numbers)
    assert np.array_equal(read(tmp_path / "x.npy", Order("int8"), loaded(outputs=7)), numbers)


def test_a_folder_of_pictures_is_read_and_resized(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    (folder / "benign").mkdir(parents=True)
    for number in (1, 2, 3):
        shutil.copy(DATA / f"malign-synthetic-{number}.png", folder / "benign")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    (folder / "notes.txt").write_text("no picture", encoding="utf-8")
    found = read(folder, Order("int8", value_range=(0.0, 255.0)), loaded())
    assert found.shape == (3, 8, 8, 3)
    assert 0 <= found.min() < found.max() <= 255


def test_samples_that_do_not_fit_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.npy").write_text("text", encoding="utf-8")
    np.save(tmp_path / "small.npy", np.zeros((2, 4, 4, 3), np.uint8))
    np.save(tmp_path / "flat.npy", np.zeros(7, np.uint8))
    np.save(tmp_path / "objects.npy", np.array([{}, {}]), allow_pickle=True)
    for name, part in (
        ("empty", "has no JPEG, PNG, GIF or BMP pictures"),
        ("none.npy", "neither a folder of pictures nor a .npy file"),
        ("text.npy", "neither a folder of pictures nor a .npy file"),
        ("objects.npy", "neither a folder of pictures nor a .npy file"),
        ("small.npy", "must be uint8 or float32 (n, 8, 8, 3)"),
        ("flat.npy", "must have the shape (n, 8, 8, 3)"),
    ):
        with pytest.raises(ModelError, match=re.escape(part)):
            read(tmp_path / name, Order("int8", value_range=(0.0, 1.0)), loaded())


def test_made_up_pictures_fill_the_models_range_and_are_the_same_each_time() -> None:
    from geacc_proxy.models.conversion.calibration import made_up

    one = made_up(loaded(input_size=24), Order("float32", value_range=(0.0, 1.0)))
    assert np.array_equal(one, made_up(loaded(input_size=24), Order("float32", value_range=(0.0, 1.0))))
    assert 0 <= one.min() < 0.1
    assert 0.9 < one.max() <= 1
    assert made_up(loaded(input_size=24, rescaling=(0.0, 1.0)), Order("float32")).max() > 200
