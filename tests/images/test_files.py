"""Which files in a folder are pictures."""

from pathlib import Path

import pytest

from geacc_proxy.images.files import is_picture_file

PNG = (Path(__file__).parents[1] / "data" / "malign-synthetic-1.png").read_bytes()


@pytest.mark.parametrize(
    ("name", "body", "is_one"),
    [
        ("photo.JPG", b"", True),
        ("photo.webp", b"broken", True),
        ("http%3A%2F%2Fa.example%2Fphoto%3Fw%3D200", PNG, True),
        ("photo.php", PNG, True),
        ("list.csv", b"path,label\n", False),
        ("nothing", b"", False),
    ],
)
def test_a_picture_is_known_by_its_name_or_else_by_its_bytes(
    name: str, body: bytes, is_one: bool, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    assert is_picture_file(path) is is_one


def test_a_file_that_cannot_be_read_is_left_to_whoever_opens_it(tmp_path: Path) -> None:
    assert is_picture_file(tmp_path / "gone")
