"""Initial weights of a backbone: ImageNet's, the embedded model's, a file's, or none."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import keras
import numpy as np

from geacc_proxy.exceptions import GeaccError, ModelError
from geacc_proxy.lab.training.backbones import SYMMETRIC
from geacc_proxy.lab.training.embedded_weights import put_embedded_weights_into
from geacc_proxy.lab.training.network import backbone_of, standardise
from geacc_proxy.lab.training.options import DEFAULT, IMAGENET, NO_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geacc_proxy.lab.training.backbones import Backbone

    Arrays = list[NDArray[np.float32]]

_SECONDS = 30.0  # without an answer from the server of weights


class InitialWeights:
    """Weights to begin with, found and read, and not yet put anywhere.

    Attributes:
        scaled_to_one: whether they want pictures in 0…1 where their architecture wants another range.
        folded: whether their batch normalisations have made-up statistics.
    """

    def __init__(self, weights: str, facts: Backbone, size: int, alpha: float) -> None:
        """Find and read them.

        Args:
            weights: `imagenet`, `default`, `none` or the path of a file.
            facts: the backbone that they are for.
            size: side of its input, pixels.
            alpha: its width multiplier.

        Raises:
            GeaccError: they cannot be fetched.
            ModelError: the file is missing, or is none of weights.
        """
        self._what = weights
        self._arrays: Arrays | None = None
        self._by_layer: Mapping[str, Arrays] = {}
        self.scaled_to_one = self.folded = weights == DEFAULT
        if weights == IMAGENET:
            self._arrays = _fetched(facts, size, alpha)
        elif weights not in (DEFAULT, NO_WEIGHTS):
            self._by_layer, scales = _read(Path(weights).expanduser())
            # Others scale their inputs by themselves, whatever their weights.
            self.scaled_to_one = scales and facts.value_range == SYMMETRIC

    def put_into(self, base: keras.Model) -> None:
        """Set the weights of a backbone that was built with the same facts.

        Raises:
            ModelError: the file's do not fit.
        """
        if self._what == DEFAULT:
            put_embedded_weights_into(base)
        elif self._arrays is not None:
            base.set_weights(self._arrays)
        elif self._what != NO_WEIGHTS:
            self._fit(base)
        standardise(base)

    def _fit(self, base: keras.Model) -> None:
        layers = [layer for layer in base.layers if layer.weights]
        by_layer = self._by_layer
        if not all(layer.name in by_layer for layer in layers):
            # Layers are named otherwise in other versions of Keras; their order is the same.
            if len(by_layer) < len(layers):
                raise ModelError(
                    f"--weights {self._what}: it holds the weights of {len(by_layer)} layers, "
                    f"{base.name} has {len(layers)} with weights"
                )
            by_layer = {layer.name: arrays for layer, arrays in zip(layers, by_layer.values(), strict=False)}
        for layer in layers:
            wanted = [tuple(variable.shape) for variable in layer.weights]
            found = [array.shape for array in by_layer[layer.name]]
            if wanted != found:
                raise ModelError(
                    f"--weights {self._what}: its layer {layer.name!r} has weights of the shapes {found}, "
                    f"in {base.name} they are {wanted}"
                )
            layer.set_weights(by_layer[layer.name])


def _fetched(facts: Backbone, size: int, alpha: float) -> Arrays:
    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SECONDS)  # Keras would wait for ever
    keras.utils.disable_interactive_logging()
    try:
        arrays: Arrays = backbone_of(facts, size, alpha, None, IMAGENET).get_weights()
    except Exception as error:  # whatever a network, a proxy or a disk may do
        reason = " ".join(str(error).split())[:300]
        raise GeaccError(
            f"ImageNet weights for {facts.name} could not be fetched ({reason}); "
            "give --weights FILE, default (the embedded model's) or none"
        ) from error
    finally:
        socket.setdefaulttimeout(patience)
    return arrays


def _read(path: Path) -> tuple[dict[str, Arrays], bool]:
    """Weights by layer, in the order of the layers, and whether the model scales its pictures to 0…1 itself."""
    if not path.is_file():
        raise ModelError(f"--weights {path}: no such file, and none of the words imagenet, default, none")
    try:
        if path.suffix.lower() == ".keras":
            return _from_keras(path)
        if path.suffix.lower() in (".h5", ".hdf5"):
            return _from_hdf5(path)
    except ModelError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"--weights {path}: it cannot be read as weights ({reason})") from error
    raise ModelError(f"--weights {path}: it must end in .h5, .hdf5 or .keras")


def _from_keras(path: Path) -> tuple[dict[str, Arrays], bool]:
    model = keras.models.load_model(path, compile=False, safe_mode=True)
    layers = [layer for layer in model.layers if layer.weights]
    return {layer.name: layer.get_weights() for layer in layers}, any(map(_scales_to_one, _configs(model)))


def _configs(model: keras.Model) -> list[dict[str, Any]]:
    return [{"class_name": type(layer).__name__, "config": layer.get_config()} for layer in model.layers]


def _from_hdf5(path: Path) -> tuple[dict[str, Arrays], bool]:
    # Only numbers and names are read: nothing that a file may hold is executed.
    with h5py.File(path, "r") as file:
        group = file.get("model_weights", file)
        if "layer_names" not in group.attrs:
            raise ModelError(f"--weights {path}: it is HDF5, but has no layers as Keras writes them in .h5 files")
        found: dict[str, Arrays] = {}
        for name in _names(group, "layer_names"):
            arrays = [np.asarray(group[name][weight], np.float32) for weight in _names(group[name], "weight_names")]
            if arrays:
                found[name] = arrays
        config = json.loads(file.attrs["model_config"]) if "model_config" in file.attrs else {}
    layers = config.get("config", {}).get("layers", [])
    return found, any(map(_scales_to_one, layers))


def _names(group: Any, key: str) -> list[str]:
    """A list in an attribute; Keras cuts long ones into several."""
    if key in group.attrs:
        parts = [group.attrs[key]]
    else:
        parts = []
        while f"{key}{len(parts)}" in group.attrs:
            parts.append(group.attrs[f"{key}{len(parts)}"])
    return [name.decode() if isinstance(name, bytes) else str(name) for part in parts for name in part]


def _scales_to_one(layer: Mapping[str, Any]) -> bool:
    config = layer.get("config", {})
    if layer.get("class_name") != "Rescaling":
        return False
    return bool(np.allclose(config.get("scale"), 1 / 255) and np.allclose(config.get("offset"), 0))
