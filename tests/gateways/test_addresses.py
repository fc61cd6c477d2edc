"""What addresses have brought lately."""

from geacc_proxy.gateways.mitm.addresses import Addresses


def test_the_last_time_counts_and_the_unknown_is_neither() -> None:
    addresses = Addresses()
    assert (addresses.brought_picture("a"), addresses.is_harmless("a")) == (False, False)
    addresses.remember("a", picture=False)
    assert (addresses.brought_picture("a"), addresses.is_harmless("a")) == (False, True)
    addresses.remember("a", picture=True)
    assert (addresses.brought_picture("a"), addresses.is_harmless("a")) == (True, False)


def test_the_longest_unused_is_forgotten_first() -> None:
    addresses = Addresses(size=2)
    for url in ("a", "b"):
        addresses.remember(url, picture=True)
    assert addresses.brought_picture("a")
    addresses.remember("c", picture=True)
    assert [addresses.brought_picture(url) for url in "abc"] == [True, False, True]
