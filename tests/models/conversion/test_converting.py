"""Converting once, in a process of its own; what lies in the cache is whole."""

from __future__ import annotations

import errno
import importlib.util
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from geacc_proxy.exceptions import MissingExtraError, ModelError
from geacc_proxy.models.card import ModelCard, Threshold
from geacc_proxy.models.conversion import Conversion, convert, obtain, process, source_digest
from geacc_proxy.models.conversion.result import read_conversion
from geacc_proxy.models.engines import load_engine
from geacc_proxy.models.registry import InstalledModel
from tests.models.conversion.conftest import DATA, GROUP

pytestmark = GROUP

FUNCTIONAL = DATA / "geacc-2019-functional.h5"


def card(conversion: Conversion) -> ModelCard:
    return ModelCard(
        name="geacc",
        version="1",
        licence="MIT",
        source="a test",
        file=conversion.path.name,
        sha256=conversion.sha256,
        input_size=conversion.description.input_size,
        resize="bilinear",
        value_range=(-1.0, 1.0),
        colour_order="RGB",
        labels=("benign", "malign"),
        malign_labels=("malign",),
        thresholds=MappingProxyType({word: Threshold(0.5) for word in ("strict", "balanced", "lenient")}),
    )


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state") / "models" / "converted"


@pytest.fixture(scope="module")
def obtained(cache: Path) -> Conversion:
    return obtain(FUNCTIONAL, cache)


@pytest.fixture
def no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_arguments: Any, **_more: Any) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "run", started)


def test_a_file_of_2019_becomes_a_file_that_the_engine_runs(
    obtained: Conversion,
    cache: Path,
    stored_scores: dict[str, list[list[float]]],
    frames_2019: Callable[[int], NDArray[np.uint8]],
) -> None:
    engine = load_engine(InstalledModel(card(obtained), obtained.path))
    wanted = np.array(stored_scores[FUNCTIONAL.name])
    assert np.abs(engine.predict(frames_2019(224)) - wanted).max() < 1e-4
    assert obtained.path == cache / source_digest(FUNCTIONAL) / "model.tflite"
    assert obtained.difference < 1e-4
    assert obtained.description.architecture == "mobilenet_v2"
    assert sorted(path.name for path in cache.rglob("*") if path.is_file()) == ["conversion.json", "model.tflite"]


def test_the_keras_engine_gives_the_same_scores(
    obtained: Conversion,
    stored_scores: dict[str, list[list[float]]],
    frames_2019: Callable[[int], NDArray[np.uint8]],
) -> None:
    engine = load_engine(InstalledModel(card(obtained), FUNCTIONAL))
    assert np.abs(engine.predict(frames_2019(224)) - np.array(stored_scores[FUNCTIONAL.name])).max() < 1e-4
    assert engine.predict(np.zeros((0, 224, 224, 3), np.uint8)).shape == (0, 2)
    with pytest.raises(ValueError, match="frames are"):
        engine.predict(np.zeros((1, 96, 96, 3), np.uint8))


def test_the_keras_engine_refuses_another_model_than_the_cards(obtained: Conversion) -> None:
    from dataclasses import replace

    wrong = replace(card(obtained), labels=("a", "b", "c"), malign_labels=("c",))
    with pytest.raises(ModelError, match="output has the shape"):
        load_engine(InstalledModel(wrong, FUNCTIONAL))
    with pytest.raises(ModelError, match="input has the shape"):
        load_engine(InstalledModel(replace(card(obtained), input_size=96), FUNCTIONAL))


