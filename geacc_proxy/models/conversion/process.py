"""The child process that a conversion runs in: what it is told, its limits, and how it ends."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from geacc_proxy.exceptions import MissingExtraError, ModelError
from geacc_proxy.models.card import ModelCard
from geacc_proxy.models.conversion.result import MODEL_NAME, Conversion, Precision, from_record
from geacc_proxy.models.conversion.sources import Source

TIME_LIMIT = 900.0
"""Seconds that a conversion may take. Inception takes one minute on two cores."""

MEMORY_LIMIT = 8 * 2**30 + (os.cpu_count() or 1) * 2**28
"""Bytes of address space. TensorFlow reserves more than it uses, by core; Inception takes 5 GiB on two."""

ANSWER_NAME = "answer.json"
"""What the child says, beside the model that it wrote."""

_MODULE = "geacc_proxy.models.conversion.child"


@dataclass(frozen=True, slots=True)
class Order:
    """How a model is to be converted.

    Attributes:
        precision: how its numbers are kept.
        input_size: width and height for a model that takes any size, pixels.
        samples: folder or file to calibrate int8 with.
        value_range: what the bytes 0 and 255 become, where a card says so.
        mean: what is subtracted then, in the model's order of colours.
        std: what is divided by then.
        reversed: whether the model takes BGR.
    """

    precision: Precision
    input_size: int | None = None
    samples: str | None = None
    value_range: tuple[float, float] | None = None
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    reversed: bool = False

    @classmethod
    def of(cls, precision: Precision, samples: Path | None, card: ModelCard | None, input_size: int | None) -> Order:
        """Take from a card what matters here."""
        path = None if samples is None else str(samples.absolute())
        if card is None:
            return cls(precision, input_size, path)
        size = card.input_size if input_size is None else input_size
        return cls(precision, size, path, card.value_range, card.mean, card.std, card.colour_order == "BGR")


def run(source: Source, digest: str, scratch: Path, order: Order) -> Conversion:
    """Convert in a process of its own.

    Args:
        source: as it was recognised.
        digest: of it.
        scratch: an empty folder; `model.tflite` is in it afterwards.
        order: how.

    Raises:
        ModelError: the child's own message; or it took too long, too much memory, or crashed.
    """
    work = scratch / "work"
    request = {
        "source": str(source.path.absolute()),
        "into": str(scratch.absolute()),
        "memory": MEMORY_LIMIT,
        "seconds": TIME_LIMIT,
        "order": asdict(order),
    }
    # `-P`: nothing that lies in the folder where the child starts is imported.
    command = [sys.executable, "-P", "-m", _MODULE]
    try:
        work.mkdir(exist_ok=True)
        done = subprocess.run(  # noqa: S603 - the interpreter that runs this, and a module of this package
            command,
            input=json.dumps(request).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=work,
            env=_environment(work),
            timeout=TIME_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"converting {source.path} took longer than {TIME_LIMIT:.0f} s and was ended") from error
    except OSError as error:
        raise ModelError(f"the converter cannot be started: {error.strerror or error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    answer = _answer(scratch)
    if answer is None:
        raise ModelError(f"converting {source.path} failed: {_end(done.returncode, done.stderr)}")
    if "error" in answer:
        raise ModelError(str(answer["error"]))
    path = scratch / MODEL_NAME
    try:
        with path.open("rb") as file:
            written = hashlib.file_digest(file, "sha256").hexdigest()
        return from_record({**answer, "sha256": written, "source_sha256": digest}, path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"converting {source.path} failed: the converter left no whole answer") from error


def require_tensorflow(what: str) -> None:
    """Make sure that the extra is there, without importing it.

    Raises:
        MissingExtraError: it is not.
    """
    for name in ("tensorflow", "keras", "h5py", "safetensors"):
        try:
            there = importlib.util.find_spec(name) is not None
        except ValueError:  # a module that was taken away has no specification
            there = False
        if not there:
            raise MissingExtraError(what, "tensorflow")


def _environment(work: Path) -> Mapping[str, str]:
    kept = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "HOME": str(work),
        "KERAS_HOME": str(work),
        "KERAS_BACKEND": "tensorflow",
        "TMPDIR": str(work),
        "HDF5_PLUGIN_PRELOAD": "::",  # no filters but HDF5's own
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "CUDA_VISIBLE_DEVICES": "-1",
    }


def _answer(scratch: Path) -> dict[str, Any] | None:
    try:
        answer = json.loads((scratch / ANSWER_NAME).read_text(encoding="utf-8"))
        (scratch / ANSWER_NAME).unlink()
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


def _end(code: int, stderr: bytes) -> str:
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        if name in ("SIGKILL", "SIGABRT", "SIGSEGV"):
            return f"the converter ended with {name}; it may need more memory than there is"
        return f"the converter ended with {name}"
    lines = stderr.decode(errors="replace").strip().splitlines()
    return f"the converter ended with code {code}" + (f": {lines[-1][:300]}" if lines else "")
