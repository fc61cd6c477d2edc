"""Reads the graph of a LiteRT file.

It is a FlatBuffer: tables point at their fields by offsets, all little-endian. Sources: the FlatBuffers documentation,
"Internals"; tensorflow/compiler/mlir/lite/schema/schema.fbs, whose numbers of fields and operators these are.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.graphs.graph import Graph, Kind, Step, Tensor

_IDENTIFIER = b"TFL3"
_MOST_NUMBERS = 1_000_000  # a second or two; large models have some ten thousand. Tables may share lists without end
_KINDS = {
    0: Kind.ADD,
    2: Kind.CONCATENATION,
    3: Kind.CONVOLUTION,
    4: Kind.DEPTHWISE,
    6: Kind.PASSING,  # DEQUANTIZE
    9: Kind.DENSE,  # FULLY_CONNECTED
    14: Kind.SIGMOID,  # LOGISTIC
    18: Kind.MULTIPLY,
    22: Kind.PASSING,  # RESHAPE
    25: Kind.SOFTMAX,
    39: Kind.PASSING,  # TRANSPOSE
    41: Kind.SUBTRACT,
    42: Kind.DIVIDE,
    43: Kind.PASSING,  # SQUEEZE
    53: Kind.PASSING,  # CAST
    114: Kind.PASSING,  # QUANTIZE
}
_FLOAT32, _FLOAT16 = 0, 1


def read_litert(path: Path) -> Graph:
    """Read the graph of a `.tflite` file; its weights are not looked at.

    Raises:
        ModelError: it cannot be read, is no LiteRT model, or is cut short.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if content[4:8] != _IDENTIFIER:
                raise ModelError(f"model {path} is no LiteRT model")
            return _graph(_Table.root(_Bytes(content)))
    except OSError as error:
        raise ModelError(f"model file {path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # mmap's, of an empty file, and those below
        raise ModelError(f"model {path} is no LiteRT model, or cut short") from error


class _Bytes:
    """A file's bytes, of which numbers are read, and not too many."""

    def __init__(self, content: mmap.mmap) -> None:
        self._content = content
        self._left = _MOST_NUMBERS

    def __len__(self) -> int:
        return len(self._content)

    def number[T: (int, float)](self, form: str, at: int, kind: type[T] = int) -> T:
        self._left -= 1
        if self._left < 0:
            raise ValueError("numbers without end")
        piece = self._content[at : at + struct.calcsize(form)] if at >= 0 else b""
        try:
            (value,) = struct.unpack(form, piece)
        except struct.error as error:
            raise ValueError("cut short") from error
        return kind(value)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a FlatBuffer; a field that is not there has its default."""

    content: _Bytes
    at: int

    @classmethod
    def root(cls, content: _Bytes) -> _Table:
        return cls(content, content.number("<I", 0))

    def number(self, field: int, form: str, default: int = 0) -> int:
        at = self._field(field)
        return default if at is None else self.content.number(form, at)

    def numbers(self, field: int, form: str) -> list[int]:
        start, count = self._vector(field)
        size = struct.calcsize(form)
        return [self.content.number(form, start + size * index) for index in range(count)]

    def tables(self, field: int) -> list[_Table]:
        start, count = self._vector(field)
        return [_Table(self.content, at + self.content.number("<I", at)) for at in range(start, start + 4 * count, 4)]

    def octets(self, field: int) -> tuple[int, int]:
        """Where a list of bytes begins, and how many they are; all of them are there."""
        start, count = self._vector(field)
        if start + count > len(self.content):
            raise ValueError("cut short")
        return start, count

    def _vector(self, field: int) -> tuple[int, int]:
        at = self._field(field)
        if at is None:
            return 0, 0
        start = at + self.content.number("<I", at)
        return start + 4, self.content.number("<I", start)

    def _field(self, field: int) -> int | None:
        directory = self.at - self.content.number("<i", self.at)
        if 4 + 2 * field >= self.content.number("<H", directory):
            return None
        offset = self.content.number("<H", directory + 4 + 2 * field)
        return self.at + offset if offset else None


def _graph(model: _Table) -> Graph:
    graphs, buffers = model.tables(2), model.tables(4)
    if not graphs:
        raise ValueError("no graph")
    sizes = [_bytes_of(buffer) for buffer in buffers]
    tensors = graphs[0].tables(0)
    codes = [
        max(code.number(0, "<b"), code.number(3, "<i")) for code in model.tables(1)
    ]  # the first is the older field
    steps = []
    for operator in graphs[0].tables(3):
        code = codes[_checked(operator.number(0, "<I"), len(codes))]
        taken, given = (tuple(map(str, operator.numbers(field, "<i"))) for field in (1, 2))
        steps.append(Step(_KINDS.get(code, Kind.OTHER), taken, given))
    constants = {}
    for index, tensor in enumerate(tensors):
        start, size = sizes[_checked(tensor.number(2, "<I"), len(sizes))]
        if size:
            constants[str(index)] = _single(tensor, start, size)
    inputs, outputs = (tuple(_tensor(tensors, index) for index in graphs[0].numbers(field, "<i")) for field in (1, 2))
    return Graph(inputs, outputs, tuple(steps), constants)


def _bytes_of(buffer: _Table) -> tuple[int, int]:
    """Where the bytes of a buffer are: within the table, or, of large models, behind it all."""
    offset, size = buffer.number(1, "<Q"), buffer.number(2, "<Q")
    if offset <= 1:
        return buffer.octets(0)
    if offset + size > len(buffer.content):
        raise ValueError("cut short")
    return offset, size


def _single(tensor: _Table, start: int, size: int) -> float | None:
    form = {(_FLOAT32, 4): "<f", (_FLOAT16, 2): "<e"}.get((tensor.number(1, "<b"), size))
    return tensor.content.number(form, start, float) if form else None


def _tensor(tensors: list[_Table], index: int) -> Tensor:
    tensor = tensors[_checked(index, len(tensors))]
    lengths = tensor.numbers(7, "<i") or tensor.numbers(0, "<i")  # in the first, open axes are -1
    return Tensor(str(index), tuple(length if length >= 0 else None for length in lengths))


def _checked(index: int, count: int) -> int:
    if not 0 <= index < count:
        raise ValueError("an index that leads nowhere")
    return index
