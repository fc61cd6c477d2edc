"""Compares the shapes of a model's input and output with its card."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.engines.arithmetic import answers
from geacc_proxy.models.registry import InstalledModel

type Shape = tuple[int | None, ...]
"""Lengths of axes; None for one that is open."""


def check_input(model: InstalledModel, inputs: Sequence[Shape]) -> tuple[int, ...]:
    """The shape to give one frame in.

    Args:
        model: what it should be.
        inputs: the shape of each input that the model has.

    Raises:
        ModelError: that is no single picture, or another one than the card says.
    """
    size = model.card.input_size
    shape = (1, size, size, 3) if model.card.layout == "NHWC" else (1, 3, size, size)
    if len(inputs) != 1 or not _fits(inputs[0], shape):
        raise ModelError(
            f"model {model.path}: its input has the shape {_shown(inputs)}, by its card's input_size and layout it "
            f"must be {shape}"
        )
    return shape


def check_output(model: InstalledModel, outputs: Sequence[Shape]) -> None:
    """See that there is one output, with as many numbers as the card says.

    Raises:
        ModelError: it is not so.
    """
    count = answers(model.card)
    if len(outputs) != 1 or prod(length or 1 for length in outputs[0]) != count:
        raise ModelError(
            f"model {model.path}: its output has the shape {_shown(outputs)}, by its card's labels and outputs it must "
            f"be (1, {count})"
        )


def _fits(found: Shape, wanted: tuple[int, ...]) -> bool:
    return len(found) == len(wanted) and all(one in (None, other) for one, other in zip(found, wanted, strict=True))


def _shown(shapes: Sequence[Shape]) -> str:
    return (
        " and ".join(f"({', '.join('?' if one is None else str(one) for one in shape)})" for shape in shapes)
        or "of nothing"
    )
