from __future__ import annotations

from pathlib import Path

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.lab.classes import LabelledFile, labelled_files, labels_of, malign_classes

PNG = b"\x89PNG\r\n\x1a\n"


def lay_out(folder: Path, *names: str, content: bytes = PNG) -> Path:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def test_pictures_are_found_however_deep_and_sorted_by_class_and_path(tmp_path: Path) -> None:
    lay_out(tmp_path, "malign/b.jpg", "malign/a/z.PNG", "benign/c.webp", "loose.png")
    assert labelled_files(tmp_path) == [
        LabelledFile(tmp_path / "benign" / "c.webp", "benign"),
        LabelledFile(tmp_path / "malign" / "a" / "z.PNG", "malign"),
        LabelledFile(tmp_path / "malign" / "b.jpg", "malign"),
    ]


def test_geaccs_numbers_are_benign_and_malign(tmp_path: Path) -> None:
    lay_out(tmp_path, "1/a.png", "0/b.png")
    assert [(file.path.name, file.label) for file in labelled_files(tmp_path)] == [
        ("b.png", "benign"),
        ("a.png", "malign"),
    ]


def test_numbers_among_other_names_are_names(tmp_path: Path) -> None:
    lay_out(tmp_path, "0/b.png", "1/a.png", "2/c.png")
    assert labels_of(labelled_files(tmp_path)) == ("0", "1", "2")


def test_a_file_is_a_picture_by_its_first_bytes_where_its_name_does_not_tell(tmp_path: Path) -> None:
    lay_out(tmp_path, "benign/photo.php%3Fid=7", "malign/noise")
    lay_out(tmp_path, "benign/notes.txt", content=b"not a picture")
    assert [file.path.name for file in labelled_files(tmp_path)] == ["photo.php%3Fid=7", "noise"]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    lay_out(tmp_path, "benign/a.png", "malign/b.png", ".cache/c.png", "benign/.thumbs/d.png", "malign/._b.png")
    assert [file.path.name for file in labelled_files(tmp_path)] == ["a.png", "b.png"]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    lay_out(tmp_path, "benign/a.png", "malign/b.png")
    (tmp_path / "benign" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert len(labelled_files(tmp_path)) == 2


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "no folders; there must be one folder a class"),
        (["loose.png"], "no folders"),
        (["benign/a.png"], "only the folder 'benign'"),
        (["benign/a.png", "malign/notes.txt"], "malign: no pictures in it"),
        (["train/benign/a.png", "validate/benign/a.png"], "train, validate are no classes.*/train"),
    ],
)
def test_a_folder_that_is_no_data_set_is_refused_in_one_line(tmp_path: Path, files: list[str], message: str) -> None:
    for name in files:
        lay_out(tmp_path, name, content=b"text" if name.endswith(".txt") else PNG)
    with pytest.raises(UsageError, match=message) as caught:
        labelled_files(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere: no such folder"):
        labelled_files(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("names", "chosen", "malign"),
    [
        (("benign", "malign"), None, ("malign",)),
        (("Drawings", "hentai", "Neutral", "porn", "sexy"), None, ("hentai", "porn", "sexy")),
        (("benign", "horror", "violence"), None, ("horror", "violence")),
        (("benign", "horror", "violence"), ["violence"], ("violence",)),
        (("cats", "dogs", "wolves"), ["wolves", "dogs", "dogs"], ("dogs", "wolves")),
        (("benign", "malign"), ["benign"], ("benign",)),
    ],
)
def test_what_is_malign_follows_from_the_names_or_the_choice(
    names: tuple[str, ...], chosen: list[str] | None, malign: tuple[str, ...]
) -> None:
    assert malign_classes(names, chosen) == malign


@pytest.mark.parametrize(
    ("names", "chosen", "message"),
    [
        (("cats", "dogs"), None, "all of the classes cats, dogs are malign; say which"),
        (("neutral", "safe"), None, "none of the classes neutral, safe is malign"),
        (("cats", "dogs"), ["birds"], "'birds' is no class here; the classes are cats, dogs"),
        (("cats", "dogs"), ["cats", "dogs"], "all of the classes"),
        (("cats", "dogs"), [], "none of the classes"),
    ],
)
def test_a_choice_that_leaves_nothing_to_tell_apart_is_refused(
    names: tuple[str, ...], chosen: list[str] | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        malign_classes(names, chosen)
