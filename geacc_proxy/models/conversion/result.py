"""What a conversion gave, and how it is written beside the converted file."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from geacc_proxy.models.description import Activation, Architecture, ModelDescription

Precision = Literal["float32", "float16", "int8"]
"""How the numbers of a converted model are kept; its input and output are float32 in each case."""

PRECISIONS: tuple[Precision, ...] = get_args(Precision)

MODEL_NAME = "model.tflite"
"""Name of the converted file."""

RECORD_NAME = "conversion.json"
"""Name of the record beside it."""

FORMAT = 1
"""Version of the record; a record of another version is made anew."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """A model that was converted to LiteRT.

    Attributes:
        path: the `.tflite` file.
        sha256: its digest.
        source_sha256: `source_digest` of what it was made from.
        precision: how its numbers are kept.
        description: what was seen in the source; `input_size` is that of the converted file.
        difference: largest difference of any of its answers from Keras' on made-up pictures. Of answers that are no
            scores (a linear end) it is a share of the largest answer's absolute value, if that is above 1.
        labels: names of the outputs, where the source has them.
        value_range: what the bytes 0 and 255 become, where the source says so.
        mean: what is subtracted then, channel by channel, where the source says so.
        std: what is divided by then, likewise.
        any_size: whether the source takes pictures of any size, and `input_size` was chosen for it.
    """

    path: Path
    sha256: str
    source_sha256: str
    precision: Precision
    description: ModelDescription
    difference: float
    labels: tuple[str, ...] | None = None
    value_range: tuple[float, float] | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    any_size: bool = False

    def to_json(self) -> str:
        """Return the record: all fields but the path, which is where the record lies."""
        fields = asdict(self)
        del fields["path"]
        return json.dumps({"format": FORMAT, **fields}, indent=2) + "\n"


def read_conversion(folder: Path) -> Conversion | None:
    """Read what `convert` left in a folder.

    Returns:
        The conversion; None where there is none, or one that is half written, changed, or of another version.
    """
    path = folder / MODEL_NAME
    try:
        record = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
        conversion = from_record(record, path)
        with path.open("rb") as file:
            whole = hashlib.file_digest(file, "sha256").hexdigest() == conversion.sha256
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return conversion if whole else None


def from_record(record: dict[str, Any], path: Path) -> Conversion:
    """Read a record.

    Args:
        record: what `Conversion.to_json` wrote, parsed.
        path: of the model that it tells of.

    Raises:
        ValueError, KeyError, TypeError: it is none, or of another version.
    """
    if record["format"] != FORMAT:
        raise ValueError("another version")
    seen = record["description"]
    description = ModelDescription(
        input_size=int(seen["input_size"]),
        layout=str(seen["layout"]),
        outputs=int(seen["outputs"]),
        activation=_one_of(seen["activation"], get_args(Activation)),
        architecture=_one_of(seen["architecture"], get_args(Architecture)),
        rescaling=_pair(seen["rescaling"]),
    )
    labels = record["labels"]
    difference = float(record["difference"])
    if not math.isfinite(difference):
        raise ValueError("no difference")
    return Conversion(
        path=path,
        sha256=str(record["sha256"]),
        source_sha256=str(record["source_sha256"]),
        precision=_one_of(record["precision"], PRECISIONS),
        description=description,
        difference=difference,
        labels=None if labels is None else tuple(str(label) for label in labels),
        value_range=_pair(record["value_range"]),
        mean=_triple(record["mean"]),
        std=_triple(record["std"]),
        any_size=bool(record["any_size"]),
    )


def _one_of[T](value: T, choices: tuple[T, ...]) -> T:
    if value not in choices:
        raise ValueError(f"{value!r} is none of {choices}")
    return value


def _pair(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    low, high = value
    return float(low), float(high)


def _triple(value: Any) -> tuple[float, float, float] | None:
    if value is None:
        return None
    red, green, blue = value
    return float(red), float(green), float(blue)
