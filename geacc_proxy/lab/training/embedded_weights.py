"""The backbone inside the embedded model, out of its LiteRT file.

The converter has folded every batch normalisation into the convolution before it: a kernel and a bias are left. The
normalisation gets mean 0, variance 1, scale √(1 + ε) and the bias as its offset, and so computes the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.registry import find

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Folded = tuple[NDArray[np.float32], NDArray[np.float32]]


def put_embedded_weights_into(base: keras.Model) -> None:
    """Make a MobileNetV2 of keras.applications compute the embedded model's features, of pictures in 0…1.

    Args:
        base: with `alpha` 1 and without its top, of any size.

    Raises:
        ModelError: the embedded file is not what this was written for.
    """
    path = find().path
    folded = _folded_convolutions(path)
    convolutions = [
        layer for layer in base.layers if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D)
    ]
    normalisations = [layer for layer in base.layers if isinstance(layer, keras.layers.BatchNormalization)]
    if not len(folded) == len(convolutions) == len(normalisations):
        raise ModelError(f"{path} has {len(folded)} convolutions, MobileNetV2 has {len(convolutions)}")
    for (kernel, bias), convolution, normalisation in zip(folded, convolutions, normalisations, strict=True):
        if convolution.kernel.shape != kernel.shape:
            raise ModelError(f"{path}: the kernel of {convolution.name} has the shape {kernel.shape}")
        zeros, ones = np.zeros_like(bias), np.ones_like(bias)
        convolution.set_weights([kernel])
        normalisation.set_weights([ones * np.sqrt(1 + normalisation.epsilon), bias, zeros, ones])


def _folded_convolutions(path: Path) -> list[Folded]:
    """Kernels as Keras has them, and biases, in the order of computation."""
    from tensorflow.lite.python import schema_py_generated as schema
    from tensorflow.lite.tools import flatbuffer_utils

    model = flatbuffer_utils.read_model_from_bytearray(bytearray(path.read_bytes()))
    (graph,) = model.subgraphs
    kind = schema.BuiltinOperator
    widened = {  # large kernels are stored as float16 and widened when the model is loaded
        int(operator.outputs[0]): int(operator.inputs[0])
        for operator in graph.operators
        if model.operatorCodes[operator.opcodeIndex].builtinCode == kind.DEQUANTIZE
    }

    def constant(index: int) -> NDArray[np.float32]:
        tensor: Any = graph.tensors[widened.get(index, index)]
        stored = np.float16 if tensor.type == schema.TensorType.FLOAT16 else np.float32
        numbers = np.frombuffer(bytes(model.buffers[tensor.buffer].data), stored)
        return numbers.reshape(tensor.shape).astype(np.float32)

    return [
        # Output channels come first there, and last in Keras; a depthwise kernel has one output for each channel.
        (np.transpose(constant(int(operator.inputs[1])), (1, 2, 3, 0)), constant(int(operator.inputs[2])))
        for operator in graph.operators
        if model.operatorCodes[operator.opcodeIndex].builtinCode in (kind.CONV_2D, kind.DEPTHWISE_CONV_2D)
    ]
