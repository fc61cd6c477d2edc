"""Not enough tiny pictures to be put together into one that is not."""

from geacc_proxy.policy.pieces import Pieces


def test_a_page_may_show_so_many_different_tiny_pictures_and_no_more() -> None:
    pieces = Pieces(most=3)
    shown = [pieces.may_show("phone", "https://a.test/", f"digest-{number}") for number in range(5)]
    assert shown == [True, True, True, False, False]


def test_the_same_tiny_picture_counts_once() -> None:
    pieces = Pieces(most=1)
    assert all(pieces.may_show("phone", "https://a.test/", "spacer") for _ in range(1000))
    assert not pieces.may_show("phone", "https://a.test/", "another")


def test_each_page_and_each_device_has_a_count_of_its_own() -> None:
    pieces = Pieces(most=1)
    assert pieces.may_show("phone", "https://a.test/", "one")
    assert pieces.may_show("phone", "https://b.test/", "two")
    assert pieces.may_show("tablet", "https://a.test/", "three")
    assert not pieces.may_show("tablet", "https://a.test/", "four")
