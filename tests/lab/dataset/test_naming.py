"""A file's name leads to its address, or the log does."""

from __future__ import annotations

from urllib.parse import unquote_plus

from geacc_proxy.lab.dataset.naming import LONGEST, file_name, short_name

URL = "https://user@example.org:8443/a b/ä.jpg?x=1&y=../..#z"


def test_the_address_can_be_read_from_the_name() -> None:
    assert unquote_plus(file_name(URL)) == URL
    assert "/" not in file_name(URL)


def test_a_name_as_long_as_file_systems_take_is_the_address_and_a_longer_one_a_digest() -> None:
    base = "http://a.example/"
    room = LONGEST - len(file_name(base))
    fits, too_long = base + "x" * room, base + "x" * (room - 3) + ".JPG"
    assert unquote_plus(file_name(fits)) == fits
    assert file_name(too_long) == short_name(too_long)
    assert len(file_name(too_long)) == 64 + 4
    assert file_name(too_long).endswith(".jpg")
    assert file_name(too_long + "?1") != file_name(too_long)
    assert len(file_name("http://a.example/" + "ä" * 5000)) <= LONGEST


def test_a_short_name_ends_like_a_picture_or_not_at_all() -> None:
    assert short_name("http://a.example/x.php?a.jpg").isalnum()
    assert short_name("http://a.example/x.PNG?y=1").endswith(".png")
