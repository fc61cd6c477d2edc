"""Giving the layers of a Keras model the weights that a file holds for them: all of them, each once, each fitting."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.topology import inner_name

Weights = Sequence[tuple[str, NDArray[Any]]]
"""Names as Keras wrote them, such as `Conv1/kernel:0`, with their values, in the file's order."""

_IGNORED = frozenset({"count", "seed_generator_state"})
"""What layers keep that plays no part in inference."""

_OLD_ROLES = {"depthwise_kernel": "kernel"}
"""What Keras 2 called weights of a DepthwiseConv2D. A SeparableConv2D has them in both, and no `kernel`."""

Wanted = Sequence[tuple[tuple[str, ...], Any]]
"""Variables of a model, each with the end of its name: (layer, …, role)."""


def fill_by_layer(model: Any, groups: Mapping[str, Weights], where: str) -> None:
    """Assign weights that a file keeps layer by layer, as HDF5 does.

    Args:
        model: a `keras.Model`, built.
        groups: weights by the name of the model's own layers; those of a model within lie together.
        where: the file, for messages.

    Raises:
        ModelError: a layer has no weights, too many, or some of another shape.
    """
    by_name = {inner_name(name): weights for name, weights in groups.items()}
    for layer in model.layers:
        weights = [(name, value) for name, value in by_name.get(layer.name, ()) if _role(name) not in _IGNORED]
        wanted = list(_variables(layer))
        pairs = _by_name(wanted, weights)
        if pairs is None and not _is_model(layer):
            pairs = _in_order(wanted, weights)
        if pairs is None:
            raise ModelError(
                f"model {where}: layer {layer.name!r} takes {len(wanted)} weights and the file has "
                f"{len(weights)} for it, or of other shapes"
            )
        _assign(pairs)
    for layer in leaves(model):
        _finish(layer)


def fill_by_name(model: Any, weights: Weights, where: str) -> None:
    """Assign weights that a file keeps in one list, as TensorFlow.js does.

    Raises:
        ModelError: a weight is missing, or its name or shape fits nothing.
    """
    kept = [(name, value) for name, value in weights if _role(name) not in _IGNORED]
    wanted = [pair for layer in model.layers for pair in _variables(layer)]
    pairs = _by_name(wanted, kept)
    if pairs is None:
        raise ModelError(
            f"model {where}: its {len(kept)} weights do not fit its {len(wanted)} variables by name and shape"
        )
    _assign(pairs)
    for layer in leaves(model):
        _finish(layer)


def leaves(model: Any) -> Iterator[Any]:
    """Yield the layers of a model and of the models within, in their order, but not those models themselves."""
    for layer in model.layers:
        if _is_model(layer):
            yield from leaves(layer)
        else:
            yield layer


def _variables(layer: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the weights below a layer as (layer, …, role)."""
    for leaf in leaves(layer) if _is_model(layer) else [layer]:
        for variable in getattr(leaf, "weights", ()):
            *above, role = variable.path.split("/")
            inner = above[above.index(leaf.name) + 1 :] if leaf.name in above else []
            if role not in _IGNORED:
                yield (*leaf.name.split(inner_name("/")), *inner, _OLD_ROLES.get(role, role)), variable


def _is_model(layer: Any) -> bool:
    return hasattr(layer, "layers") and hasattr(layer, "get_layer")


def _role(name: str) -> str:
    return name.split("/")[-1].split(":")[0]


def _by_name(wanted: Wanted, weights: Weights) -> list[tuple[Any, NDArray[Any]]] | None:
    """Pair by the ends of the names; None if that does not pair all of both, or a shape differs."""
    if len(wanted) != len(weights):
        return None
    for spelling in (_exactly, _without_number):
        found = {_parts(name, spelling): value for name, value in weights}
        pairs = []
        for path, variable in wanted:
            keys = [key for key in found if key[-len(path) :] == path]
            if len(keys) != 1 or found[keys[0]].shape != tuple(variable.shape):
                break
            pairs.append((variable, found.pop(keys[0])))
        else:
            return pairs
    return None


def _parts(name: str, spelling: Callable[[str], str]) -> tuple[str, ...]:
    *above, role = name.split(":")[0].split("/")
    return (*(spelling(part) for part in above), _OLD_ROLES.get(role, role))


def _exactly(part: str) -> str:
    return part


def _without_number(part: str) -> str:
    # TensorFlow 1 numbered the names of the second model that one program loaded.
    return re.sub(r"_\d+$", "", part)


def _in_order(wanted: Wanted, weights: Weights) -> list[tuple[Any, NDArray[Any]]] | None:
    """Pair the weights of a single layer in their order, which has never changed; None if a shape differs."""
    if [tuple(variable.shape) for _, variable in wanted] != [value.shape for _, value in weights]:
        return None
    return [(variable, value) for (_, variable), (_, value) in zip(wanted, weights, strict=True)]


def _assign(pairs: Sequence[tuple[Any, NDArray[Any]]]) -> None:
    for variable, value in pairs:
        variable.assign(np.asarray(value, np.float32))


def _finish(layer: Any) -> None:
    if hasattr(layer, "finalize_state"):
        layer.finalize_state()  # what Normalization computes from its weights
