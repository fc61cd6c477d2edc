"""HDF5 files: whole ones are read; cut, damaged and hostile ones are one line."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import h5py
import numpy as np
import pytest

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.hdf5 import read_hdf5
from tests.models.conversion.conftest import DATA, small

FUNCTIONAL = DATA / "geacc-2019-functional.h5"


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_hdf5(path)
    text = str(caught.value)
    assert "\n" not in text
    assert str(path) in text
    return text


def write(path: Path, change: Callable[[h5py.File], None] | None = None) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(small()).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"dense_1"]
        inner = group.create_group("dense_1")
        inner.attrs["weight_names"] = [b"dense_1/kernel:0"]
        inner["dense_1/kernel:0"] = np.ones((3, 2), np.float32)
        if change is not None:
            change(file)
    return path


def test_a_file_of_2019_is_read_with_its_names(maker: ModuleType) -> None:
    content = read_hdf5(FUNCTIONAL)
    assert content.version == "2.2.4"
    assert content.document["class_name"] == "Model"
    names = [name for name, _ in content.groups["bn_Conv1"]]
    assert names == [f"bn_Conv1/{role}:0" for role in ("gamma", "beta", "moving_mean", "moving_variance")]
    weights = maker.random_weights(maker.network(maker.Shape()), maker.Shape())
    assert np.array_equal(content.groups["Conv1"][0][1], weights["Conv1"]["kernel"])


def test_names_that_were_cut_into_pieces_are_joined(tmp_path: Path) -> None:
    def change(file: h5py.File) -> None:
        del file["model_weights"].attrs["layer_names"]
        for number, name in enumerate((b"dense_1", b"dense_2")):
            file["model_weights"].attrs[f"layer_names{number}"] = [name]
        file["model_weights"].create_group("dense_2").attrs["weight_names"] = np.array([], "S1")

    assert set(read_hdf5(write(tmp_path / "x.h5", change)).groups) == {"dense_1", "dense_2"}


def test_a_file_cut_anywhere_is_one_line(tmp_path: Path) -> None:
    content = FUNCTIONAL.read_bytes()
    path = tmp_path / "cut.h5"
    for length in (*range(8, 4096, 331), *range(5000, len(content), 23_456), len(content) - 1):
        path.write_bytes(content[:length])
        assert "cut short" in refusal(path)


def test_a_damaged_file_is_read_or_one_line(tmp_path: Path) -> None:
    content = FUNCTIONAL.read_bytes()
    path = tmp_path / "damaged.h5"
    luck = random.Random(4)
    refused = 0
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(40):
            # The structure lies at the beginning and the end of the file, weights between.
            place = luck.choice((luck.randrange(8, 4000), luck.randrange(len(content))))
            damaged[place] = luck.randrange(256)
        path.write_bytes(damaged)
        try:
            read_hdf5(path)
        except ModelError:
            refused += 1
    assert refused > 10


def test_weights_alone_and_strangers_are_told_apart(tmp_path: Path) -> None:
    def only_weights(file: h5py.File) -> None:
        del file.attrs["model_config"]
        file.attrs["layer_names"] = [b"dense_1"]

    def stranger(file: h5py.File) -> None:
        del file.attrs["model_config"]

    def no_weights(file: h5py.File) -> None:
        del file["model_weights"]

    def no_json(file: h5py.File) -> None:
        file.attrs["model_config"] = b'{"class_name": "Model"'

    assert "holds weights only; save the whole model" in refusal(write(tmp_path / "w.h5", only_weights))
    assert "holds no Keras model" in refusal(write(tmp_path / "s.h5", stranger))
    assert "holds no weights" in refusal(write(tmp_path / "n.h5", no_weights))
    assert "no JSON" in refusal(write(tmp_path / "j.h5", no_json))


def test_a_file_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"\1" * 24)
    other = write(tmp_path / "other.h5")

    def external_data(file: h5py.File) -> None:
        shape = (3, 2)
        file["model_weights"].create_dataset("x", shape, "<f4", external=[(str(secret), 0, 24)])

    def external_link(file: h5py.File) -> None:
        file["model_weights"]["x"] = h5py.ExternalLink(str(other), "/model_weights")

    def soft_link(file: h5py.File) -> None:
        file["model_weights"]["x"] = h5py.SoftLink("/nowhere")

    def virtual(file: h5py.File) -> None:
        layout = h5py.VirtualLayout((3, 2), "<f4")
        layout[:] = h5py.VirtualSource(str(other), "model_weights/dense_1/dense_1/kernel:0", (3, 2))
        file["model_weights"].create_virtual_dataset("x", layout)

    for change, part in (
        (external_data, "in another file"),
        (external_link, "elsewhere"),
        (soft_link, "elsewhere"),
        (virtual, "in another file"),
    ):
        assert part in refusal(write(tmp_path / "x.h5", change))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    def bomb(file: h5py.File) -> None:
        file["model_weights"].create_dataset("x", (2**20, 2**20), "<f4", chunks=(1024, 1024), compression="gzip")

    def ring(file: h5py.File) -> None:
        file["model_weights"]["again"] = file["model_weights"]

    assert "more than a file of" in refusal(write(tmp_path / "bomb.h5", bomb))
    assert read_hdf5(write(tmp_path / "ring.h5", ring)).groups


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    def text(file: h5py.File) -> None:
        del file["model_weights/dense_1/dense_1/kernel:0"]
        file["model_weights/dense_1/dense_1/kernel:0"] = np.array([b"a", b"b"])

    assert "damaged" in refusal(write(tmp_path / "x.h5", text))
