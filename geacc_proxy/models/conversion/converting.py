"""The light side of a conversion: find what is converted already, or have the child process convert it.

What is written appears whole or not at all: the child works in a folder of its own, which is then renamed.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.card import ModelCard
from geacc_proxy.models.conversion.process import Order, require_tensorflow, run
from geacc_proxy.models.conversion.result import MODEL_NAME, RECORD_NAME, Conversion, Precision, read_conversion
from geacc_proxy.models.conversion.sources import Source, digest_of, recognise

_LOG = logging.getLogger("geacc_proxy.models.conversion")

_PARTIAL = ".partial-"
_STALE_SECONDS = 3600.0  # no conversion takes so long; its process is gone


def obtain(source: Path, cache: Path, *, input_size: int | None = None) -> Conversion:
    """Return a model as LiteRT float32; convert it if that was not done before.

    Tells the logger `geacc_proxy.models.conversion` one line, level INFO, before it converts. Two processes may do
    the same at once: both convert, and one result stays.

    Args:
        source: a file or folder as `recognise` takes it.
        cache: folder of all conversions; made if it is missing. A conversion lies in `<source digest>/`, or in
            `<source digest>-<size>/` where the model takes any size.
        input_size: width and height, pixels, for a model that takes pictures of any size; else of no effect.

    Raises:
        ModelError: no model, or one that cannot be read, is not safe to read or does not judge pictures; the cache
            cannot be written; the conversion took too long or more memory than it may have.
        MissingExtraError: it must be converted, and TensorFlow is not installed.
    """
    found = recognise(source)
    digest = digest_of(found)
    for name in _names(digest, input_size):
        existing = read_conversion(cache / name)
        if existing is not None and _fits(existing, digest, input_size):
            return existing
    require_tensorflow(f"reading {source}")
    _LOG.info("converting %s once; that can take some minutes", source)
    with _writing(cache):
        cache.mkdir(parents=True, exist_ok=True)
        _sweep(cache)
        scratch = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=cache))
    try:
        conversion = _run(found, digest, scratch, Order("float32", input_size=input_size))
        name = f"{digest}-{conversion.description.input_size}" if conversion.any_size else digest
        with _writing(cache):
            _publish(scratch, cache / name)
        return replace(conversion, path=cache / name / MODEL_NAME)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def convert(
    source: Path,
    into: Path,
    *,
    precision: Precision = "float32",
    samples: Path | None = None,
    card: ModelCard | None = None,
    input_size: int | None = None,
) -> Conversion:
    """Convert a model to LiteRT, whether or not that was done before.

    Args:
        source: a file or folder as `recognise` takes it.
        into: the folder to write `model.tflite` and `conversion.json` to; made if it is missing. Files of those names
            are replaced.
        precision: `float32`; `float16`: the large kernels are kept in float16 and everything is computed in float32;
            `int8`: weights and, if there are samples, all that is computed between them are 8-bit integers. Input and
            output are float32 in each case.
        samples: what int8 is calibrated with: a folder of JPEG, PNG, GIF or BMP pictures, in folders below it too, or
            a `.npy` file, either uint8 (n, size, size, 3) of RGB pictures or float32 of what the model itself is
            given. A hundred do; of more than 300, evenly chosen ones are taken. None for int8: weights only.
        card: says what becomes of a picture's bytes before the model sees them; needed for samples that are bytes,
            if the model does not say so itself.
        input_size: width and height, pixels, for a model that takes pictures of any size; else of no effect.

    Raises:
        ModelError: as `obtain`; or the samples cannot be read or do not fit.
        MissingExtraError: TensorFlow is not installed.
    """
    found = recognise(source)
    require_tensorflow(f"reading {source}")
    digest = digest_of(found)
    order = Order.of(precision, samples, card, input_size)
    with _writing(into):
        into.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=into))
    try:
        conversion = _run(found, digest, scratch, order)
        with _writing(into):
            # The record goes last: with another file beside it, it does not count.
            for name in (MODEL_NAME, RECORD_NAME):
                (scratch / name).replace(into / name)
        return replace(conversion, path=into / MODEL_NAME)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _names(digest: str, input_size: int | None) -> tuple[str, ...]:
    return (digest,) if input_size is None else (digest, f"{digest}-{input_size}")


def _fits(conversion: Conversion, digest: str, input_size: int | None) -> bool:
    if conversion.source_sha256 != digest or conversion.precision != "float32":
        return False
    return not conversion.any_size or conversion.description.input_size == input_size


def _run(source: Source, digest: str, scratch: Path, order: Order) -> Conversion:
    conversion = run(source, digest, scratch, order)
    if digest_of(recognise(source.path)) != digest:
        raise ModelError(f"model {source.path} was changed while it was converted; try again")
    with _writing(scratch.parent):
        (scratch / RECORD_NAME).write_text(conversion.to_json(), encoding="utf-8")
    return conversion


def _publish(scratch: Path, place: Path) -> None:
    scratch.chmod(0o755)
    for _ in range(3):
        try:
            scratch.rename(place)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.EACCES):
                raise
        else:
            return
        # There is a half-written one, or another process was faster; either way what lies here is whole.
        shutil.rmtree(place, ignore_errors=True)
    raise OSError(errno.EEXIST, "another program keeps writing to it")


def _sweep(cache: Path) -> None:
    for path in cache.glob(f"{_PARTIAL}*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"the converted model cannot be written to {folder}: {os.strerror(error.errno or 0)}"
        ) from error
