"""What a model computes, as far as it tells what kind of model it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """Kinds of steps that are told apart."""

    CONVOLUTION = auto()
    DEPTHWISE = auto()
    DENSE = auto()
    CONCATENATION = auto()
    ADD = auto()
    SUBTRACT = auto()
    MULTIPLY = auto()
    DIVIDE = auto()
    SOFTMAX = auto()
    SIGMOID = auto()
    PASSING = auto()
    """Another shape, order or type of the same numbers."""
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Tensor:
    """What goes in or comes out.

    Attributes:
        name: unique in its graph.
        shape: lengths of the axes; None for one that is open.
    """

    name: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One operation.

    Attributes:
        kind: what it does.
        inputs: names of what it takes, in the operation's order.
        outputs: names of what it gives.
    """

    kind: Kind
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """A model.

    Attributes:
        inputs: what it is given.
        outputs: what it answers with.
        steps: its operations in the order of computation.
        constants: names of its weights; with the number itself where it is a single one.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    steps: tuple[Step, ...]
    constants: Mapping[str, float | None]
