"""Cards that are inferred, and the models for which none can be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.card import ModelCard, format_card, parse_card
from geacc_proxy.models.description import ModelDescription
from geacc_proxy.models.inferred import infer_card

GEACC = ModelDescription(224, "NHWC", 2, "softmax", "mobilenet_v2")
NSFWJS = ModelDescription(299, "NHWC", 5, "softmax", "inception_v3")
NAMED = ModelDescription(384, "NHWC", 2, "linear", "")
DIGEST = "0123456789ab" + "c" * 52


def infer(description: ModelDescription, **said: Any) -> ModelCard:
    known = {"name": "PurifyAI_Geacc", "file": "x.h5", "sha256": DIGEST, "source": "/models/x.h5"}
    return infer_card(description, **{**known, **said})


def test_geaccs_form_gets_the_card_that_its_own_program_implies() -> None:
    card = infer(GEACC)
    assert card.identity == "PurifyAI_Geacc@0123456789ab"
    assert (card.labels, card.malign_labels) == (("benign", "malign"), ("malign",))
    assert (card.input_size, card.value_range, card.resize) == (224, (-1.0, 1.0), "lanczos")
    assert (card.colour_order, card.layout, card.outputs) == ("RGB", "NHWC", "probabilities")
    assert card.thresholds["strict"].malign == 0.5
    assert {threshold.false_alarm_rate for threshold in card.thresholds.values()} == {None}


@pytest.mark.parametrize("architecture", ["mobilenet_v2", "inception_v3"])
def test_nsfwjss_form_gets_its_five_labels(architecture: Any) -> None:
    card = infer(replace(NSFWJS, architecture=architecture))
    assert card.labels == ("drawing", "hentai", "neutral", "porn", "sexy")
    assert card.malign_labels == ("hentai", "porn", "sexy")
    assert (card.input_size, card.value_range, card.resize) == (299, (0.0, 1.0), "bilinear")


def test_a_model_that_rescales_by_itself_gets_bytes() -> None:
    assert infer(replace(GEACC, rescaling=(-1.0, 1.0))).value_range == (0.0, 255.0)


def test_names_that_a_source_gives_say_what_its_outputs_mean() -> None:
    card = infer(NAMED, labels=["NSFW", "SFW"], value_range=(0.0, 1.0), mean=(0.5, 0.5, 0.5), std=(0.4, 0.5, 0.6))
    assert (card.labels, card.malign_labels) == (("NSFW", "SFW"), ("NSFW",))
    assert (card.value_range, card.mean, card.std) == ((0.0, 1.0), (0.5, 0.5, 0.5), (0.4, 0.5, 0.6))
    assert card.outputs == "logits"


@pytest.mark.parametrize(
    ("description", "said", "says"),
    [
        (replace(GEACC, outputs=3), {}, "mobilenet_v2 of 224 × 224 pixels, NHWC, with 3 softmax outputs"),
        (replace(GEACC, outputs=1, activation="sigmoid"), {}, "with 1 sigmoid output;"),
        (replace(GEACC, activation="linear"), {}, "with 2 linear outputs"),
        (replace(GEACC, activation="unknown"), {}, "with 2 outputs"),
        (replace(GEACC, architecture=""), {}, "the model is of 224 × 224"),
        (replace(GEACC, architecture="inception_v3"), {}, "inception_v3"),
        (replace(GEACC, layout="NCHW"), {}, "NCHW"),
        (replace(NSFWJS, architecture=""), {}, "with 5 softmax outputs"),
        (NAMED, {"labels": ["cats", "dogs"], "value_range": (0.0, 1.0)}, "outputs (cats, dogs)"),
        (NAMED, {"labels": ["NSFW", "other"], "value_range": (0.0, 1.0)}, "outputs (NSFW, other)"),
        (NAMED, {"labels": ["safe", "sfw"], "value_range": (0.0, 1.0)}, "outputs (safe, sfw)"),
        (NAMED, {"labels": ["nsfw", "NSFW"], "value_range": (0.0, 1.0)}, "outputs (nsfw, NSFW)"),
        (NAMED, {"labels": ["nsfw"], "value_range": (0.0, 1.0)}, "2 linear outputs (nsfw)"),
        (NAMED, {"labels": ["nsfw", "sfw"]}, "outputs (nsfw, sfw)"),
        (replace(NAMED, activation="unknown"), {"labels": ["nsfw", "sfw"], "value_range": (0.0, 1.0)}, "2 outputs"),
    ],
)
def test_what_cannot_be_known_is_asked_for(description: ModelDescription, said: dict[str, Any], says: str) -> None:
    with pytest.raises(ModelError) as caught:
        infer(description, **said)
    message = str(caught.value)
    assert says in message
    assert (
        "write a card, with labels, malign_labels, value_range and the other keys that docs/models.md lists" in message
    )
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "becomes"),
    [("two words", "two-words"), ("modèle (2)", "mod-le-2"), ("..", "model"), ("日本", "model"), ("_x", "x")],
)
def test_an_inferred_card_can_be_written_down_whatever_its_file_is_called(name: str, becomes: str) -> None:
    card = infer(GEACC, name=name, source="/models/two\nlines.h5")
    assert card.name == becomes
    assert parse_card(format_card(card), "written") == card
