from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.lab.training.decoding import Decoder
from geacc_proxy.lab.training.options import Options
from geacc_proxy.lab.training.pictures import DataSet, Files, load
from tests.lab.training.samples import write_set

OPTIONS = Options(input_size=48, resize="bilinear")
pytestmark = pytest.mark.xdist_group("training-pictures")


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(OPTIONS.size, OPTIONS.resize) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_set(tmp_path / "set", 6, 0)


def loaded(folder: Path, decoder: Decoder, validation: Path | None = None, cache: str = "memory") -> DataSet:
    steps: list[None] = []
    files = Files.below(folder, validation)
    found = load(files, replace(OPTIONS, cache=cache), decoder, folder.parent / "cache", lambda: steps.append(None))
    assert len(steps) == len(files.all)
    return found


def everything(data: DataSet) -> np.ndarray:
    return data.pictures.take(np.arange(len(data.labels)))


def test_pictures_look_as_they_do_to_the_proxy(folder: Path, decoder: Decoder) -> None:
    data = loaded(folder, decoder)
    assert data.classes == ("benign", "malign")
    assert data.labels.tolist() == [0] * 6 + [1] * 6
    pixels = everything(data)
    assert (pixels.dtype, pixels.shape) == (np.uint8, (12, 48, 48, 3))
    with Image.open(folder / "benign" / "000.png") as image:
        expected = np.asarray(image.resize((48, 48), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(pixels[0], expected)


@pytest.mark.parametrize("cache", ["disk", "none", "auto"])
def test_wherever_pictures_are_kept_they_are_the_same(folder: Path, decoder: Decoder, cache: str) -> None:
    kept, others = loaded(folder, decoder), loaded(folder, decoder, cache=cache)
    np.testing.assert_array_equal(everything(kept), everything(others))
    assert kept.digest == others.digest
    assert (folder.parent / "cache").exists() is (cache == "disk")


def test_what_cannot_be_read_is_left_out_with_its_reason(folder: Path, decoder: Decoder) -> None:
    (folder / "benign" / "001.png").write_bytes(b"no picture at all")
    whole = (folder / "malign" / "000.png").read_bytes()
    (folder / "malign" / "0005.png").write_bytes(whole[:30])
    (folder / "malign" / "gone.png").symlink_to(folder / "nowhere.png")
    data = loaded(folder, decoder)
    assert [one.path.name for one in data.skipped] == ["001.png", "0005.png"]
    assert all(one.problem for one in data.skipped)
    assert len(everything(data)) == len(data.labels) == 12


def test_a_transparent_picture_is_seen_on_white(folder: Path, decoder: Decoder) -> None:
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(folder / "benign" / "000.png")
    assert everything(loaded(folder, decoder))[0].min() == 255


def test_a_moving_picture_is_its_first_frame(folder: Path, decoder: Decoder) -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "green", "blue")]
    frames[0].save(folder / "benign" / "00.gif", save_all=True, append_images=frames[1:])
    assert everything(loaded(folder, decoder))[0, 5, 5].tolist() == [255, 0, 0]


def test_a_class_that_cannot_be_read_at_all_is_named(folder: Path, decoder: Decoder) -> None:
    for file in (folder / "malign").iterdir():
        file.write_bytes(b"nothing")
    with pytest.raises(UsageError, match="none of the pictures of the class 'malign' can be read"):
        loaded(folder, decoder)


def test_a_validation_folder_is_kept_apart_and_its_copies_are_counted(
    folder: Path, decoder: Decoder, tmp_path: Path
) -> None:
    validation = write_set(tmp_path / "validation", 2, 1)
    (validation / "benign" / "copy.png").write_bytes((folder / "benign" / "000.png").read_bytes())
    data = loaded(folder, decoder, validation)
    assert (len(data.training), len(data.validation), data.shared) == (12, 5, 1)
    assert data.counts(data.validation) == {"benign": 3, "malign": 2}
    (validation / "benign" / "000.png").write_bytes(b"nothing")
    (validation / "benign" / "001.jpg").write_bytes(b"nothing")
    (validation / "benign" / "copy.png").write_bytes(b"nothing")
    with pytest.raises(UsageError, match="none of the validation pictures of the class 'benign'"):
        loaded(folder, decoder, validation)


def test_both_folders_need_the_same_classes(folder: Path, tmp_path: Path) -> None:
    other = write_set(tmp_path / "other", 2, 1, ("benign", "violence"))
    with pytest.raises(UsageError, match=r"other: no folder for the class 'malign'"):
        Files.below(folder, other)
    write_set(tmp_path / "more", 2, 1)
    write_set(tmp_path / "more" / "below", 1, 1)
    (tmp_path / "more" / "below").rename(tmp_path / "more" / "violence")
    with pytest.raises(UsageError, match=r"set: no folder for the class 'violence'"):
        Files.below(folder, tmp_path / "more")


def test_another_picture_is_another_digest_and_another_place_is_not(folder: Path, decoder: Decoder) -> None:
    before = loaded(folder, decoder).digest
    moved = folder.rename(folder.parent / "moved")
    assert loaded(moved, decoder).digest == before
    (moved / "benign" / "000.png").write_bytes((moved / "malign" / "000.png").read_bytes())
    assert loaded(moved, decoder).digest != before


def test_a_picture_that_vanishes_while_it_is_needed_is_one_line(folder: Path, decoder: Decoder) -> None:
    data = loaded(folder, decoder, cache="none")
    (folder / "benign" / "002.png").unlink()
    with pytest.raises(GeaccError, match=r"002\.png: cannot be read.*; it could be read when the training began"):
        everything(data)


def test_a_cache_that_cannot_be_written_is_one_line(folder: Path, decoder: Decoder) -> None:
    (folder.parent / "cache").touch()
    with pytest.raises(GeaccError, match=r"no room .* try --cache none"):
        loaded(folder, decoder, cache="disk")
