"""From a function in TensorFlow to a LiteRT file, and running such a file. Imports TensorFlow."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from geacc_proxy.models.conversion.result import Precision
from geacc_proxy.models.conversion.wording import brief

LARGEST_EXACT = 4_000
"""Kernels of at most so many numbers stay in float32: the first layers' errors travel furthest."""

_CONVOLUTION = schema.BuiltinOperator.CONV_2D
_DENSE = schema.BuiltinOperator.FULLY_CONNECTED
_DEQUANTISE = schema.BuiltinOperator.DEQUANTIZE


def flatbuffer(model: Any, precision: Precision, samples: NDArray[np.float32] | None = None) -> bytes:
    """Convert a Keras model that is loaded already.

    Args:
        model: a `keras.Model` with one input (None, size, size, 3) and one output; used as it is for inference.
        precision: `float32`; `float16`, see `halve`; `int8`: integers wherever LiteRT computes in integers, weights
            by channel. Input and output are float32 in each case.
        samples: what the model itself is given, (n, size, size, 3), to calibrate int8 with; None keeps int8 to the
            weights ("dynamic range").

    Returns:
        The LiteRT file, for one picture at a time.

    Raises:
        ValueError: an operation has no counterpart in LiteRT, or the samples do not fit.
    """
    shape = tuple(model.input_shape[1:])
    return convert_function(lambda pictures: model(pictures, training=False), shape, precision, samples, model)


def convert_function(
    function: Callable[[Any], Any],
    shape: tuple[int, ...],
    precision: Precision,
    samples: NDArray[np.float32] | None = None,
    holder: Any = None,
) -> bytes:
    """Convert a function of one float32 tensor.

    Args:
        function: TensorFlow operations from (1, *shape) to (1, outputs).
        shape: of one picture.
        precision: as `flatbuffer` takes it.
        samples: as `flatbuffer` takes it, (n, *shape).
        holder: what keeps the variables alive that the function uses.

    Raises:
        ValueError: as `flatbuffer`.
    """
    if samples is not None and (samples.shape[1:] != shape or samples.dtype != np.float32 or not len(samples)):
        raise ValueError(f"the samples are {samples.dtype} {samples.shape}; they must be float32 (n, *{shape})")
    traced = tf.function(function, autograph=False)
    graph = traced.get_concrete_function(tf.TensorSpec((1, *shape), tf.float32, name="picture"))
    # Variables become constants first: a converter that is given a Keras 3 model leaves the weights out.
    frozen = convert_variables_to_constants_v2(graph)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen], holder)
    if precision == "int8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if samples is not None:
            converter.representative_dataset = lambda: _one_by_one(samples)
    try:
        content = bytes(converter.convert())
    except Exception as error:
        # The converter raises what its C++ side raises, which has no common class.
        raise ValueError(f"LiteRT cannot express it: {brief(error)}") from error
    return halve(content) if precision == "float16" else content


def halve(content: bytes) -> bytes:
    """Store the large kernels of convolutions and dense layers as float16, and leave all else as it is.

    The converter's own float16 mode rounds depthwise filters and biases too. Of a MobileNetV2 they are a thirtieth of
    the weights and make most of the error: with them, scores of ImageNet photographs move by up to 0.027 and some top
    classes change; without them, by less than 0.004. That mode also marks the file as fit for float16 arithmetic, and
    then scores could depend on the machine's processor.

    Args:
        content: a LiteRT file of one graph.

    Returns:
        The file with half the size.
    """
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    graph = model.subgraphs[0]
    kernels = {
        int(operator.inputs[1])
        for operator in graph.operators
        if model.operatorCodes[operator.opcodeIndex].builtinCode in (_CONVOLUTION, _DENSE)
    }
    dequantise = schema.OperatorCodeT()
    dequantise.builtinCode = dequantise.deprecatedBuiltinCode = _DEQUANTISE
    dequantise.version = 3  # the first that reads float16
    model.operatorCodes.append(dequantise)
    operators = []
    for index in sorted(kernels):
        kernel = graph.tensors[index]
        data = model.buffers[kernel.buffer].data
        if kernel.type != schema.TensorType.FLOAT32 or data is None:  # computed, not stored
            continue
        exact = np.frombuffer(bytes(data), np.float32)
        if exact.size <= LARGEST_EXACT:
            continue
        half = copy.copy(kernel)
        half.name = kernel.name + b"_half"
        half.type = schema.TensorType.FLOAT16
        half.buffer = len(model.buffers)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(exact.astype(np.float16).tobytes(), np.uint8)
        model.buffers.append(buffer)
        model.buffers[kernel.buffer].data = None
        kernel.buffer = 0  # by convention empty: computed, not stored
        graph.tensors.append(half)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(model.operatorCodes) - 1
        operator.inputs = np.array([len(graph.tensors) - 1], np.int32)
        operator.outputs = np.array([index], np.int32)
        operators.append(operator)
    graph.operators = [*operators, *graph.operators]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def run_litert(content: bytes, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Run a LiteRT file as the engine does: one thread, one picture at a time.

    Args:
        content: the file.
        pictures: what the model is given, (n, *shape).

    Returns:
        Its answers, (n, outputs).

    Raises:
        ValueError, RuntimeError: it does not run.
    """
    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    (into,), (out,) = interpreter.get_input_details(), interpreter.get_output_details()
    answers = []
    for picture in pictures:
        interpreter.set_tensor(into["index"], picture[np.newaxis])
        interpreter.invoke()
        answers.append(interpreter.get_tensor(out["index"])[0])
    return np.stack(answers).astype(np.float32)


def _one_by_one(samples: NDArray[np.float32]) -> Iterator[list[NDArray[np.float32]]]:
    for sample in samples:
        yield [sample[np.newaxis]]
