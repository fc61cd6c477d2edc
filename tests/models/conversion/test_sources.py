"""What a path holds, its files and its digest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion import SourceKind, recognise, source_digest

HDF5 = b"\x89HDF\r\n\x1a\n" + b"\0" * 8


def tfjs(folder: Path, *paths: str) -> Path:
    folder.mkdir(exist_ok=True)
    manifest = {"modelTopology": {}, "weightsManifest": [{"paths": list(paths), "weights": []}]}
    (folder / "model.json").write_text(json.dumps(manifest), encoding="utf-8")
    for path in paths:
        if path.isalnum() or path.startswith("group"):
            (folder / path).write_bytes(b"weights of " + path.encode())
    return folder


def test_kinds_are_told_by_contents_not_by_names(tmp_path: Path) -> None:
    old = tmp_path / "model.keras"
    old.write_bytes(HDF5)
    new = tmp_path / "model.h5"
    new.write_bytes(b"PK\x03\x04 a zip")
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "saved_model.pb").write_bytes(b"")
    hub = tmp_path / "hub"
    hub.mkdir()
    (hub / "config.json").write_text("{}", encoding="utf-8")
    (hub / "model.safetensors").write_bytes(b"")
    script = tfjs(tmp_path / "tfjs", "group1-shard1of1")

    assert recognise(old).kind is SourceKind.HDF5
    assert recognise(new).kind is SourceKind.KERAS
    assert recognise(saved).kind is SourceKind.SAVED_MODEL
    assert recognise(saved / "saved_model.pb").kind is SourceKind.SAVED_MODEL
    assert recognise(hub).kind is SourceKind.TIMM
    assert recognise(hub / "model.safetensors").kind is SourceKind.TIMM
    assert recognise(script).kind is SourceKind.TFJS
    assert recognise(script / "model.json").files == ("group1-shard1of1", "model.json")


def test_what_is_no_model_is_told_in_one_line(tmp_path: Path) -> None:
    text = tmp_path / "model.h5"
    text.write_text("not a model", encoding="utf-8")
    empty = tmp_path / "empty.h5"
    empty.touch()
    folder = tmp_path / "folder"
    folder.mkdir()
    alone = tmp_path / "alone.safetensors"
    alone.touch()
    for path, part in (
        (tmp_path / "none.h5", "does not exist"),
        (text, "neither an HDF5 nor a .keras file"),
        (empty, "is empty"),
        (folder, "holds no model"),
        (alone, "no config.json beside it"),
        (Path("/dev/null"), "neither a file nor a folder"),
    ):
        with pytest.raises(ModelError, match=part) as caught:
            recognise(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b", "..\\b", "https://example.org/w", "", "C:w"])
def test_weights_outside_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match="only files below its own folder"):
        recognise(tfjs(tmp_path / "tfjs", name))


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = tfjs(tmp_path / "tfjs", "group1-shard1of2", "group1-shard2of2")
    (folder / "group1-shard2of2").unlink()
    with pytest.raises(ModelError, match="'group1-shard2of2', which is not there"):
        recognise(folder)


def test_a_model_json_that_is_none_is_refused(tmp_path: Path) -> None:
    for text in ("[]", "{", '{"a": 1}', '{"weightsManifest": 3}', '{"weightsManifest": []}'):
        path = tmp_path / "model.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ModelError, match=r"model\.json"):
            recognise(path)


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(HDF5)
    # printf '\x89HDF\r\n\x1a\n\0\0\0\0\0\0\0\0' | sha256sum
    assert source_digest(path) == "40c7e6ce725242d70c31c1386d4bead4b0e64664eddca69cbff189cac6123f04"
    again = tmp_path / "other.h5"
    again.write_bytes(HDF5)
    assert source_digest(again) == source_digest(path)


def test_the_digest_of_a_folder_is_that_of_the_models_own_files(tmp_path: Path) -> None:
    one, two = (tfjs(tmp_path / name, "a", "b") for name in ("one", "two"))
    assert source_digest(one) == source_digest(two) == source_digest(one / "model.json")
    (one / "model.toml").write_text("a card", encoding="utf-8")
    assert source_digest(one) == source_digest(two)
    (one / "b").write_bytes(b"other weights")
    assert source_digest(one) != source_digest(two)


def test_bytes_that_move_from_one_file_to_the_next_change_the_digest(tmp_path: Path) -> None:
    one, two = (tfjs(tmp_path / name, "a", "b") for name in ("one", "two"))
    for folder, cut in ((one, 1), (two, 2)):
        (folder / "a").write_bytes(b"xyz"[:cut])
        (folder / "b").write_bytes(b"xyz"[cut:])
    assert source_digest(one) != source_digest(two)
