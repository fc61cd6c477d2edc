"""What kind of model a path holds, which files belong to it, and their digest. Nothing is built here."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any

from geacc_proxy.exceptions import ModelError

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_ZIP_MAGIC = b"PK\x03\x04"
_LARGEST_JSON = 64 * 2**20  # bytes; Inception's is 180 KB
_MOST_SHARDS = 4096


class SourceKind(Enum):
    """Kinds of models that can be converted; the value names one to a person."""

    HDF5 = "Keras HDF5"
    KERAS = "Keras (.keras)"
    SAVED_MODEL = "SavedModel"
    TFJS = "TensorFlow.js layers"
    TIMM = "timm"


@dataclass(frozen=True, slots=True)
class Source:
    """A model that can be converted.

    Attributes:
        path: as it was given.
        kind: what it is.
        main: the file that holds the model or describes it.
        files: the names of all files that belong to it, relative to the folder of `main`, sorted.
    """

    path: Path
    kind: SourceKind
    main: Path
    files: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.main.parent


def recognise(path: Path) -> Source:
    """Say what a path holds, by its contents.

    Args:
        path: an `.h5`, `.hdf5` or `.keras` file; the folder of a SavedModel, of a TensorFlow.js layers model or of a
            timm model, or the file `saved_model.pb`, `model.json`, `model.safetensors` in one.

    Raises:
        ModelError: nothing is there, or nothing that can be converted.
    """
    try:
        if path.is_dir():
            return _folder(path)
        if not path.exists():
            raise ModelError(f"model file {path} does not exist")
        if not path.is_file():
            raise ModelError(f"model {path} is neither a file nor a folder")
        if path.name == "saved_model.pb":
            return _saved_model(path, path.parent)
        if path.suffix.lower() == ".json":
            return _tfjs(path, path)
        if path.suffix.lower() == ".safetensors":
            return _timm(path, path.parent, path.name)
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise ModelError(f"model {path} cannot be read: {error.strerror or error}") from error
    if start == _HDF5_MAGIC:
        return Source(path, SourceKind.HDF5, path, (path.name,))
    if start.startswith(_ZIP_MAGIC):
        return Source(path, SourceKind.KERAS, path, (path.name,))
    what = "is empty" if not start else "is neither an HDF5 nor a .keras file, whatever its name says"
    raise ModelError(f"model {path} {what}; it must be a model that Keras saved")


def source_digest(source: Path) -> str:
    """Return the SHA-256 of a model, 64 lower-case hexadecimal digits.

    Of a file it is the digest of its bytes; of a folder it is that of the names, lengths and bytes of the files that
    belong to the model, in the order of their names. Other files in the folder do not count.

    Raises:
        ModelError: nothing is there, or nothing that can be converted, or it cannot be read.
    """
    return digest_of(recognise(source))


def digest_of(source: Source) -> str:
    """Return `source_digest` of a model that was recognised.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        if source.kind in (SourceKind.HDF5, SourceKind.KERAS):
            with source.main.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        whole = hashlib.sha256()
        for name in source.files:
            path = source.folder / name
            with path.open("rb") as file:
                part = hashlib.file_digest(file, "sha256").digest()
            whole.update(f"{name}\0{path.stat().st_size}\0".encode() + part)
        return whole.hexdigest()
    except OSError as error:
        raise ModelError(f"model {source.path} cannot be read: {error.strerror or error}") from error


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        ModelError: it cannot be read, is too long or no JSON object.
    """
    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise ModelError(f"{path} is longer than {_LARGEST_JSON // 2**20} MiB; it describes no model")
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is no JSON, or cut short") from error
    if not isinstance(document, dict):
        raise ModelError(f"{path} is no JSON object; it describes no model")
    return document


def tfjs_shards(document: dict[str, Any], where: Path) -> tuple[str, ...]:
    """Return the names of the files of weights that a TensorFlow.js model names, in their order.

    Raises:
        ModelError: there is no such list, or a name leads out of the folder.
    """
    groups = document.get("weightsManifest")
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise ModelError(f"{where} has no weightsManifest; it is no TensorFlow.js layers model")
    names = [name for group in groups for name in _list(group.get("paths"))]
    if not names or len(names) > _MOST_SHARDS:
        raise ModelError(f"{where} names {len(names)} files of weights; 1 to {_MOST_SHARDS} can be read")
    shards: list[str] = []
    for name in names:
        if not isinstance(name, str) or not _stays_inside(name):
            raise ModelError(f"{where} names {name!r} as a file of weights; only files below its own folder are read")
        shards.append(name)
    return tuple(shards)


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    odd = "\\" in name or not name.isprintable() or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", name)
    return bool(name) and not odd and not path.is_absolute() and ".." not in path.parts


def _folder(path: Path) -> Source:
    if (path / "saved_model.pb").is_file():
        return _saved_model(path, path)
    if (path / "model.json").is_file():
        return _tfjs(path, path / "model.json")
    if (path / "config.json").is_file() and (path / "model.safetensors").is_file():
        return _timm(path, path, "model.safetensors")
    raise ModelError(
        f"folder {path} holds no model: neither saved_model.pb (SavedModel) nor model.json (TensorFlow.js) "
        "nor config.json with model.safetensors (timm)"
    )


def _saved_model(path: Path, folder: Path) -> Source:
    variables = folder / "variables"
    names = [f"variables/{one.name}" for one in variables.iterdir() if one.is_file()] if variables.is_dir() else []
    return Source(path, SourceKind.SAVED_MODEL, folder / "saved_model.pb", tuple(sorted(["saved_model.pb", *names])))


def _tfjs(path: Path, description: Path) -> Source:
    shards = tfjs_shards(read_json(description), description)
    for name in shards:
        if not (description.parent / name).is_file():
            raise ModelError(f"{description} names the file of weights {name!r}, which is not there")
    names = sorted({description.name, *shards})
    return Source(path, SourceKind.TFJS, description, tuple(names))


def _timm(path: Path, folder: Path, weights: str) -> Source:
    if not (folder / "config.json").is_file():
        raise ModelError(f"model {path} has no config.json beside it, which says what its weights belong to")
    return Source(path, SourceKind.TIMM, folder / "config.json", tuple(sorted(["config.json", weights])))
