"""The registry: which models are found, and which are refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from geacc_proxy.exceptions import ModelError, UsageError
from geacc_proxy.models.registry import InstalledModel, find
from tests.models.conftest import WriteModel


@pytest.mark.parametrize("name", [None, "embedded", "nsfwjs-mobilenet_v2", "nsfwjs-mobilenet_v2@4.4.0"])
def test_the_embedded_model_is_found_by_its_names(name: str | None, embedded: InstalledModel) -> None:
    assert find(name) == embedded
    assert embedded.card.identity == "nsfwjs-mobilenet_v2@4.4.0"


def test_the_embedded_model_comes_with_its_licence(embedded: InstalledModel) -> None:
    notice = embedded.path.with_name("NOTICE").read_text(encoding="utf-8")
    assert "Copyright (c) 2019 Infinite Red, Inc." in notice
    assert "Permission is hereby granted, free of charge" in notice


def test_the_embedded_card_has_measured_rates_that_fall_with_strictness(embedded: InstalledModel) -> None:
    thresholds = embedded.card.thresholds
    assert {word: one.malign for word, one in thresholds.items()} == {
        "strict": 0.5,
        "balanced": 0.7,
        "lenient": 0.85,
    }
    rates = [thresholds[word].false_alarm_rate for word in ("strict", "balanced", "lenient")]
    assert None not in rates
    assert rates == sorted(rates, reverse=True)


def test_a_model_is_found_by_its_path(write_model: WriteModel) -> None:
    path = write_model()
    model = find(str(path))
    assert model.path == path
    assert model.card.identity == "small@1.0"


@pytest.mark.parametrize("name", ["mobilenet", "", "nsfwjs-mobilenet_v2@9.9", "two words"])
def test_an_unknown_name_is_wrong_use_and_the_known_are_listed(name: str) -> None:
    with pytest.raises(UsageError, match="nsfwjs-mobilenet_v2") as caught:
        find(name)
    assert "\n" not in str(caught.value)


def test_a_changed_model_file_is_refused(write_model: WriteModel) -> None:
    path = write_model()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    refused(path, "changed or cut short")


def test_a_truncated_model_file_is_refused(write_model: WriteModel) -> None:
    path = write_model()
    path.write_bytes(path.read_bytes()[:-1])
    refused(path, "changed or cut short")


def test_an_empty_model_file_is_refused(write_model: WriteModel) -> None:
    path = write_model()
    path.write_bytes(b"")
    refused(path, "changed or cut short")


def test_a_card_that_is_not_text_is_refused(write_model: WriteModel) -> None:
    path = write_model()
    path.with_suffix(".toml").write_bytes(b"\xff\xfe\x00")
    refused(path, "cannot be read")


def test_a_card_of_another_file_is_refused(write_model: WriteModel) -> None:
    refused(write_model(change='"small.tflite"', into='"large.tflite"'), "describes the file 'large.tflite'")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    refused(tmp_path / "none.tflite", "does not exist")


@pytest.mark.parametrize("ending", [".h5", ".keras", ".onnx", ".H5", ".tflite"])
def test_a_file_that_is_no_model_is_refused_whatever_its_name_says(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"model{ending}"
    path.write_bytes(b"anything")
    with pytest.raises(ModelError, match=r"is no (LiteRT|ONNX) model|is neither an HDF5 nor a .keras file") as caught:
        find(str(path), tmp_path / "state")
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("ending", [".pt", ".pth", ".pb", ".PT"])
def test_kinds_that_are_not_supported_say_what_to_do(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"model{ending}"
    path.write_bytes(b"anything")
    refused(path, "not supported; export the model to ONNX or LiteRT")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, "holds no model")


def test_a_file_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.txt"
    path.write_text("hello")
    refused(path, "must end in .tflite, .onnx, .h5")


def test_looking_a_model_up_loads_neither_numpy_nor_a_runtime() -> None:
    program = (
        "import sys; from geacc_proxy.models.registry import find; find(); "
        "sys.exit(', '.join({'numpy', 'ai_edge_litert', 'tensorflow'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def refused(path: Path, says: str) -> None:
    with pytest.raises(ModelError) as caught:
        find(str(path))
    message = str(caught.value)
    assert says in message
    assert str(path.with_suffix("")) in message
    assert "\n" not in message
