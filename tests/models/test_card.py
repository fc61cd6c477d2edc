"""Model cards: what they say, and what each mistake in them says."""

from __future__ import annotations

import pickle

import pytest

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.card import Threshold, parse_card
from tests.models.conftest import CARD

GOOD = CARD.format(sha256="0" * 64)


def test_a_card_says_everything_of_a_model() -> None:
    card = parse_card(GOOD, "small.toml")
    assert card.identity == "small@1.0"
    assert card.input_size == 224
    assert card.value_range == (0.0, 1.0)
    assert card.labels == ("drawing", "hentai", "neutral", "porn", "sexy")
    assert card.malign_labels == ("hentai", "porn", "sexy")
    assert dict(card.thresholds) == {
        "strict": Threshold(0.5, 0.05),
        "balanced": Threshold(0.7, None),
        "lenient": Threshold(0.85, None),
    }


def test_a_card_cannot_be_changed() -> None:
    card = parse_card(GOOD, "small.toml")
    with pytest.raises(AttributeError):
        card.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        card.thresholds["strict"] = Threshold(1.0)  # type: ignore[index]


def test_a_card_travels_to_another_process() -> None:
    card = parse_card(GOOD, "small.toml")
    copy = pickle.loads(pickle.dumps(card))
    assert copy == card
    with pytest.raises(TypeError):
        copy.thresholds["strict"] = Threshold(1.0)


@pytest.mark.parametrize(
    ("change", "into", "says"),
    [
        ('name = "small"', "name = ", "no TOML"),
        ('name = "small"', "", "'name' is missing"),
        ('name = "small"', 'name = "two words"', "name = 'two words'"),
        ('name = "small"', "name = 7", "name = 7"),
        ('version = "1.0"', 'version = ""', "version = ''"),
        ('licence = "MIT"', 'license = "MIT"', "unknown key 'license'"),
        ('source = "made for a test"', 'source = "two\\nlines"', "one line of text"),
        ('file = "small.tflite"', 'file = "../small.tflite"', "without a folder"),
        ('file = "small.tflite"', 'file = "/etc/passwd"', "without a folder"),
        ('file = "small.tflite"', 'file = ".."', "without a folder"),
        ('sha256 = "' + "0" * 64, 'sha256 = "' + "0" * 63, "64 lower-case hexadecimal digits"),
        ('sha256 = "' + "0" * 64, 'sha256 = "' + "A" * 64, "64 lower-case hexadecimal digits"),
        ("input_size = 224", "input_size = 0", "input_size = 0"),
        ("input_size = 224", "input_size = 224.0", "a whole number"),
        ("input_size = 224", "input_size = true", "a whole number"),
        ("input_size = 224", "input_size = 100000", "1 to 4096"),
        ('resize = "bilinear"', 'resize = "magic"', "one of nearest"),
        ("value_range = [0.0, 1.0]", "value_range = [1.0, 0.0]", "the lower first"),
        ("value_range = [0.0, 1.0]", "value_range = [0.0, inf]", "two numbers"),
        ("value_range = [0.0, 1.0]", "value_range = [0.0]", "two numbers"),
        ('colour_order = "RGB"', 'colour_order = "CMYK"', "one of RGB, BGR"),
        ('labels = ["drawing", ', 'labels = ["porn", ', "different names"),
        ('malign_labels = ["hentai", "porn", "sexy"]', "malign_labels = []", "malign_labels = []"),
        ('malign_labels = ["hentai", ', 'malign_labels = ["violence", ', "some of the labels"),
        ("[thresholds.lenient]\nmalign = 0.85", "", "[thresholds.lenient] is missing"),
        ("[thresholds.lenient]", "[thresholds.lax]", "unknown key 'thresholds.lax'"),
        ("malign = 0.5", "malign = 0", "thresholds.strict.malign = 0"),
        ("malign = 0.5", "malign = 1.5", "thresholds.strict.malign = 1.5"),
        ("malign = 0.5", "malign = nan", "thresholds.strict.malign = nan"),
        ("malign = 0.5", 'malign = "half"', "thresholds.strict.malign = 'half'"),
        ("malign = 0.5", "benign = 0.5", "unknown key 'thresholds.strict.benign'"),
        ("malign = 0.7", "malign = 0.4", "a stricter word may not have the higher threshold"),
        ("false_alarm_rate = 0.05", "false_alarm_rate = 5", "thresholds.strict.false_alarm_rate = 5"),
    ],
)
def test_a_mistake_in_a_card_is_told_in_one_line(change: str, into: str, says: str) -> None:
    assert change in GOOD
    with pytest.raises(ModelError) as caught:
        parse_card(GOOD.replace(change, into, 1), "some/small.toml")
    message = str(caught.value)
    assert says in message
    assert "some/small.toml" in message
    assert "\n" not in message
