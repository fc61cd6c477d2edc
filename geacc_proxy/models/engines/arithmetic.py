"""What lies between pictures and a model's numbers, the same for all engines: what goes in, and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.card import ModelCard
from geacc_proxy.models.registry import InstalledModel

_TOLERANCE = 1e-3
"""How far a score may lie outside 0…1: arithmetic in float16 and softmax round a little."""


@dataclass(frozen=True, slots=True)
class Quantisation:
    """How whole numbers stand for real ones: real = scale * (whole - zero_point).

    Source: "LiteRT 8-bit quantization specification".
    """

    scale: float
    zero_point: int

    def whole(self, real: NDArray[np.floating[Any]], dtype: DTypeLike) -> NDArray[Any]:
        """The nearest whole numbers of a type; what is beyond its ends is at them."""
        ends = np.iinfo(np.dtype(dtype))
        whole: NDArray[Any] = np.clip(np.rint(real / self.scale) + self.zero_point, ends.min, ends.max).astype(dtype)
        return whole

    def real(self, whole: NDArray[Any]) -> NDArray[np.float32]:
        """What whole numbers stand for."""
        return (whole.astype(np.float32) - np.float32(self.zero_point)) * np.float32(self.scale)


class Preparation:
    """Makes of frames what a model is given, as its card says: values, colour order, mean, std and layout."""

    def __init__(
        self, card: ModelCard, dtype: DTypeLike = np.float32, quantisation: Quantisation | None = None
    ) -> None:
        """Prepare for one model.

        Args:
            card: the model's.
            dtype: of its input. Whole numbers without `quantisation` stand for themselves.
            quantisation: of its input.

        Raises:
            ModelError: the card's numbers are beyond float32.
        """
        low, high = card.value_range
        mean, std = np.asarray(card.mean), np.asarray(card.std)
        with np.errstate(over="ignore"):
            scale = ((high - low) / 255.0 / std).astype(np.float32)
            offset = ((low - mean) / std).astype(np.float32)
        if not np.isfinite([scale, offset]).all():
            raise ModelError(
                f"model card of {card.file}: value_range, mean or std is too large or too small for float32"
            )
        size = card.input_size
        self.shape = (size, size, 3) if card.layout == "NHWC" else (3, size, size)
        """Shape of what one frame becomes."""
        self.dtype = np.dtype(dtype)
        """Its type."""
        self._card = card
        self._order = (2, 1, 0) if card.colour_order == "BGR" else (0, 1, 2)
        self._channels_last = card.layout == "NHWC"
        self._scale, self._offset = scale, offset
        self._table: NDArray[Any] | None = None
        if not np.issubdtype(self.dtype, np.floating):
            values = np.arange(256, dtype=np.float32)[:, None] * scale + offset
            self._table = (quantisation or Quantisation(1.0, 0)).whole(values, self.dtype)
        # A number for all channels is quicker than a row of numbers, and both are quicker than channels of their own.
        self._row_scale, self._row_offset = _row(scale, size), _row(offset, size)
        self._shifted = bool(offset.any())

    def write(self, frame: NDArray[np.uint8], out: NDArray[Any]) -> None:
        """Write one frame's values.

        Args:
            frame: shape (size, size, 3), RGB.
            out: shape `shape`, type `dtype`, contiguous.
        """
        if self._table is None and self._channels_last and self._order == (0, 1, 2):
            rows = out.reshape(len(out), -1)
            np.multiply(frame.reshape(rows.shape), self._row_scale, out=rows)
            if self._shifted:
                rows += self._row_offset
            return
        for channel, colour in enumerate(self._order):
            plane = out[..., channel] if self._channels_last else out[channel]
            if self._table is not None:
                np.take(self._table[:, channel], frame[..., colour], out=plane, mode="clip")
            else:
                np.multiply(frame[..., colour], self._scale[channel], out=plane)
                plane += self._offset[channel]


def _row(by_channel: NDArray[np.float32], size: int) -> NDArray[np.float32] | np.float32:
    if (by_channel == by_channel[0]).all():
        return np.float32(by_channel[0])
    return np.tile(by_channel, size)


def answers(card: ModelCard) -> int:
    """How many numbers a model with such a card answers with for one picture."""
    return 1 if card.outputs == "sigmoid" else len(card.labels)


def finished(raw: NDArray[np.float32], model: InstalledModel) -> NDArray[np.float32]:
    """Make scores of a model's answers.

    Args:
        raw: shape (n, `answers(model.card)`), as the model gave them.
        model: says what they are.

    Returns:
        Shape (n, labels), 0…1.

    Raises:
        ModelError: there are numbers that are no scores, such as NaN.
    """
    scores: NDArray[np.float32]
    match model.card.outputs:
        case "logits":
            with np.errstate(invalid="ignore", over="ignore"):  # of infinities comes NaN, which is refused below
                powers: NDArray[np.float32] = np.exp(raw - raw.max(axis=1, keepdims=True))
                scores = powers / powers.sum(axis=1, keepdims=True)
        case "sigmoid":
            scores = np.concatenate([1 - raw, raw], axis=1)
        case _:
            scores = raw
    # A comparison with NaN is false, and would show what nobody has judged.
    if not bool(np.all((scores >= -_TOLERANCE) & (scores <= 1 + _TOLERANCE))):
        raise ModelError(f"model {model.path} answers with numbers outside 0 to 1; they are no scores")
    return np.clip(scores, 0.0, 1.0)


class FrameByFrame:
    """Has an engine judge frames one at a time, so that a frame's scores do not depend on those beside it.

    Attributes:
        buffer: what the engine gives the model: one frame as prepared, with an axis of length 1 before it.
    """

    def __init__(
        self, model: InstalledModel, dtype: DTypeLike = np.float32, quantisation: Quantisation | None = None
    ) -> None:
        """Prepare for one model; the arguments are those of `Preparation`."""
        self._model = model
        self._preparation = Preparation(model.card, dtype, quantisation)
        self._answers = answers(model.card)
        self.buffer: NDArray[Any] = np.zeros((1, *self._preparation.shape), dtype)

    def predict(self, frames: NDArray[np.uint8], run: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
        """Score frames; see `Engine.predict`.

        Args:
            frames: as there.
            run: gives `buffer` to the model and returns its answers, `answers(card)` numbers in any shape.
        """
        size = self._model.card.input_size
        if frames.ndim != 4 or frames.shape[1:] != (size, size, 3) or frames.dtype != np.uint8:
            raise ValueError(f"frames are {frames.dtype} {frames.shape}, not uint8 (n, {size}, {size}, 3)")
        raw = np.empty((len(frames), self._answers), np.float32)
        for index, frame in enumerate(frames):
            self._preparation.write(frame, self.buffer[0])
            raw[index] = run().reshape(-1)
        return finished(raw, self._model)
