"""Reading a SavedModel, after every operation in it was found on a list of such as compute. Imports TensorFlow."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.describing import architecture_of, within_a_picture
from geacc_proxy.models.conversion.loaded import Loaded, output_count, picture_shape
from geacc_proxy.models.conversion.operations import BOOKKEEPING, COMPUTING
from geacc_proxy.models.conversion.wording import brief, shown
from geacc_proxy.models.description import Activation, ModelDescription

_LARGEST_GRAPH = 512 * 2**20  # bytes; TensorFlow itself reads less than 2 GiB
_LARGEST_VARIABLES = 4 * 2**30
_SIGNATURE = "serving_default"
_INITIAL = "__saved_model_init_op"
_PASSING = {"Identity", "Reshape", "Squeeze", "Cast", "StopGradient", "PreventGradient", "EnsureShape"}
_ARITHMETIC = {"Add", "AddV2", "Sub", "Mul", "RealDiv", "Div", "Cast", "Identity", "StridedSlice", "ReverseV2"}
_BATCH = 1


def load_saved_model(folder: Path, input_size: int | None, where: str) -> Loaded:
    """Load the serving signature of a SavedModel.

    Its variables are read and its signature is called; nothing else that it holds is run.

    Args:
        folder: with `saved_model.pb` and `variables/`.
        input_size: width and height, for a model that takes any size.
        where: its path, for messages.

    Raises:
        ModelError: it cannot be read, has operations that do more than compute, or does not judge pictures.
    """
    name = check_graph(folder, where)
    try:
        model = tf.saved_model.load(str(folder))
        signature = model.signatures[name]
    except Exception as error:
        # TensorFlow has some thirty classes for what can be wrong with a folder.
        raise ModelError(f"model {where} cannot be loaded: {brief(error)}") from error
    _, inputs = signature.structured_input_signature
    outputs = signature.structured_outputs
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(f"model {where} has {len(inputs)} inputs and {len(outputs)} outputs; it must have one of each")
    ((key, spec),), ((answer, _),) = inputs.items(), outputs.items()
    if spec.shape.rank is None or not (spec.dtype.is_floating or spec.dtype in (tf.uint8, tf.int32)):
        raise ModelError(f"model {where} takes {spec.dtype.name}, of no known shape; it must take pictures as numbers")
    shape, layout, any_size = picture_shape(tuple(spec.shape.as_list()), input_size, where)

    def function(pictures: Any) -> Any:
        return tf.cast(signature(**{key: tf.cast(pictures, spec.dtype)})[answer], tf.float32)

    try:
        traced = tf.function(function, autograph=False)
        graph = traced.get_concrete_function(tf.TensorSpec((_BATCH, *shape), tf.float32))
        answered = tuple(graph.outputs[0].shape.as_list())
        frozen = convert_variables_to_constants_v2(graph)
        rescaling = _rescaling(frozen, shape)
    except Exception as error:  # as above: a graph can be wrong in as many ways
        raise ModelError(f"model {where} cannot be called: {brief(error)}") from error
    count = output_count(answered, where)
    if rescaling is None and spec.dtype.is_integer:
        rescaling = (0.0, 255.0)
    description = ModelDescription(
        input_size=shape[1],
        layout=layout,
        outputs=count,
        activation=_activation(frozen.outputs[0]),
        architecture=architecture_of(_layer_names(frozen), _kinds(frozen)),
        rescaling=rescaling,
    )
    return Loaded(_one_by_one(function, spec.shape[0]), shape, description, model, any_size=any_size)


def check_graph(folder: Path, where: str) -> str:
    """Look at all operations before TensorFlow loads anything, and return the name of the signature to call.

    Raises:
        ModelError: it is no SavedModel of TensorFlow 2, or one that does more than compute.
    """
    path = folder / "saved_model.pb"
    try:
        sizes = [one.stat().st_size for one in (folder / "variables").glob("*")]
        if path.stat().st_size > _LARGEST_GRAPH or sum(sizes) > _LARGEST_VARIABLES:
            raise ModelError(f"model {where} is larger than a model of pictures can be")
        content = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    except DecodeError as error:
        raise ModelError(f"model {where}: saved_model.pb is damaged or cut short") from error
    except OSError as error:
        raise ModelError(f"model {where} cannot be read: {error.strerror or error}") from error
    if len(content.meta_graphs) != 1:
        raise ModelError(f"model {where} holds {len(content.meta_graphs)} graphs; it must hold one")
    graph = content.meta_graphs[0]
    if not graph.object_graph_def.nodes:
        raise ModelError(f"model {where} was saved by TensorFlow 1; load and save it with TensorFlow 2")
    _check_operations(graph, where)
    _check_objects(graph, where)
    signatures = sorted(name for name in graph.signature_def if not name.startswith("__"))
    if _SIGNATURE in signatures:
        return _SIGNATURE
    if len(signatures) == 1:
        return str(signatures[0])
    what = f"the signatures {shown(', '.join(signatures))}" if signatures else "no signature"
    raise ModelError(f"model {where} has {what}; it must have one, or one that is called {_SIGNATURE!r}")


def _check_operations(graph: Any, where: str) -> None:
    functions = {function.signature.name: function for function in graph.graph_def.library.function}
    keeping: dict[str, str] = {}
    for name, function in functions.items():
        for node in function.node_def:
            if node.op in BOOKKEEPING:
                keeping[name] = node.op
            elif node.op not in COMPUTING and node.op not in functions:
                raise _refused(node.op, where)
    for node in graph.graph_def.node:
        if node.op not in COMPUTING and node.op not in BOOKKEEPING and node.op not in functions:
            raise _refused(node.op, where)
    # Saving and restoring is what TensorFlow itself adds, in functions that nothing else may call.
    for function in functions.values():
        for node in function.node_def:
            for called in (*_called(node), node.op):
                if called in keeping:
                    raise _refused(keeping[called], where)
    for node in graph.object_graph_def.nodes:
        reachable = {*node.function.concrete_functions, node.bare_concrete_function.concrete_function_name}
        for name in sorted(reachable & keeping.keys()):
            raise _refused(keeping[name], where)


def _called(node: Any) -> Iterator[str]:
    for value in node.attr.values():
        if value.func.name:
            yield value.func.name
        for one in value.list.func:
            yield one.name


def _check_objects(graph: Any, where: str) -> None:
    for node in graph.object_graph_def.nodes:
        if node.WhichOneof("kind") in ("asset", "resource") or node.saveable_objects:
            raise ModelError(f"model {where} brings a table or further files, which no model of pictures needs")
    initial = graph.signature_def.get(_INITIAL)
    runs = initial is not None and any(info.name != "NoOp" for info in initial.outputs.values())
    if graph.asset_file_def or runs:
        raise ModelError(f"model {where} runs something when it is loaded; it is not loaded")


def _refused(operation: str, where: str) -> ModelError:
    return ModelError(
        f"model {where} has the operation {shown(operation)}, which is not one that only computes; it is not loaded"
    )


def _one_by_one(function: Any, batch: int | None) -> Any:
    """Let a model that takes a certain number of pictures at once take any number."""
    if batch is None:
        return function
    return lambda pictures: tf.concat([function(pictures[i : i + 1]) for i in range(pictures.shape[0])], axis=0)


def _activation(tensor: Any) -> Activation:
    operation = tensor.op
    while operation.type in _PASSING and len(operation.inputs):
        operation = operation.inputs[0].op
    known: dict[str, Activation] = {
        "Softmax": "softmax",
        "Sigmoid": "sigmoid",
        "BiasAdd": "linear",
        "MatMul": "linear",
    }
    if operation.type in ("AddV2", "Add") and any(one.op.type == "MatMul" for one in operation.inputs):
        return "linear"
    return known.get(operation.type, "unknown")


def _layer_names(graph: Any) -> Iterator[str]:
    """Yield the parts of the operations' names; Keras numbers the second use of a name."""
    for operation in graph.graph.get_operations():
        for part in operation.name.split("/"):
            yield part
            yield re.sub(r"_\d+$", "", part)


