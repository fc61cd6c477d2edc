"""`.keras` files: a description and weights are taken out, and nothing else."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.keras_file import read_keras


def write(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "."), content)
    return path


WHOLE = {
    "metadata__json": json.dumps({"keras_version": "3.15.1"}).encode(),
    "config__json": b'{"class_name": "Functional"}',
    "model__weights__h5": b"weights" * 1000,
}


def refusal(path: Path, scratch: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_keras(path, scratch)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_whole_file_is_unpacked(tmp_path: Path) -> None:
    document, version, weights = read_keras(write(tmp_path / "x.keras", **WHOLE), tmp_path)
    assert document == {"class_name": "Functional"}
    assert version == "3.15.1"
    assert weights.read_bytes() == b"weights" * 1000


def test_what_is_cut_damaged_or_lacks_a_part_is_one_line(tmp_path: Path) -> None:
    whole = write(tmp_path / "x.keras", **WHOLE).read_bytes()
    path = tmp_path / "y.keras"
    for length in range(4, len(whole), 29):
        path.write_bytes(whole[:length])
        assert "no .keras file, is damaged or cut short" in refusal(path, tmp_path)
    damaged = bytearray(whole)
    damaged[whole.index(b"config.json") + 15] ^= 255
    path.write_bytes(damaged)
    refusal(path, tmp_path)
    for name in ("config__json", "model__weights__h5"):
        parts = {key: value for key, value in WHOLE.items() if key != name}
        assert f"has no {name.replace('__', '.')}" in refusal(write(path, **parts), tmp_path)
    assert "no JSON" in refusal(write(path, **{**WHOLE, "config__json": b"{"}), tmp_path)


def test_assets_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.keras", **WHOLE)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("assets/layer/vocabulary.txt", "a")
    assert "further files" in refusal(path, tmp_path)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = write(tmp_path / "x.keras", **{**WHOLE, "config__json": b" " * (65 * 2**20)})
    assert path.stat().st_size < 2**20
    assert "unpacks to more than 64 MiB" in refusal(path, tmp_path)