def test_what_is_converted_is_found_without_tensorflow(obtained: Conversion, cache: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from geacc_proxy.models.conversion import obtain;"
        f"print(obtain(Path({str(FUNCTIONAL)!r}), Path({str(cache)!r})).sha256);"
        "print(sorted({'tensorflow', 'keras', 'numpy', 'h5py'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == [obtained.sha256, "[]"]


@pytest.mark.usefixtures("no_child")
def test_a_copy_of_the_file_is_the_same_model(obtained: Conversion, cache: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.hdf5"
    copy.write_bytes(FUNCTIONAL.read_bytes())
    assert obtain(copy, cache) == obtained
    assert obtain(copy, cache, input_size=96) == obtained


def test_it_is_told_once_that_a_model_is_converted(
    obtained: Conversion, cache: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO, "geacc_proxy.models.conversion")
    obtain(FUNCTIONAL, cache)
    assert caplog.messages == []
    monkeypatch.setattr(process, "TIME_LIMIT", 0.05)
    with pytest.raises(ModelError, match="took longer than 0 s and was ended"):
        obtain(FUNCTIONAL, tmp_path)
    assert caplog.messages == [f"converting {FUNCTIONAL} once; that can take some minutes"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["no record", "half a record", "another version", "half a file", "another file"])
def test_a_half_written_conversion_is_made_anew(
    damage: str, obtained: Conversion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / source_digest(FUNCTIONAL)
    place.mkdir()
    record = (obtained.path.parent / "conversion.json").read_text(encoding="utf-8")
    content = obtained.path.read_bytes()
    changed = {
        "no record": (None, content),
        "half a record": (record[: len(record) // 2], content),
        "another version": (json.dumps({**json.loads(record), "format": 0}), content),
        "half a file": (record, content[: len(content) // 2]),
        "another file": (record, content[:-1] + b"x"),
    }[damage]
    if changed[0] is not None:
        (place / "conversion.json").write_text(changed[0], encoding="utf-8")
    (place / "model.tflite").write_bytes(changed[1])
    instead_of_the_child(monkeypatch, obtained)

    again = obtain(FUNCTIONAL, tmp_path)
    assert again.path.read_bytes() == content
    assert read_conversion(place) == again
    assert [path.name for path in tmp_path.iterdir()] == [place.name]


def instead_of_the_child(monkeypatch: pytest.MonkeyPatch, obtained: Conversion, wait: Any = None) -> None:
    """Have the child's work done by copying what it did once."""
    from dataclasses import replace

    from geacc_proxy.models.conversion import converting

    def run(_source: Any, _digest: str, scratch: Path, _order: Any) -> Conversion:
        if wait is not None:
            wait()
        (scratch / "model.tflite").write_bytes(obtained.path.read_bytes())
        return replace(obtained, path=scratch / "model.tflite")

    monkeypatch.setattr(converting, "run", run)


def test_two_at_once_both_get_a_whole_model(
    obtained: Conversion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead_of_the_child(monkeypatch, obtained, threading.Barrier(3).wait)
    found: list[Conversion] = []
    threads = [threading.Thread(target=lambda: found.append(obtain(FUNCTIONAL, tmp_path))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert {one.sha256 for one in found} == {obtained.sha256}
    assert read_conversion(found[0].path.parent) is not None
    assert [path.name for path in tmp_path.iterdir()] == [source_digest(FUNCTIONAL)]


def test_a_file_that_changes_meanwhile_is_not_kept(
    obtained: Conversion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "x.h5"
    source.write_bytes(FUNCTIONAL.read_bytes())

    def change() -> None:
        with source.open("ab") as file:
            file.write(b"more")

    instead_of_the_child(monkeypatch, obtained, change)
    with pytest.raises(ModelError, match="was changed while it was converted"):
        obtain(source, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_a_dead_process_left_is_swept_away(
    obtained: Conversion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, fresh = tmp_path / ".partial-old", tmp_path / ".partial-fresh"
    for folder in (old, fresh):
        folder.mkdir()
        (folder / "model.tflite").write_bytes(b"half")
    os.utime(old, (0, 0))
    instead_of_the_child(monkeypatch, obtained)
    obtain(FUNCTIONAL, tmp_path)
    assert not old.exists()
    assert fresh.exists()


def test_a_cache_that_cannot_be_written_is_one_line(
    obtained: Conversion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match=r"cannot be written to .*file.*Not a directory"):
        obtain(FUNCTIONAL, tmp_path / "file" / "cache")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    instead_of_the_child(monkeypatch, obtained)
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ModelError, match=r"cannot be written to .*: No space left on device") as caught:
        obtain(FUNCTIONAL, tmp_path / "cache")
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.usefixtures("no_child")
def test_without_tensorflow_the_extra_is_named_and_no_conversion_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "geacc_proxy.models.conversion")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "tensorflow" else find(name))
    with pytest.raises(MissingExtraError, match=r"pip install 'geacc-proxy\[tensorflow\]'") as caught:
        obtain(FUNCTIONAL, tmp_path)
    assert str(FUNCTIONAL) in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert caplog.messages == []


@pytest.mark.usefixtures("no_child")
def test_what_is_converted_already_needs_no_tensorflow(
    obtained: Conversion, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert obtain(FUNCTIONAL, cache) == obtained


def test_a_child_that_dies_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_MODULE", "geacc_proxy.models.conversion.none")
    with pytest.raises(
        ModelError, match=r"converting .* failed: the converter ended with code 1: .*No module"
    ) as caught:
        obtain(FUNCTIONAL, tmp_path)
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(process, "_MODULE", "geacc_proxy.models.conversion.child")
    monkeypatch.setattr(process, "MEMORY_LIMIT", 2**28)
    with pytest.raises(ModelError, match=r"memory|failed") as caught:
        obtain(FUNCTIONAL, tmp_path)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_childs_refusal_arrives_as_its_one_line(tmp_path: Path) -> None:
    source = tmp_path / "cut.h5"
    source.write_bytes(FUNCTIONAL.read_bytes()[:100_000])
    with pytest.raises(ModelError) as caught:
        obtain(source, tmp_path / "cache")
    assert str(caught.value) == f"model {source} is cut short"
    assert list((tmp_path / "cache").iterdir()) == []


def test_int8_is_calibrated_with_pictures(obtained: Conversion, tmp_path: Path, maker: ModuleType) -> None:
    samples = tmp_path / "samples.npy"
    np.save(samples, maker.pictures(224))
    into = tmp_path / "out"
    conversion = convert(FUNCTIONAL, into, precision="int8", samples=samples)
    assert conversion.path == into / "model.tflite"
    assert conversion.precision == "int8"
    assert conversion.path.stat().st_size < 0.8 * obtained.path.stat().st_size
    assert read_conversion(into) == conversion
    assert sorted(path.name for path in into.iterdir()) == ["conversion.json", "model.tflite"]
