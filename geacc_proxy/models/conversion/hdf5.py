"""Reading a model out of an HDF5 file: its description and its weights, and nothing that lies outside the file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.weights import Weights
from geacc_proxy.models.conversion.wording import shown

_MOST_OBJECTS = 200_000
_LARGEST_CONFIG = 64 * 2**20  # bytes
_LARGEST_TOTAL = 4 * 2**30  # bytes of all datasets
_LARGEST_RATIO = 1100  # deflate cannot do better


@dataclass(frozen=True, slots=True)
class Hdf5Model:
    """What a Keras HDF5 file holds.

    Attributes:
        document: the description that Keras wrote, parsed.
        version: Keras' version, such as `2.2.4`; empty where the file does not say.
        groups: weights by the names of layers.
    """

    document: Any
    version: str
    groups: Mapping[str, Weights]


def read_hdf5(path: Path) -> Hdf5Model:
    """Read a file that `model.save("x.h5")` wrote, in 2015 or today.

    Raises:
        ModelError: it is no HDF5 file, is cut short or damaged, points outside itself, or holds no whole model.
    """
    with _opened(path, str(path)) as file:
        check(file, path.stat().st_size, str(path))
        config = _text(file.attrs.get("model_config"))
        if not config:
            what = "weights only" if "layer_names" in file.attrs else "no Keras model"
            raise ModelError(f"model {path} holds {what}; save the whole model, with model.save(…)")
        if "model_weights" not in file:
            raise ModelError(f"model {path} holds no weights")
        group = file["model_weights"]
        version = _text(file.attrs.get("keras_version", group.attrs.get("keras_version")))
        try:
            document = json.loads(config)
        except (ValueError, RecursionError) as error:
            raise ModelError(f"model {path}: its description is no JSON, or cut short") from error
        groups = {name: _weights(group[name]) for name in _names(group, "layer_names")}
    return Hdf5Model(document, version, groups)


def check_weights_file(path: Path, where: str) -> None:
    """Look at all of a file of weights before Keras opens it.

    Raises:
        ModelError: as `read_hdf5`.
    """
    with _opened(path, where) as file:
        check(file, path.stat().st_size, where)


def check(file: Any, size: int, where: str) -> None:
    """Refuse what leads out of an HDF5 file or would unpack to more than a model.

    Args:
        file: an `h5py.File`.
        size: its length, bytes.
        where: for messages.

    Raises:
        ModelError: links to other files, data kept in other files, objects of Python, a bomb.
    """
    objects = total = 0
    pending = [file]
    seen = {file.id.__hash__()}
    while pending:
        group = pending.pop()
        for name in group:
            objects += 1
            if objects > _MOST_OBJECTS:
                raise ModelError(f"model {where} has more than {_MOST_OBJECTS} parts")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ModelError(f"model {where} links to {shown(name)!r} elsewhere; such files are not read")
            one = group[name]
            if isinstance(one, h5py.Group):
                key = h5py.h5o.get_info(one.id).addr
                if key not in seen:
                    seen.add(key)
                    pending.append(one)
                continue
            if not isinstance(one, h5py.Dataset):
                continue
            if one.external or one.is_virtual:
                raise ModelError(f"model {where} keeps {shown(name)!r} in another file; such files are not read")
            if one.dtype.kind not in "biufSV" or one.dtype.hasobject:
                continue  # text, which is never read as weights
            total += one.dtype.itemsize * one.size
            if total > min(_LARGEST_TOTAL, size * _LARGEST_RATIO):
                raise ModelError(f"model {where} says that it holds more than a file of {size:,} bytes can")


@contextmanager
def _opened(path: Path, where: str) -> Iterator[Any]:
    try:
        with h5py.File(path, "r") as file:
            yield file
    except ModelError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        # h5py has no class of its own for what the library under it reports.
        text = " ".join(str(error).split())
        what = "is cut short" if "truncated" in text else "is damaged, cut short or no HDF5 file"
        raise ModelError(f"model {where} {what}") from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, np.ndarray):
        value = value.tolist() if value.shape == () else b""
    text = value.decode("utf-8") if isinstance(value, bytes) else str(value)
    return text if len(text) <= _LARGEST_CONFIG else ""


def _names(group: Any, key: str) -> list[str]:
    """Read a list of names; Keras cuts one that is too long for HDF5 into key0, key1, …."""
    parts = [group.attrs[key]] if key in group.attrs else []
    while not parts or f"{key}{len(parts)}" in group.attrs:
        if f"{key}{len(parts)}" not in group.attrs:
            break
        parts.append(group.attrs[f"{key}{len(parts)}"])
    return [_text(one) for part in parts for one in np.asarray(part).tolist()]


def _weights(group: Any) -> list[tuple[str, NDArray[Any]]]:
    weights = []
    for name in _names(group, "weight_names"):
        dataset = group[name]
        if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "biuf":
            raise KeyError(name)
        weights.append((name, np.asarray(dataset[()])))
    return weights
