"""Reads the graph of an ONNX file.

It is a message in the Protocol Buffers' wire format: fields, each with its number and type, one after the other.
Sources: protobuf.dev, "Encoding"; onnx/onnx.proto, whose numbers of fields these are.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.graphs.graph import Graph, Kind, Step, Tensor

_MOST_FIELDS = 3_000_000  # some seconds; large models have some ten thousand
_DEEPEST = 32
_EXTERNAL = 1  # TensorProto.DataLocation
_FLOAT32 = 1  # TensorProto.DataType
_KINDS = {
    "Add": Kind.ADD,
    "Cast": Kind.PASSING,
    "Concat": Kind.CONCATENATION,
    "Conv": Kind.CONVOLUTION,
    "DequantizeLinear": Kind.PASSING,
    "Div": Kind.DIVIDE,
    "Dropout": Kind.PASSING,  # does nothing but in training
    "Flatten": Kind.PASSING,
    "Gemm": Kind.DENSE,
    "Identity": Kind.PASSING,
    "MatMul": Kind.DENSE,
    "Mul": Kind.MULTIPLY,
    "QuantizeLinear": Kind.PASSING,
    "Reshape": Kind.PASSING,
    "Sigmoid": Kind.SIGMOID,
    "Softmax": Kind.SOFTMAX,
    "Squeeze": Kind.PASSING,
    "Sub": Kind.SUBTRACT,
    "Transpose": Kind.PASSING,
    "Unsqueeze": Kind.PASSING,
}


def read_onnx(path: Path) -> Graph:
    """Read the graph of an `.onnx` file; its weights are not looked at.

    Raises:
        ModelError: it cannot be read, is no ONNX model, or is cut short; or its weights lie in other files, which no
            digest on a card covers.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            reader = _Reader(content)
            graph = reader.model()
    except OSError as error:
        raise ModelError(f"model file {path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:  # mmap's, of an empty file, and those below
        raise ModelError(f"model {path} is no ONNX model, or cut short") from error
    if reader.external:
        raise ModelError(f"model {path} keeps weights in other files (external data); save it as one file")
    return graph


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a message, a text or a list of numbers lies."""

    start: int
    end: int


@dataclass(slots=True)
class _Node:
    operator: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    group: int = 1
    constant: float | None = None


class _Reader:
    """Reads messages within `content`.

    Attributes:
        external: some weights lie in another file.
    """

    def __init__(self, content: mmap.mmap) -> None:
        self._content = content
        self._left = _MOST_FIELDS
        self.external = False

    def model(self) -> Graph:
        """The graph of the whole content."""
        found = None
        for number, value in self._fields(_Span(0, len(self._content))):
            if number == 7:
                found = self._graph(_span(value), 0)
            elif number == 25:  # a function, of which the graph's steps may make use
                for inner, node in self._fields(_span(value)):
                    if inner == 7:
                        self._node(_span(node), 0)
        if found is None:
            raise ValueError("no graph")
        return found

    def _graph(self, span: _Span, depth: int) -> Graph:
        if depth > _DEEPEST:
            raise ValueError("graphs within graphs without end")
        steps: list[Step] = []
        constants: dict[str, float | None] = {}
        inputs: list[Tensor] = []
        outputs: list[Tensor] = []
        for number, value in self._fields(span):
            if number == 1:
                node = self._node(_span(value), depth)
                if node.operator == "Constant":
                    constants.update(dict.fromkeys(node.outputs, node.constant))
                else:
                    kind = _KINDS.get(node.operator, Kind.OTHER)
                    if kind is Kind.CONVOLUTION and node.group > 1:
                        kind = Kind.DEPTHWISE
                    steps.append(Step(kind, tuple(node.inputs), tuple(node.outputs)))
            elif number == 5:
                name, single = self._weights(_span(value))
                constants[name] = single
            elif number == 15:
                constants[self._sparse(_span(value))] = None
            elif number in (11, 12):
                (inputs if number == 11 else outputs).append(self._value(_span(value)))
        given = tuple(one for one in inputs if one.name not in constants)  # up to version 3, weights are inputs, too
        return Graph(given, tuple(outputs), tuple(steps), constants)

    def _node(self, span: _Span, depth: int) -> _Node:
        node = _Node()
        for number, value in self._fields(span):
            if number == 1:
                node.inputs.append(self._text(_span(value)))
            elif number == 2:
                node.outputs.append(self._text(_span(value)))
            elif number == 4:
                node.operator = self._text(_span(value))
            elif number == 5:
                self._attribute(_span(value), node, depth)
        return node

    def _attribute(self, span: _Span, node: _Node, depth: int) -> None:
        name = ""
        for number, value in self._fields(span):
            if number == 1:
                name = self._text(_span(value))
            elif number == 3 and name == "group":
                node.group = _whole(value)
            elif number in (5, 10):
                _, node.constant = self._weights(_span(value))
            elif number in (6, 11):
                self._graph(_span(value), depth + 1)
            elif number in (22, 23):
                self._sparse(_span(value))

    def _sparse(self, span: _Span) -> str:
        name = ""
        for number, value in self._fields(span):
            if number in (1, 2):
                found, _ = self._weights(_span(value))
                name = found if number == 1 else name
        return name

    def _weights(self, span: _Span) -> tuple[str, float | None]:
        """The name of a tensor, and its number if it is a single one of float32."""
        name, kind, content = "", 0, _Span(0, 0)
        for number, value in self._fields(span):
            if number == 2:
                kind = _whole(value)
            elif number in (4, 9) and isinstance(value, _Span):
                content = value
            elif number == 8:
                name = self._text(_span(value))
            elif number == 13 or (number == 14 and value == _EXTERNAL):
                self.external = True
        if kind != _FLOAT32 or content.end - content.start != 4:
            return name, None
        (single,) = struct.unpack("<f", self._content[content.start : content.end])
        return name, float(single)

    def _value(self, span: _Span) -> Tensor:
        name = ""
        shape: tuple[int | None, ...] = ()
        for number, value in self._fields(span):
            if number == 1:
                name = self._text(_span(value))
            elif number == 2:
                shape = self._shape(_span(value))
        return Tensor(name, shape)

    def _shape(self, span: _Span) -> tuple[int | None, ...]:
        """Of a type: that of a tensor has a shape, that has dimensions, that may have a length."""
        axes = [
            axis
            for tensor in self._inner(span, 1)
            for shape in self._inner(tensor, 2)
            for axis in self._inner(shape, 1)
        ]
        lengths = []
        for axis in axes:
            known = [_whole(value) for number, value in self._fields(axis) if number == 1]
            lengths.append(known[-1] if known and known[-1] > 0 else None)
        return tuple(lengths)

    def _inner(self, span: _Span, wanted: int) -> Iterator[_Span]:
        return (_span(value) for number, value in self._fields(span) if number == wanted)

    def _text(self, span: _Span) -> str:
        return self._content[span.start : span.end].decode("utf-8", "replace")

    def _fields(self, span: _Span) -> Iterator[tuple[int, int | _Span]]:
        """Number and value of each field; the value is a whole number, or where the rest of it lies."""
        at = span.start
        while at < span.end:
            self._left -= 1
            if self._left < 0:
                raise ValueError("fields without end")
            tag, at = self._varint(at, span.end)
            value: int | _Span
            match tag & 7:
                case 0:
                    value, at = self._varint(at, span.end)
                case 1:
                    value = _Span(at, at + 8)
                case 2:
                    length, at = self._varint(at, span.end)
                    value = _Span(at, at + length)
                case 5:
                    value = _Span(at, at + 4)
                case _:
                    raise ValueError("no type of field")
            if isinstance(value, _Span):
                at = value.end
                if at > span.end:
                    raise ValueError("cut short")
            yield tag >> 3, value

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        value = 0
        for shift in range(0, 70, 7):
            if at >= end:
                raise ValueError("cut short")
            byte = self._content[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, at
        raise ValueError("a number that is too long")


def _span(value: int | _Span) -> _Span:
    if isinstance(value, int):
        raise ValueError("a number in the place of something longer")
    return value


def _whole(value: int | _Span) -> int:
    if isinstance(value, _Span):
        raise ValueError("something longer in the place of a number")
    return value
