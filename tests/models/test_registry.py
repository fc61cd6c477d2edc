"""The registry: which models are found by which names and paths, and which are refused."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geacc_proxy.exceptions import ModelError, UsageError
from geacc_proxy.models import conversion
from geacc_proxy.models.card import SecondOpinion, format_card
from geacc_proxy.models.description import ModelDescription
from geacc_proxy.models.engines import load_engine
from geacc_proxy.models.registry import InstalledModel, broken, default_name, find, installed, set_default
from tests.models import tiny
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


def test_looking_a_model_up_loads_neither_numpy_nor_a_runtime(tmp_path: Path) -> None:
    known = tiny.saved(tiny.backbone(2), tmp_path / "known.onnx")
    program = (
        "import sys; from pathlib import Path; from geacc_proxy.models.registry import find, installed; "
        "find(); find(sys.argv[1]); installed(Path('.')); "
        "sys.exit(', '.join({'numpy', 'ai_edge_litert', 'onnxruntime', 'tensorflow'} & sys.modules.keys()) or 0)"
    )
    command = [sys.executable, "-c", program, str(known)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


# Models without a card.


def test_a_model_of_a_known_form_needs_no_card(tmp_path: Path, embedded: InstalledModel) -> None:
    path = tmp_path / "some model.tflite"
    path.write_bytes(embedded.path.read_bytes())
    model = find(str(path))
    assert model.inferred
    assert not embedded.inferred
    assert model.card.labels == embedded.card.labels
    assert model.card.sha256 == embedded.card.sha256
    assert model.card.identity == f"some-model@{embedded.card.sha256[:12]}"
    geacc = tiny.saved(tiny.backbone(2), tmp_path / "geacc.onnx")
    assert find(str(geacc)).card.labels == ("benign", "malign")
    frames = np.zeros((1, 224, 224, 3), np.uint8)
    assert load_engine(find(str(geacc))).predict(frames).sum() == pytest.approx(1)


def test_a_model_of_another_form_is_asked_for_its_card(tmp_path: Path) -> None:
    path = tmp_path / "tiny.tflite"
    path.write_bytes((tiny.DATA / "tiny-float32.tflite").read_bytes())
    refused(
        path, f"has no card, which would be {path.with_suffix('.toml')}: the model is of 32 × 32 pixels, NHWC, with 2"
    )


# Models in the state directory.


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"


def put(state_dir: Path, name: str, form: str = "float32", **fields: Any) -> InstalledModel:
    folder = state_dir / "models" / name
    folder.mkdir(parents=True)
    path = folder / f"{name}.tflite"
    path.write_bytes((tiny.DATA / f"tiny-{form}.tflite").read_bytes())
    model = tiny.carded(path, name=name, **fields)
    (path.with_suffix(".toml")).rename(folder / f"{name}.toml")
    return model


def test_an_installed_model_is_found_by_its_name(state_dir: Path) -> None:
    small = put(state_dir, "small")
    assert find("small", state_dir) == small
    assert find("small@1.0", state_dir) == small
    with pytest.raises(UsageError, match=r"no model 'small@2\.0' here; there is 'small@1\.0'"):
        find("small@2.0", state_dir)
    with pytest.raises(UsageError, match="unknown model 'small'; here are 'embedded', 'nsfwjs-mobilenet_v2'; "):
        find("small")


def test_an_unknown_name_is_told_what_there_is_and_how_to_get_more(state_dir: Path) -> None:
    put(state_dir, "small")
    with pytest.raises(UsageError, match=r"'small'; `geacc-proxy models list` tells which there are to get") as caught:
        find("large", state_dir)
    assert "\n" not in str(caught.value)


def test_an_installed_model_may_be_converted_from_another_kind(
    state_dir: Path, fake_conversion: FakeConversion
) -> None:
    folder = state_dir / "models" / "old"
    folder.mkdir(parents=True)
    source = folder / "old.h5"
    source.write_bytes(HDF5)
    tiny.carded(source, name="old")
    model = find("old", state_dir)
    assert model.card.file == "old.h5"
    assert model.path == fake_conversion.result
    assert [one.path for one in installed(state_dir)][1:] == [source]


@pytest.mark.parametrize(
    "name", ["../outside", "..", ".", "small/../../outside", "/outside", "models/../../outside", "sm\0all", "x" * 5000]
)
def test_a_name_leads_nowhere_out_of_the_folder_of_models(
    state_dir: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "outside")
    (tmp_path / "models" / "outside").rename(state_dir.with_name("outside"))
    put(state_dir, "small")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises((UsageError, ModelError)) as caught:
        find(name, state_dir)
    assert "\n" not in str(caught.value)
    with pytest.raises(UsageError):
        set_default(state_dir, name)


@pytest.mark.parametrize("name", ["converted", "partial", "default"])
def test_the_registrys_own_folders_are_no_models(state_dir: Path, name: str) -> None:
    put(state_dir, name)
    with pytest.raises(UsageError, match=f"unknown model '{name}'"):
        find(name, state_dir)


def test_all_that_is_installed_is_listed_and_what_is_broken_is_told(state_dir: Path, embedded: InstalledModel) -> None:
    assert (installed(state_dir), broken(state_dir)) == ([embedded], [])
    second, first = put(state_dir, "second"), put(state_dir, "first")
    changed, bare, misnamed, empty = (put(state_dir, name) for name in ("changed", "bare", "misnamed", "empty"))
    changed.path.write_bytes(b"something else")
    bare.path.with_suffix(".toml").unlink()
    misnamed.path.parent.rename(state_dir / "models" / "other")
    (state_dir / "models" / "other" / "misnamed.toml").rename(state_dir / "models" / "other" / "other.toml")
    empty.path.unlink()
    put(state_dir, "two words")
    put(state_dir, "embedded")
    for name in ("converted", "partial", ".hidden"):
        (state_dir / "models" / name).mkdir()
    set_default(state_dir, "first")
    assert installed(state_dir) == [embedded, first, second]
    problems = {one.name: one.problem for one in broken(state_dir)}
    assert sorted(problems) == ["bare", "changed", "embedded", "empty", "other", "two words"]
    assert "changed or cut short" in problems["changed"]
    assert "has no card bare.toml" in problems["bare"]
    assert "is not the name of its folder" in problems["other"]
    assert "does not exist" in problems["empty"]
    assert "no installed model can have the name" in problems["two words"]
    assert not any("\n" in problem for problem in problems.values())
    with pytest.raises(ModelError, match="changed or cut short"):
        find("changed", state_dir)


# The default.


def test_the_default_is_the_embedded_model_until_another_is_chosen(state_dir: Path, embedded: InstalledModel) -> None:
    assert default_name(state_dir) is None
    assert find(None, state_dir) == embedded
    small = put(state_dir, "small")
    set_default(state_dir, "small@1.0")
    assert default_name(state_dir) == "small"
    assert find(None, state_dir) == small
    assert find() == embedded
    set_default(state_dir, "nsfwjs-mobilenet_v2")
    assert default_name(state_dir) == "embedded"
    assert find(None, state_dir) == embedded
    assert [path.name for path in (state_dir / "models").iterdir() if path.name.startswith(".")] == []


def test_only_a_model_that_is_there_and_whole_becomes_the_default(state_dir: Path) -> None:
    small = put(state_dir, "small")
    with pytest.raises(UsageError, match="unknown model 'large'"):
        set_default(state_dir, "large")
    with pytest.raises(UsageError, match="unknown model"):
        set_default(state_dir, str(small.path))
    small.path.write_bytes(b"changed")
    with pytest.raises(ModelError, match="changed or cut short"):
        set_default(state_dir, "small")
    assert default_name(state_dir) is None


def test_a_default_that_is_gone_is_an_error_and_not_another_model(state_dir: Path) -> None:
    small = put(state_dir, "small")
    set_default(state_dir, "small")
    shutil.rmtree(small.path.parent)
    with pytest.raises(UsageError, match="unknown model 'small'"):
        find(None, state_dir)


@pytest.mark.parametrize("content", [b"", b"../outside\n", b"two words\n", b"\xff", b"small\nlarge\n", b"x" * 10_000])
def test_a_default_that_is_no_name_is_an_error(state_dir: Path, content: bytes) -> None:
    put(state_dir, "small")
    (state_dir / "models" / "default").write_bytes(content)
    with pytest.raises(ModelError, match="default") as caught:
        find(None, state_dir)
    assert "\n" not in str(caught.value)


def test_a_state_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ModelError, match="cannot be written: Not a directory"):
        set_default(tmp_path / "file", "embedded")


# Second opinions.


def test_a_second_opinion_is_found_by_name_or_beside_the_card(state_dir: Path, embedded: InstalledModel) -> None:
    put(state_dir, "slow", "float16")
    quick = put(state_dir, "quick", second=SecondOpinion("slow", (0.1, 0.9)))
    assert find("quick", state_dir).second == find("slow", state_dir)
    assert find(str(quick.path), state_dir).second == find("slow", state_dir)
    beside = tiny.litert(quick.path.parent, "int8", second=SecondOpinion("quick.tflite", (0.1, 0.9)), name="beside")
    assert find(str(beside.path)).second == InstalledModel(quick.card, quick.path)
    other = put(state_dir, "other", second=SecondOpinion("embedded", (0.1, 0.9)))
    assert find("other", state_dir) == replace(other, second=embedded)


def test_a_second_opinion_asks_for_no_third(state_dir: Path) -> None:
    put(state_dir, "a", second=SecondOpinion("b", (0.1, 0.9)))
    put(state_dir, "b", second=SecondOpinion("a", (0.1, 0.9)))
    second = find("a", state_dir).second
    assert second is not None
    assert (second.card.name, second.second) == ("b", None)


@pytest.mark.parametrize(
    ("model", "says"),
    [("none", "unknown model 'none'"), ("none.tflite", "does not exist"), ("quick", "is the model itself")],
)
def test_a_second_opinion_that_cannot_be_had_is_an_error(state_dir: Path, model: str, says: str) -> None:
    quick = put(state_dir, "quick", second=SecondOpinion(model, (0.1, 0.9)))
    with pytest.raises(ModelError) as caught:
        find("quick", state_dir)
    message = str(caught.value)
    assert message.startswith(f"model card {quick.path.with_suffix('.toml')}: second.model = '{model}'")
    assert says in message
    assert "\n" not in message


# Models that are converted first. What converts them is tested where it is.


HDF5 = b"\x89HDF\r\n\x1a\n and so on"


class FakeConversion:
    """Stands in for the conversion: remembers what it was asked for, and gives a small model."""

    def __init__(self, result: Path) -> None:
        self.result = result
        self.asked: list[tuple[Path, Path, int | None]] = []
        self.labels: tuple[str, ...] | None = None
        self.description = ModelDescription(224, "NHWC", 2, "softmax", "mobilenet_v2")

    def obtain(self, source: Path, cache: Path, *, input_size: int | None = None) -> conversion.Conversion:
        self.asked.append((source, cache, input_size))
        digest = conversion.source_digest(source)
        return conversion.Conversion(self.result, "0" * 64, digest, "float32", self.description, 0.0, self.labels)


@pytest.fixture
def fake_conversion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeConversion:
    fake = FakeConversion(tmp_path / "converted.tflite")
    monkeypatch.setattr(conversion, "obtain", fake.obtain)
    return fake


@pytest.mark.parametrize("ending", [".h5", ".hdf5", ".keras", ".H5"])
def test_a_keras_file_is_converted_and_its_card_inferred(
    tmp_path: Path, state_dir: Path, fake_conversion: FakeConversion, ending: str
) -> None:
    path = tmp_path / f"PurifyAI_Geacc_MobileNetV2_224{ending}"
    path.write_bytes(HDF5)
    model = find(str(path), state_dir)
    assert fake_conversion.asked == [(path, state_dir / "models" / "converted", None)]
    assert (model.path, model.inferred) == (fake_conversion.result, True)
    assert model.card.identity == f"PurifyAI_Geacc_MobileNetV2_224@{hashlib.sha256(HDF5).hexdigest()[:12]}"
    assert model.card.labels == ("benign", "malign")


def test_a_card_beside_a_keras_file_counts_and_is_checked(
    tmp_path: Path, state_dir: Path, fake_conversion: FakeConversion
) -> None:
    path = tmp_path / "mine.h5"
    path.write_bytes(HDF5)
    card = tiny.carded(path, input_size=96).card
    assert find(str(path), state_dir) == InstalledModel(card, fake_conversion.result)
    assert fake_conversion.asked[0][2] == 96
    path.write_bytes(HDF5 + b"!")
    with pytest.raises(ModelError, match="changed or cut short"):
        find(str(path), state_dir)
    assert len(fake_conversion.asked) == 1


def test_one_card_serves_a_model_in_several_forms(
    tmp_path: Path, state_dir: Path, fake_conversion: FakeConversion
) -> None:
    small = tiny.litert(tmp_path, "float32", labels=("cats", "dogs"), malign_labels=("dogs",))
    path = small.path.with_suffix(".keras")
    path.write_bytes(b"PK\x03\x04 and so on")
    model = find(str(path), state_dir)
    assert model.card == replace(small.card, file=path.name, sha256=conversion.source_digest(path))
    assert not model.inferred
    small.path.unlink()
    with pytest.raises(ModelError, match=r"describes the file 'tiny-float32\.tflite', not 'tiny-float32\.keras'"):
        find(str(path), state_dir)


def test_what_must_be_converted_needs_a_state_directory(tmp_path: Path, fake_conversion: FakeConversion) -> None:
    path = tmp_path / "mine.h5"
    path.write_bytes(HDF5)
    with pytest.raises(UsageError, match="must be converted to LiteRT, and without a state directory"):
        find(str(path))
    assert fake_conversion.asked == []


@pytest.mark.parametrize(
    ("files", "asked", "cards"),
    [
        (["saved_model.pb", "variables/variables.index"], ["", "saved_model.pb"], ["../net.toml", "saved_model.toml"]),
        (["config.json", "model.safetensors"], ["", "model.safetensors"], ["../net.toml", "model.toml"]),
    ],
)
def test_folders_are_models_and_their_cards_lie_beside_or_inside_them(
    tmp_path: Path,
    state_dir: Path,
    fake_conversion: FakeConversion,
    files: list[str],
    asked: list[str],
    cards: list[str],
) -> None:
    folder = tmp_path / "net"
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    for name in asked:
        path = folder / name
        assert find(str(path), state_dir).inferred
        digest = conversion.source_digest(path)
        for card in cards:
            written = replace(tiny.CARD, name="net", file=path.name, sha256=digest)
            (folder / card).write_text(format_card(written), encoding="utf-8")
            model = find(str(path), state_dir)
            assert (model.card, model.inferred) == (written, False)
            assert model.path == fake_conversion.result
            (folder / card).unlink()


def test_a_source_that_names_its_outputs_needs_no_card(
    tmp_path: Path, state_dir: Path, fake_conversion: FakeConversion
) -> None:
    path = tmp_path / "named.keras"
    path.write_bytes(b"PK\x03\x04 and so on")
    fake_conversion.description = ModelDescription(64, "NHWC", 2, "softmax", "", (0.0, 1.0))
    refused(path, "has no card, which would be", state_dir)
    fake_conversion.labels = ("sfw", "nsfw")
    assert find(str(path), state_dir).card.malign_labels == ("nsfw",)


def refused(path: Path, says: str, state_dir: Path | None = None) -> None:
    with pytest.raises(ModelError) as caught:
        find(str(path), state_dir)
    message = str(caught.value)
    assert says in message
    assert str(path.with_suffix("")) in message
    assert "\n" not in message
