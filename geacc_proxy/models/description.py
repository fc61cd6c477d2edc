"""What a model file says of itself, without a card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Activation = Literal["softmax", "sigmoid", "linear", "unknown"]
"""What ends a model's graph; `unknown` where its last steps could not be told."""

Architecture = Literal["mobilenet_v2", "inception_v3", ""]
"""What a model is built on; empty where it is none of those that are recognised."""


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What can be seen in a model of pictures.

    Attributes:
        input_size: width and height of its input, pixels; it takes squares of three channels.
        layout: order of its input's axes, one of `geacc_proxy.models.card.LAYOUTS`.
        outputs: how many numbers it answers with for one picture.
        activation: what makes those numbers.
        architecture: what it is built on.
        rescaling: what its own first layers make of the bytes 0 and 255, where it begins with such layers; it is then
            given the bytes as they are, and a card's `value_range` is (0, 255). None where it has none.
    """

    input_size: int
    layout: str
    outputs: int
    activation: Activation
    architecture: Architecture
    rescaling: tuple[float, float] | None = None
