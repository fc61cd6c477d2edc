"""The process that a conversion runs in: `python -m geacc_proxy.models.conversion.child`, told its order on stdin.

It limits itself, loads the model, converts it, compares the two, and leaves `model.tflite` and `answer.json`.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import sys
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.process import ANSWER_NAME, Order
from geacc_proxy.models.conversion.result import FORMAT, MODEL_NAME
from geacc_proxy.models.conversion.sources import recognise
from geacc_proxy.models.conversion.wording import brief

if TYPE_CHECKING:
    from geacc_proxy.models.conversion.loaded import Loaded

LARGEST_DIFFERENCE = 1e-3
"""How far a float32 conversion's answers may lie from Keras'."""

_LARGEST_FILE = 4 * 2**30  # bytes


def main() -> None:
    """Read the order, convert, write the answer. Whatever goes wrong is part of the answer."""
    request = json.load(sys.stdin)
    into = Path(request["into"])
    source = Path(request["source"])
    _limit(request["memory"], request["seconds"])
    _hush()
    try:
        answer = _convert(source, into, Order(**request["order"]))
    except ModelError as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": f"model {source} needs more memory than a model may have"}
    except OSError as error:
        answer = {"error": f"the converted model cannot be written to {into.parent}: {error.strerror or error}"}
    except Exception as error:  # noqa: BLE001 - TensorFlow raises classes of its own; one line has to do
        answer = {"error": f"model {source} cannot be converted: {brief(error)}"}
    with contextlib.suppress(OSError):  # then the parent finds no answer, and says so
        (into / ANSWER_NAME).write_text(json.dumps(answer), encoding="utf-8")


def _convert(path: Path, into: Path, order: Order) -> dict[str, Any]:
    from geacc_proxy.models.conversion.loading import load

    loaded = load(recognise(path), Path.cwd(), order.input_size)
    from geacc_proxy.models.conversion.calibration import read_samples
    from geacc_proxy.models.conversion.litert import convert_function

    samples = None
    if order.precision == "int8" and order.samples is not None:
        samples = read_samples(Path(order.samples), order, loaded)
    try:
        content = convert_function(loaded.function, loaded.shape, order.precision, samples, loaded.holder)
    except ValueError as error:
        raise ModelError(f"model {path} cannot be converted: {error}") from error
    difference = _compare(loaded, content, order, path)
    (into / MODEL_NAME).write_bytes(content)
    return {
        "format": FORMAT,
        "precision": order.precision,
        "description": asdict(loaded.description),
        "difference": difference,
        "labels": loaded.labels,
        "value_range": loaded.value_range,
        "mean": loaded.mean,
        "std": loaded.std,
        "any_size": loaded.any_size,
    }


def _compare(loaded: Loaded, content: bytes, order: Order, path: Path) -> float:
    import numpy as np

    from geacc_proxy.models.conversion.calibration import made_up
    from geacc_proxy.models.conversion.litert import run_litert

    pictures = made_up(loaded, order)
    wanted, got = loaded.predict(pictures), run_litert(content, pictures)
    if not np.all(np.isfinite(wanted)):
        raise ModelError(f"model {path} answers with what is no number; its weights are damaged")
    difference = float(np.abs(wanted - got).max() / max(1.0, float(np.abs(wanted).max())))
    if not math.isfinite(difference):
        raise ModelError(f"model {path}: its conversion answers with what is no number")
    if order.precision == "float32" and difference > LARGEST_DIFFERENCE:
        raise ModelError(f"model {path}: its conversion differs by {difference:.4f}; it may by {LARGEST_DIFFERENCE}")
    return difference


def _limit(memory: int, seconds: float) -> None:
    try:
        import resource
    except ImportError:  # Windows; the time limit is the parent's
        return
    cores = os.cpu_count() or 1
    for kind, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, _LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, int(seconds * cores) + 1),
    ):
        _, hard = resource.getrlimit(kind)
        wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (wanted, wanted))


def _hush() -> None:
    warnings.simplefilter("ignore")
    for name in ("tensorflow", "absl", "keras"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


if __name__ == "__main__":
    main()
