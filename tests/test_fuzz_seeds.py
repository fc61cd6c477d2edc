"""What the fuzzer starts from is worth starting from, and what it calls a finding is one."""

from __future__ import annotations

import pytest

from fuzz import road
from fuzz.seeds import seeds
from geacc_proxy.images.decode import decode
from geacc_proxy.images.embedded import Embedded, Scanner
from geacc_proxy.images.sniff import Format, sniff

SEEDS = seeds()


@pytest.mark.parametrize("name", SEEDS)
def test_a_seed_goes_down_the_road_without_a_finding(name: str) -> None:
    road.travel(SEEDS[name])


def test_every_format_is_among_them_and_decodes() -> None:
    whole = [body for name, body in SEEDS.items() if not name.endswith("-cut")]
    assert {sniff(body) for body in whole} >= set(Format)
    for kind in Format:
        first = next(body for body in whole if sniff(body) is kind)
        assert len(decode(first, road.TARGET, road.CAPS).frames) > 0


def test_most_texts_among_them_hold_a_picture() -> None:
    found = [name for name, body in SEEDS.items() if any(isinstance(it, Embedded) for it in Scanner().feed(body))]
    assert len(found) > 5


def test_an_exception_of_a_decoder_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(road, "decode", breaks)
    with pytest.raises(ZeroDivisionError):
        road.travel(SEEDS["png"])


def test_a_text_that_comes_out_changed_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(road, "_scanned", lambda data, _chance: [data[1:]])
    with pytest.raises(AssertionError):
        road.travel(b"words")
