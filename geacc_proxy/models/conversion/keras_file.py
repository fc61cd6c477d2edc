"""Reading a `.keras` file: a zip of a description and weights. Nothing else in it is looked at."""

from __future__ import annotations

import errno
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from geacc_proxy.exceptions import ModelError

CONFIG = "config.json"
METADATA = "metadata.json"
WEIGHTS = "model.weights.h5"

_LARGEST_CONFIG = 64 * 2**20
_LARGEST_WEIGHTS = 4 * 2**30
_CHUNK = 2**20
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def read_keras(path: Path, scratch: Path) -> tuple[Any, str, Path]:
    """Unpack a file that `model.save("x.keras")` wrote.

    Args:
        path: the file.
        scratch: an existing folder that the weights are unpacked to.

    Returns:
        The description, parsed; Keras' version, empty where the file does not say; the unpacked file of weights.

    Raises:
        ModelError: it is no such file, is cut short or damaged, or would unpack to more than a model.
        OSError: there is no room to unpack it.
    """
    weights = scratch / WEIGHTS
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            missing = [name for name in (CONFIG, WEIGHTS) if name not in names]
            if missing:
                raise ModelError(f"model {path} is no whole .keras file: it has no {' and no '.join(missing)}")
            if any(name.startswith("assets/") and not name.endswith("/") for name in names):
                raise ModelError(f"model {path} brings further files (assets), which no model of pictures needs")
            document = json.loads(_bounded(archive, CONFIG, path))
            metadata = json.loads(_bounded(archive, METADATA, path)) if METADATA in names else {}
            _unpack(archive, weights, path)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise
        raise ModelError(f"model {path} is no .keras file, is damaged or cut short") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"model {path}: its description is no JSON, or cut short") from error
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return document, version if isinstance(version, str) else "", weights


def _bounded(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    if archive.getinfo(name).file_size > _LARGEST_CONFIG:
        raise ModelError(f"model {path}: its {name} unpacks to more than {_LARGEST_CONFIG // 2**20} MiB")
    return archive.read(name)


def _unpack(archive: zipfile.ZipFile, into: Path, path: Path) -> None:
    if archive.getinfo(WEIGHTS).file_size > _LARGEST_WEIGHTS:
        raise ModelError(f"model {path}: its weights unpack to more than {_LARGEST_WEIGHTS // 2**30} GiB")
    with archive.open(WEIGHTS) as packed, into.open("wb") as file:
        while chunk := packed.read(_CHUNK):
            file.write(chunk)
