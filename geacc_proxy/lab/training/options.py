"""What can be chosen about a training run, Geacc's recipe by default."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from geacc_proxy.exceptions import UsageError
from geacc_proxy.lab.training.backbones import BACKBONES, Backbone
from geacc_proxy.models.card import RESIZES

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL_LAYERS = -1
"""`unfrozen` for the whole backbone."""

IMAGENET, DEFAULT, NO_WEIGHTS = "imagenet", "default", "none"
"""Words for initial weights; `default` is the backbone of the embedded model. Everything else is a file."""

CHOICES = {
    "backbone": tuple(BACKBONES),
    "class_weights": ("none", "balanced"),
    "precision": ("auto", "float32", "mixed_float16"),
    "resize": RESIZES,
    "cache": ("auto", "memory", "disk", "none"),
}
"""Options that are one of a few words."""

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"  # what a card takes
_RANGES: dict[str, tuple[float, float]] = {
    "alpha": (0.05, 4),
    "input_size": (16, 2048),
    "unfrozen": (ALL_LAYERS, 100_000),
    "learning_rate": (1e-9, 1),
    "batch_size": (1, 65_536),
    "epochs": (1, 100_000),
    "rotation": (0, 180),
    "shift": (0, 1),
    "patience": (1, 100_000),
    "min_delta": (0, 100),
    "split": (0.01, 0.9),
    "seed": (0, 2**31 - 1),
}


@dataclass(frozen=True, slots=True)
class Options:
    """All that decides what comes out of a run, but for the pictures; the defaults are Geacc's train_mobilenetv2.py.

    Attributes:
        backbone: a name of `BACKBONES`.
        alpha: width multiplier of a MobileNet.
        input_size: side of the square that the network is shown, pixels; 0 for the backbone's own.
        weights: `imagenet`, `default`, `none` or the path of a file.
        unfrozen: how many layers at the backbone's top are trained; `ALL_LAYERS` for all.
        learning_rate: Adam's.
        batch_size: pictures a step, at most.
        epochs: times that all pictures are shown, at most.
        rotation: pictures are turned by up to so many degrees either way.
        shift: pictures are moved by up to this share of a side either way.
        flips: whether half of the pictures are mirrored, left to right.
        patience: epochs without an improvement of the validation loss after which training stops.
        min_delta: an improvement is a loss lower by more than this.
        class_weights: `balanced` weighs classes as if each had as many pictures.
        precision: `mixed_float16`, `float32`, or `auto`: mixed on a GPU with tensor cores.
        resize: filter that squeezes a picture into the square.
        split: share of the pictures that validates, where there is no folder for that.
        seed: of everything random; the same seed and pictures give the same run on the same machine.
        malign: classes that somebody said are malign; None for the rule of `classes.malign_classes`.
        cache: where decoded pictures are kept between epochs; no bearing on the result.
        name: of the model, on its card; empty for the run folder's name.
        licence: SPDX name of the trained weights' licence.
    """

    backbone: str = "mobilenet_v2"
    alpha: float = 1.0
    input_size: int = 0
    weights: str = IMAGENET
    unfrozen: int = 30
    learning_rate: float = 4e-5
    batch_size: int = 128
    epochs: int = 60
    rotation: float = 23.0
    shift: float = 0.2
    flips: bool = True
    patience: int = 10
    min_delta: float = 0.01
    class_weights: str = "none"
    precision: str = "auto"
    resize: str = "lanczos"
    split: float = 0.2
    seed: int = 0
    malign: tuple[str, ...] | None = None
    cache: str = "auto"
    name: str = ""
    licence: str = "NOASSERTION"

    @property
    def network(self) -> Backbone:
        """Facts of the backbone."""
        return BACKBONES[self.backbone]

    @property
    def size(self) -> int:
        """Side of the square that the network is shown, pixels."""
        return self.input_size or self.network.input_size

    def check(self) -> Self:
        """These options.

        Raises:
            UsageError: one is wrong, or two do not go together.
        """
        for name, words in CHOICES.items():
            if getattr(self, name) not in words:
                raise _wrong(name, getattr(self, name), f"one of {', '.join(words)}")
        for name, (low, high) in _RANGES.items():
            if name == "input_size" and not self.input_size:
                continue
            if not low <= getattr(self, name) <= high:
                raise _wrong(name, getattr(self, name), f"from {low:g} to {high:g}")
        network = self.network
        if self.size < network.smallest:
            raise _wrong("input_size", self.size, f"at least {network.smallest} for {self.backbone}")
        if self.alpha != 1.0 and not network.alphas:
            raise _wrong("alpha", self.alpha, f"left out: the width of {self.backbone} is fixed")
        if self.weights == IMAGENET and network.alphas and self.alpha not in network.alphas:
            known = ", ".join(f"{alpha:g}" for alpha in network.alphas)
            raise _wrong("alpha", self.alpha, f"one of {known}, for which there are ImageNet weights")
        if self.weights == DEFAULT and (self.backbone != "mobilenet_v2" or self.alpha != 1.0):
            raise UsageError("--weights default is the embedded model's backbone: mobilenet_v2 with --alpha 1")
        for name in ("weights", "licence"):
            text = getattr(self, name)
            if not text.strip() or not text.isprintable():
                raise _wrong(name, text, "one line of text")
        if self.name and not re.fullmatch(_NAME, self.name):
            raise _wrong("name", self.name, "of letters, digits, '.', '_' and '-'")
        return self

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> Self:
        """Options as `written` left them.

        Raises:
            ValueError: a key is unknown or a value of another kind.
        """
        kinds = {field.name: type(field.default) for field in fields(cls)}
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key == "malign":
                values[key] = tuple(map(str, value))
            elif key not in kinds or type(value) is not kinds[key]:
                raise ValueError(f"options.{key} = {value!r}")
            else:
                values[key] = value
        return cls(**values)

    def written(self) -> dict[str, Any]:
        """As a table for TOML, without what is None."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {key: value for key, value in values.items() if value is not None}


def flag(name: str) -> str:
    """How an option is called on the command line."""
    return "--" + name.replace("_", "-")


def _wrong(name: str, value: object, right: str) -> UsageError:
    return UsageError(f"{flag(name)} {value} is wrong; it must be {right}")
