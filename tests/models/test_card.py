"""Model cards: what they say, and what each mistake in them says."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.card import (
    COLOUR_ORDERS,
    LAYOUTS,
    OUTPUTS,
    RESIZES,
    STRICTNESSES,
    ModelCard,
    SecondOpinion,
    Threshold,
    format_card,
    parse_card,
)
from geacc_proxy.models.registry import find
from tests.models.conftest import CARD

GOOD = CARD.format(sha256="0" * 64)
FULL = (
    """\
mean = [104.0, 117.0, 123.0]
std = [1.0, 2.0, 0.5]
layout = "NCHW"
outputs = "logits"
published = "AUC 0.97 on pictures of its author's"
second = { model = "better.onnx", doubt = [0.1, 0.9] }
"""
    + GOOD
)


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


def test_a_short_card_is_of_a_model_that_takes_and_gives_what_most_do() -> None:
    card = parse_card(GOOD, "small.toml")
    assert (card.mean, card.std, card.layout, card.outputs) == ((0, 0, 0), (1, 1, 1), "NHWC", "probabilities")
    assert card.published == ""
    assert card.second is None


def test_a_long_card_says_what_is_unusual() -> None:
    card = parse_card(FULL, "small.toml")
    assert (card.mean, card.std, card.layout, card.outputs) == ((104, 117, 123), (1, 2, 0.5), "NCHW", "logits")
    assert card.published == "AUC 0.97 on pictures of its author's"
    assert card.second == SecondOpinion("better.onnx", (0.1, 0.9))


def test_a_card_cannot_be_changed() -> None:
    card = parse_card(GOOD, "small.toml")
    with pytest.raises(AttributeError):
        card.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        card.thresholds["strict"] = Threshold(1.0)  # type: ignore[index]


def test_a_card_travels_to_another_process() -> None:
    card = parse_card(FULL, "small.toml")
    copy = pickle.loads(pickle.dumps(card))
    assert copy == card
    with pytest.raises(TypeError):
        copy.thresholds["strict"] = Threshold(1.0)


@pytest.mark.parametrize(
    ("change", "into", "says"),
    [
        ('name = "small"', "name = ", "no TOML"),
        ('name = "small"', "name = " + "9" * 5000, "no TOML"),
        ('name = "small"', "name = " + "[" * 5000, "no TOML"),
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
        ("value_range = [0.0, 1.0]", "value_range = [0, 1" + "0" * 400 + "]", "two numbers"),
        ("value_range = [0.0, 1.0]", "value_range = [0, 0x" + "f" * 5000 + "]", "two numbers"),
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
        ("mean = [104.0, ", "mean = [", "mean = [117.0, 123.0] is wrong; it must be three numbers"),
        ("mean = [104.0, ", "mean = [nan, ", "three numbers"),
        ("std = [1.0, ", "std = [0.0, ", "three numbers above 0"),
        ('layout = "NCHW"', 'layout = "CHWN"', "one of NHWC, NCHW"),
        ('outputs = "logits"', 'outputs = "scores"', "one of probabilities, logits, sigmoid"),
        ('outputs = "logits"', 'outputs = "sigmoid"', "two labels where outputs is sigmoid"),
        ('published = "AUC', 'published = "two\\nlines', "one line of text"),
        ("second = { model", "second = 1 # ", "second = 1 is wrong; it must be a table"),
        ("doubt = [0.1, 0.9]", "doubtful = [0.1, 0.9]", "unknown key 'second.doubtful'"),
        ('{ model = "better.onnx",', "{", "second.model = None"),
        ('model = "better.onnx"', 'model = ""', "second.model = ''"),
        ("doubt = [0.1, 0.9]", "doubt = [0.9, 0.1]", "second.doubt = [0.9, 0.1]"),
        ("doubt = [0.1, 0.9]", "doubt = [0.1, 0.1]", "second.doubt = [0.1, 0.1]"),
        ("doubt = [0.1, 0.9]", "doubt = [0.1, 1.1]", "second.doubt = [0.1, 1.1]"),
        ("doubt = [0.1, 0.9]", "doubt = 0.1", "second.doubt = 0.1"),
    ],
)
def test_a_mistake_in_a_card_is_told_in_one_line(change: str, into: str, says: str) -> None:
    assert change in FULL
    with pytest.raises(ModelError) as caught:
        parse_card(FULL.replace(change, into, 1), "some/small.toml")
    message = str(caught.value)
    assert says in message
    assert "some/small.toml" in message
    assert "\n" not in message
    assert len(message) < 400


numbers = st.floats(allow_nan=False, allow_infinity=False)
letters = st.characters(codec="utf-8", exclude_categories=("C", "Z"))  # what is left is printable
lines = st.builds("{}{}".format, letters, st.text(letters | st.sampled_from(" \"\\'#")))
shares = st.floats(0, 1)


def rising(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[tuple[float, float]]:
    return st.lists(numbers, min_size=2, max_size=2, unique=True).map(lambda pair: (min(pair), max(pair)))


@st.composite
def cards(draw: st.DrawFn) -> ModelCard:
    outputs = draw(st.sampled_from(OUTPUTS))
    most = 2 if outputs == "sigmoid" else 6
    labels = tuple(draw(st.lists(lines, min_size=min(2, most), max_size=most, unique=True)))
    malign = sorted(draw(st.lists(st.floats(0, 1, exclude_min=True), min_size=3, max_size=3)))
    rates = [draw(st.none() | shares) for _ in STRICTNESSES]
    return ModelCard(
        name=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]*", fullmatch=True)),
        version=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+-]*", fullmatch=True)),
        licence=draw(lines),
        source=draw(lines),
        file="x" + draw(lines).replace("/", "").replace("\\", ""),
        sha256=draw(st.text("0123456789abcdef", min_size=64, max_size=64)),
        input_size=draw(st.integers(1, 4096)),
        resize=draw(st.sampled_from(RESIZES)),
        value_range=draw(rising(numbers)),
        colour_order=draw(st.sampled_from(COLOUR_ORDERS)),
        labels=labels,
        malign_labels=tuple(draw(st.lists(st.sampled_from(labels), min_size=1, unique=True))),
        thresholds=dict(zip(STRICTNESSES, map(Threshold, malign, rates), strict=True)),
        mean=draw(st.tuples(numbers, numbers, numbers)),
        std=draw(st.tuples(*[st.floats(0, 1e300, exclude_min=True)] * 3)),
        layout=draw(st.sampled_from(LAYOUTS)),
        outputs=outputs,
        published=draw(st.just("") | lines),
        second=draw(st.none() | st.builds(SecondOpinion, lines, rising(shares))),
    )


@given(cards())
def test_a_card_that_is_written_down_reads_back_equal(card: ModelCard) -> None:
    assert parse_card(format_card(card), "written") == card


def test_the_embedded_card_is_written_down_without_what_goes_without_saying() -> None:
    card = find().card
    written = format_card(card)
    assert parse_card(written, "written") == card
    assert "mean" not in written
    assert "second" not in written


def test_numbers_of_numpy_are_written_as_numbers() -> None:
    card = replace(find().card, mean=(np.float64(0.5), np.float32(0.25), 0))
    assert "mean = [0.5, 0.25, 0]" in format_card(card)
