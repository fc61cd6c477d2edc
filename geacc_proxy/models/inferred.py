"""Cards for models that come without one, where what their outputs mean is known by their form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.card import ModelCard, Threshold

if TYPE_CHECKING:
    from geacc_proxy.models.description import ModelDescription


@dataclass(frozen=True, slots=True)
class _Form:
    """What follows from a model's form; the fields are those of a card."""

    labels: tuple[str, ...]
    malign_labels: tuple[str, ...]
    value_range: tuple[float, float]
    resize: str


_GEACC = _Form(("benign", "malign"), ("malign",), (-1.0, 1.0), "lanczos")
_NSFWJS = _Form(("drawing", "hentai", "neutral", "porn", "sexy"), ("hentai", "porn", "sexy"), (0.0, 1.0), "bilinear")
_FORMS = {("mobilenet_v2", 2): _GEACC, ("mobilenet_v2", 5): _NSFWJS, ("inception_v3", 5): _NSFWJS}

_BENIGN_WORDS = frozenset({"benign", "drawing", "drawings", "neutral", "normal", "safe", "sfw"})
_MALIGN_WORDS = frozenset({"explicit", "hentai", "malign", "nsfw", "porn", "sexy", "unsafe"})

_THRESHOLDS = {"strict": Threshold(0.5), "balanced": Threshold(0.7), "lenient": Threshold(0.85)}
"""As on the embedded model's card, but measured by nobody; Geacc's own program calls malign what is above 0.5."""


def infer_card(
    description: ModelDescription,
    *,
    name: str,
    file: str,
    sha256: str,
    source: str,
    labels: Sequence[str] | None = None,
    value_range: tuple[float, float] | None = None,
    mean: tuple[float, float, float] | None = None,
    std: tuple[float, float, float] | None = None,
) -> ModelCard:
    """A card for a model without one, where that is safe.

    Two forms are known, both Keras models, whose channels come last. Geacc's: MobileNetV2 with two softmax outputs,
    benign and malign, whose inputs lie in -1…1, of pictures resized by Lanczos (`utils/predict.py` of
    purify-ai/geacc-models). And that of nsfw_model and nsfwjs: MobileNetV2 or InceptionV3 with five softmax outputs,
    whose inputs lie in 0…1. Beyond them, a source that names its outputs by well-known words says itself what they
    mean, if it also says what it is to be given.

    Args:
        description: what the model says of itself.
        name: a name for the card; what cannot be in one becomes a hyphen.
        file: name of the model file.
        sha256: its digest.
        source: where the model comes from, for a person.
        labels: names of the outputs, where the source has them.
        value_range: what the bytes 0 and 255 become, where the source says so.
        mean: what is subtracted then, where the source says so.
        std: what is divided by then, where the source says so.

    Returns:
        The card. Its version is the beginning of the digest.

    Raises:
        ModelError: it cannot be known what the outputs mean. Says what was seen, and what a card must say.
    """
    if description.rescaling is not None:
        value_range = (0.0, 255.0)
    form = _named(labels, description, value_range) if labels else _known(description)
    if form is None:
        raise ModelError(
            f"{_seen(description, labels)}; it cannot be known what they mean, as it can be of MobileNetV2 with 2 "
            "softmax outputs (Geacc's) and of MobileNetV2 or InceptionV3 with 5 (nsfwjs's): write a card, with labels, "
            "malign_labels, value_range and the other keys that docs/models.md lists"
        )
    return ModelCard(
        name=re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("._-") or "model",
        version=sha256[:12],
        licence="unknown",
        source=source if source.isprintable() else ascii(source),
        file=file,
        sha256=sha256,
        input_size=description.input_size,
        resize=form.resize,
        value_range=value_range or form.value_range,
        colour_order="RGB",
        labels=form.labels,
        malign_labels=form.malign_labels,
        thresholds=MappingProxyType(_THRESHOLDS),
        mean=mean or (0.0, 0.0, 0.0),
        std=std or (1.0, 1.0, 1.0),
        layout=description.layout,
        outputs="probabilities" if description.activation == "softmax" else "logits",
    )


def _known(description: ModelDescription) -> _Form | None:
    # Channels come first in PyTorch's models, which are given other values.
    if description.layout != "NHWC" or description.activation != "softmax":
        return None
    return _FORMS.get((description.architecture, description.outputs))


def _named(
    labels: Sequence[str], description: ModelDescription, value_range: tuple[float, float] | None
) -> _Form | None:
    words = [label.lower() for label in labels]
    if len(set(words)) != description.outputs or description.activation not in ("softmax", "linear"):
        return None
    if value_range is None or not set(words) <= _BENIGN_WORDS | _MALIGN_WORDS:
        return None
    malign = tuple(label for label in labels if label.lower() in _MALIGN_WORDS)
    return _Form(tuple(labels), malign, value_range, "bicubic") if malign else None


def _seen(description: ModelDescription, labels: Sequence[str] | None) -> str:
    kind = "" if description.activation == "unknown" else f"{description.activation} "
    count = f"{description.outputs} {kind}output{'s' if description.outputs > 1 else ''}"
    named = f" ({', '.join(labels)})" if labels else ""
    built = f"{description.architecture} " if description.architecture else ""
    size = f"{description.input_size} × {description.input_size} pixels, {description.layout}"
    return f"the model is {built}of {size}, with {count}{named}"