def _kinds(graph: Any) -> Counter[str]:
    names = {"Conv2D": "Conv2D", "DepthwiseConv2dNative": "DepthwiseConv2D", "ConcatV2": "Concatenate"}
    return Counter(names[one.type] for one in graph.graph.get_operations() if one.type in names)


def _rescaling(graph: Any, shape: tuple[int, int, int]) -> tuple[float, float] | None:
    (start,) = graph.inputs
    tensor = start
    begun = False
    while len(users := tensor.consumers()) == 1:
        (operation,) = users
        constant = all(one is tensor or _constant(one.op) for one in operation.inputs)
        if operation.type not in _ARITHMETIC or not constant or len(operation.outputs) != 1:
            break
        begun = begun or operation.type not in ("Cast", "Identity")
        tensor = operation.outputs[0]
    if not begun:
        return None
    beginning = graph.prune(start, tensor)
    blank = np.zeros((_BATCH, *shape), np.float32)
    dark, light = (float(np.mean(beginning(tf.constant(one)))) for one in (blank, blank + 255.0))
    return within_a_picture(dark, light)


def _constant(operation: Any, depth: int = 8) -> bool:
    if operation.type == "Const" or not depth:
        return bool(depth)
    return bool(operation.inputs) and all(_constant(one.op, depth - 1) for one in operation.inputs)
