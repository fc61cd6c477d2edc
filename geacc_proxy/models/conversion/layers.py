"""Which layers, operations and activations are built: those of Keras that compute on numbers and nothing else.

Whatever is not named here is refused before Keras sees it: layers that hold Python code (`Lambda`), that load further
files (`TFSMLayer`, `TorchModuleWrapper`, the look-up layers), and all that is not Keras' own.
"""

from __future__ import annotations

from collections.abc import Callable


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CONTAINERS = {
    "Functional": "keras.src.models.functional",
    "Model": "keras.src.models.functional",
    "Sequential": "keras",
}
"""Models within models, with the module that today's Keras has them in."""

CODE_LAYERS = frozenset(
    {"Lambda", "TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "TFSMLayer", "TorchModuleWrapper", "JaxLayer"}
    | {"FlaxLayer", "ClassMethod", "InstanceMethod", "InstanceProperty", "__lambda__"}
)
"""Layers that run code, or graphs, that a file brings."""

LAYERS = frozenset(
    _names("""
    Activation Add Attention AutoContrast Average AveragePooling1D AveragePooling2D BatchNormalization CenterCrop
    Concatenate Conv1D Conv2D Conv2DTranspose Cropping2D Dense DepthwiseConv2D Dot ELU EinsumDense Embedding Flatten
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D GroupNormalization
    GroupQueryAttention Identity InputLayer LayerNormalization LeakyReLU Maximum MaxPooling1D MaxPooling2D Minimum
    MultiHeadAttention Multiply Normalization PReLU Permute RMSNormalization RandomCrop ReLU RepeatVector Rescaling
    Reshape Resizing SeparableConv2D Softmax Subtract UnitNormalization UpSampling2D ZeroPadding2D
    """)
)
"""Layers of `keras.layers` that are built."""

RENAMED_LAYERS = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "LayerNormalizationV1": "LayerNormalization",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "AvgPool2D": "AveragePooling2D",
    "MaxPool2D": "MaxPooling2D",
    "Convolution2D": "Conv2D",
    "SeparableConvolution2D": "SeparableConv2D",
}
"""Names that Keras once had for layers of `LAYERS`."""

OPERATIONS = {
    **dict.fromkeys(
        _names("""
        Absolute Add Amax Amin Broadcast BroadcastTo Clip Concatenate Divide Einsum Exp ExpandDims GetItem Log Matmul
        Max Maximum Mean Min Minimum Multiply Negative Pad Power Ravel Reciprocal Repeat Reshape Sqrt Square Squeeze
        Stack Subtract Sum Swapaxes Tanh Tile Transpose TrueDivide Var
        """),
        "keras.src.ops.numpy",
    ),
    **dict.fromkeys(
        _names("""
        AveragePool BatchNorm Celu Conv DepthwiseConv Elu Gelu HardSigmoid HardSilu HardTanh LayerNorm LeakyRelu
        LogSigmoid LogSoftmax MaxPool Relu Relu6 Selu SeparableConv Sigmoid Silu Softmax Softplus Softsign
        """),
        "keras.src.ops.nn",
    ),
    **dict.fromkeys(("Cast", "Slice"), "keras.src.ops.core"),
    "Rsqrt": "keras.src.ops.math",
    "Erf": "keras.src.ops.math",
    "Resize": "keras.src.ops.image",
    "RGBToGrayscale": "keras.src.ops.image",
}
"""Functions of `keras.ops` between layers, such as the `x + 3` of MobileNetV3, with their modules."""

ACTIVATIONS = frozenset(
    _names("""
    celu elu exponential gelu hard_sigmoid hard_silu hard_swish leaky_relu linear log_softmax mish relu relu6 selu
    sigmoid silu softmax softplus softsign swish tanh
    """)
)
"""Names of activations."""

RENAMED_ACTIVATIONS = {"softmax_v2": "softmax", "relu_v2": "relu", "swish_v2": "swish"}
"""What older TensorFlow called its own functions when they were given as activations."""

IDLE_LAYERS = frozenset(
    _names("""
    ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise RandomBrightness RandomContrast RandomFlip
    RandomHeight RandomRotation RandomTranslation RandomWidth RandomZoom SpatialDropout1D SpatialDropout2D
    """)
)
"""Layers that do something in training alone; for inference an `Identity` takes their place."""

LINEAR_FUNCTIONS: dict[str, Callable[[float], tuple[float, float]]] = {
    "__operators__.add": lambda y: (1.0, y),
    "math.add": lambda y: (1.0, y),
    "__operators__.sub": lambda y: (1.0, -y),
    "math.subtract": lambda y: (1.0, -y),
    "__operators__.mul": lambda y: (y, 0.0),
    "math.multiply": lambda y: (y, 0.0),
    "__operators__.truediv": lambda y: (1.0 / y, 0.0),
    "math.truediv": lambda y: (1.0 / y, 0.0),
    "math.divide": lambda y: (1.0 / y, 0.0),
}
"""What TensorFlow 2 wrote for `x + 3` between layers, in a `TFOpLambda`: the names of its functions, with scale and
offset of the `Rescaling` that computes the same. The functions themselves are never looked up."""

NEUTRAL_KEYS = {
    "groups": frozenset({"DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose"}),
    "renorm": frozenset({"BatchNormalization"}),
    "renorm_clipping": frozenset({"BatchNormalization"}),
    "renorm_momentum": frozenset({"BatchNormalization"}),
    "fused": frozenset({"BatchNormalization"}),
    "virtual_batch_size": frozenset({"BatchNormalization"}),
    "adjustment": frozenset({"BatchNormalization"}),
    "rng_type": frozenset({"RandomCrop"}),
    "sparse": frozenset({"InputLayer"}),
    "ragged": frozenset({"InputLayer"}),
    "optional": frozenset({"InputLayer"}),
}
"""Settings that older versions wrote and that change nothing for inference, with the layers they are dropped from."""
