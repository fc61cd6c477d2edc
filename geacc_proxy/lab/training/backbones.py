"""The networks that can be fine-tuned, and what each wants to be shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backbone:
    """A network of keras.applications without its top.

    Attributes:
        name: as on the command line.
        builder: its function in keras.applications.
        input_size: side of the square that it was designed for, pixels.
        smallest: the least that its strides allow, pixels.
        value_range: what the bytes 0 and 255 become before its first layer.
        alphas: width multipliers that there are ImageNet weights for; empty where its width is fixed.
    """

    name: str
    builder: str
    input_size: int
    smallest: int
    value_range: tuple[float, float]
    alphas: tuple[float, ...] = ()


SYMMETRIC, BYTES = (-1.0, 1.0), (0.0, 255.0)
"""What bytes become: numbers around 0, or themselves."""

_ALL = (
    Backbone("mobilenet_v2", "MobileNetV2", 224, 32, SYMMETRIC, (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)),
    # These scale their inputs in a layer of their own.
    Backbone("mobilenet_v3_small", "MobileNetV3Small", 224, 32, BYTES, (0.75, 1.0)),
    Backbone("mobilenet_v3_large", "MobileNetV3Large", 224, 32, BYTES, (0.75, 1.0)),
    *(
        Backbone(f"efficientnet_b{number}", f"EfficientNetB{number}", size, 32, BYTES)
        for number, size in enumerate((224, 240, 260, 300, 380, 456, 528, 600))
    ),
    Backbone("inception_v3", "InceptionV3", 299, 75, SYMMETRIC),
)

BACKBONES = {backbone.name: backbone for backbone in _ALL}
"""By name. Sizes and ranges are those of keras.applications' documentation."""
