"""Says of a model file what can be said without a card and without an engine."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.description import Activation, Architecture, ModelDescription
from geacc_proxy.models.graphs.graph import Graph, Kind, Step, Tensor
from geacc_proxy.models.graphs.litert import read_litert
from geacc_proxy.models.graphs.onnx import read_onnx

_ENDS: dict[Kind, Activation] = {
    Kind.SOFTMAX: "softmax",
    Kind.SIGMOID: "sigmoid",
    Kind.DENSE: "linear",
    Kind.CONVOLUTION: "linear",
}
_ARITHMETIC: dict[Kind, Callable[[float, float], float]] = {
    Kind.ADD: operator.add,
    Kind.SUBTRACT: operator.sub,
    Kind.MULTIPLY: operator.mul,
    Kind.DIVIDE: operator.truediv,
}

_MOST_FIRST_STEPS = 16  # that a picture passes through before a model looks at it

type Constants = Mapping[str, float | None]


def describe(path: Path) -> ModelDescription:
    """Describe a `.tflite` or `.onnx` file by its graph.

    The file may come from anywhere: it is read by code that keeps within it, and nothing in it is executed.

    Raises:
        ModelError: it cannot be read, is no model or cut short; it does not take one picture and give one list of
            numbers; or its first steps do with the picture what cannot be told.
    """
    graph = read_onnx(path) if path.suffix.lower() == ".onnx" else read_litert(path)
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise ModelError(
            f"model {path} has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs, where a model that judges "
            "pictures has one of each"
        )
    size, layout = _input(path, graph.inputs[0])
    constants = _constants(graph)
    return ModelDescription(
        input_size=size,
        layout=layout,
        outputs=_count(path, graph.outputs[0]),
        activation=_activation(graph, constants),
        architecture=_architecture(graph, constants),
        rescaling=_rescaling(path, graph, constants),
    )


def _input(path: Path, tensor: Tensor) -> tuple[int, str]:
    """Size and layout."""
    shape = tensor.shape
    if len(shape) == 4:
        for layout, channels, height, width in (("NHWC", 3, 1, 2), ("NCHW", 1, 2, 3)):
            if shape[channels] == 3 and shape[height] == shape[width]:
                size = shape[height]
                if size is None:
                    raise ModelError(
                        f"model {path} takes pictures of any size; write a card that says which it shall be"
                    )
                return size, layout
    raise ModelError(f"model {path} takes {_shown(shape)}, no square pictures of three channels")


def _count(path: Path, tensor: Tensor) -> int:
    lengths = [length for length in tensor.shape[1:] if length is not None]
    if len(tensor.shape) < 2 or len(lengths) < len(tensor.shape) - 1:
        raise ModelError(f"model {path} answers with {_shown(tensor.shape)}, no list of numbers for each picture")
    return prod(lengths)


def _shown(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join('?' if length is None else str(length) for length in shape)})"


def _constants(graph: Graph) -> Constants:
    """What does not depend on the picture: weights, and what is computed of them alone."""
    constants = dict(graph.constants)
    for step in graph.steps:
        inputs = _given(step)
        if inputs and all(name in constants for name in inputs):
            single = constants[inputs[0]] if step.kind is Kind.PASSING and len(inputs) == 1 else None
            constants.update(dict.fromkeys(step.outputs, single))
    return constants


def _given(step: Step) -> list[str]:
    """Its inputs, without the optional ones that are left out: ONNX names them "", LiteRT -1."""
    return [name for name in step.inputs if name not in ("", "-1")]


def _activation(graph: Graph, constants: Constants) -> Activation:
    makers = {name: step for step in graph.steps for name in step.outputs}
    name = graph.outputs[0].name
    for _ in graph.steps:
        step = makers.get(name)
        moving = [one for one in _given(step) if one not in constants] if step else []
        if step is None or not moving:
            break
        if step.kind is Kind.PASSING or (step.kind is Kind.ADD and len(moving) == 1):  # the latter is a bias
            name = moving[0]
            continue
        return _ENDS.get(step.kind, "unknown")
    return "unknown"


def _architecture(graph: Graph, constants: Constants) -> Architecture:
    """By how often each kind of step occurs; how wide the layers are does not matter.

    MobileNetV2 (Sandler et al., 2018, table 2): a convolution, 17 bottlenecks of up to two convolutions around a
    depthwise one, of which 10 are added to what they were given, a convolution. InceptionV3 (Szegedy et al., 2015):
    94 convolutions, and 11 blocks whose branches are joined.
    """
    counts: Counter[Kind] = Counter()
    for step in graph.steps:
        moving = {name for name in step.inputs if name not in constants}
        if moving and (step.kind is not Kind.ADD or len(moving) == 2):  # the addition of a constant is a bias
            counts[step.kind] += 1
    if (counts[Kind.CONVOLUTION], counts[Kind.DEPTHWISE], counts[Kind.ADD]) == (35, 17, 10):
        return "mobilenet_v2"
    if (counts[Kind.CONVOLUTION], counts[Kind.DEPTHWISE]) == (94, 0) and counts[Kind.CONCATENATION] >= 11:
        return "inception_v3"
    return ""


def _rescaling(path: Path, graph: Graph, constants: Constants) -> tuple[float, float] | None:
    """What the first steps make of 0 and 255, if they compute at all before they look at the picture."""
    name, ends, found = graph.inputs[0].name, (0.0, 255.0), False
    for _ in range(_MOST_FIRST_STEPS):
        users = [step for step in graph.steps if name in step.inputs]
        if len(users) != 1 or users[0].kind not in (Kind.PASSING, *_ARITHMETIC):
            break
        (step,) = users
        if step.kind is not Kind.PASSING:
            ends, found = _computed(path, step, name, ends, constants), True
        name = step.outputs[0]
    return ends if found else None


def _computed(
    path: Path, step: Step, name: str, ends: tuple[float, float], constants: Constants
) -> tuple[float, float]:
    compute = _ARITHMETIC[step.kind]
    number = next((constants.get(other) for other in step.inputs if other != name), None)
    if number is None or (step.kind is Kind.DIVIDE and (number == 0 or step.inputs[0] != name)):
        raise ModelError(
            f"model {path} begins with arithmetic that depends on more than one number; write a card for it"
        )
    low, high = (compute(end, number) if step.inputs[0] == name else compute(number, end) for end in ends)
    return low, high
