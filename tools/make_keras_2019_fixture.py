"""Write small models in the very layout of Keras 2.2.4 (2019), with the scores that Keras gave then.

    uv run --extra tensorflow python tools/make_keras_2019_fixture.py [--out tests/data]

No old Keras is needed, and none is asked: the files are written with h5py as `keras/engine/saving.py` of 2.2.4 did,
and the scores are computed with numpy alone, from the definitions of the layers. The network is that of
`PurifyAI_Geacc_MobileNetV2_224.h5`: MobileNetV2 without its top, average pooling, Dense(2, softmax), put together as
`geacc/training/train_mobilenetv2.py` of https://github.com/purify-ai/geacc-models does, with fewer and thinner blocks.
Weights are random; nothing was trained.

Written: `geacc-2019-functional.h5` (one flat graph, as Geacc saved it), `geacc-2019-sequential.h5` (MobileNetV2 as a
layer of a Sequential, as many did) and `geacc-2019-scores.json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent

Array = NDArray[np.float32]
Form = Literal["functional", "sequential", "nested"]

EPSILON = 1e-3
"""Of MobileNetV2's batch normalisations."""

TRAINED = 30
"""How many of the last layers Geacc's recipe trains."""

PICTURES = 4
BLOCKS = ((16, 1), (24, 2), (24, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1), (64, 1), (96, 1), (96, 1))
BLOCKS += ((96, 1), (160, 2), (160, 1), (160, 1), (320, 1))
"""Filters and stride of MobileNetV2's blocks."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a network is.

    Attributes:
        size: width and height of the input, pixels.
        alpha: factor of the numbers of filters.
        blocks: how many of MobileNetV2's 17 blocks it has.
        last: filters of the last convolution; MobileNetV2 has 1280.
    """

    size: int = 224
    alpha: float = 0.35
    blocks: int = 7
    last: int = 96


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer.

    Attributes:
        kind: its class in Keras.
        name: its name.
        config: its settings, as Keras wrote them.
        inputs: names of the layers that it is called on.
    """

    kind: str
    name: str
    config: Mapping[str, Any]
    inputs: tuple[str, ...]


def main() -> None:
    """Read the arguments and write."""
    parser = argparse.ArgumentParser(description="Write models in the layout of Keras 2.2.4.")
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "data", metavar="DIR")
    out = parser.parse_args().out
    scores = {}
    for form, shape in (("functional", Shape()), ("sequential", Shape(size=96))):
        name = f"geacc-2019-{form}.h5"
        scores[name] = write(out / name, form, shape).astype(float).round(7).tolist()
        print(f"{out / name}: {(out / name).stat().st_size:,} bytes, scores {scores[name]}")
    (out / "geacc-2019-scores.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")


def write(path: Path, form: Form, shape: Shape) -> Array:
    """Write a model.

    Args:
        path: the file.
        form: `functional`: one flat graph; `sequential`: MobileNetV2 as the first layer of a Sequential; `nested`: a
            graph in which MobileNetV2 is called as one layer.
        shape: how large.

    Returns:
        Its scores of `pictures(shape.size)`, (n, 2): benign, malign.
    """
    layers = network(shape)
    weights = random_weights(layers, shape)
    frames = pictures(shape.size).astype(np.float32) / np.float32(127.5) - np.float32(1.0)
    adjust(layers, weights, frames)
    with h5py.File(path, "w") as file:
        save(file, form, layers, weights, shape)
    return forward(layers, weights, frames)


def pictures(size: int) -> NDArray[np.uint8]:
    """Return pictures, RGB bytes (n, size, size, 3), of waves: the same on every machine."""
    y, x = np.mgrid[0:size, 0:size] / size
    frames = [
        [np.sin(2 * np.pi * ((k + 1) * x * (c + 1) + (PICTURES - k) * y + 0.3 * k * c)) for c in range(3)]
        for k in range(PICTURES)
    ]
    waves = np.moveaxis(np.array(frames), 1, -1)
    return np.clip(np.rint(127.5 + 127.5 * waves), 0, 255).astype(np.uint8)


def network(shape: Shape) -> list[Layer]:
    """Return the layers, as keras_applications/mobilenet_v2.py builds them and Geacc's recipe ends them."""
    layers: list[Layer] = []

    def add(kind: str, name: str, *inputs: str, **config: Any) -> str:
        layers.append(Layer(kind, name, config, inputs))
        return name

    def normalised(name: str, before: str) -> str:
        return add("BatchNormalization", name, before, **_normalisation())

    def rectified(name: str, before: str) -> str:
        return add("ReLU", name, before, max_value=6.0, negative_slope=0.0, threshold=0.0)

    def padded(name: str, before: str) -> str:
        return add("ZeroPadding2D", name, before, padding=[[0, 1], [0, 1]], data_format="channels_last")

    channels = divisible(32 * shape.alpha)
    x = add("InputLayer", "input_1", batch_input_shape=[None, shape.size, shape.size, 3], dtype="float32", sparse=False)
    x = padded("Conv1_pad", x)
    x = add("Conv2D", "Conv1", x, **_convolution(channels, 3, 2, "valid"))
    x = rectified("Conv1_relu", normalised("bn_Conv1", x))
    for number, (filters, stride) in enumerate(BLOCKS[: shape.blocks]):
        prefix = f"block_{number}_" if number else "expanded_conv_"
        start = x
        if number:
            x = add("Conv2D", f"{prefix}expand", x, **_convolution(6 * channels, 1, 1, "same"))
            x = rectified(f"{prefix}expand_relu", normalised(f"{prefix}expand_BN", x))
        if stride == 2:
            x = padded(f"{prefix}pad", x)
        x = add("DepthwiseConv2D", f"{prefix}depthwise", x, **_depthwise(stride))
        x = rectified(f"{prefix}depthwise_relu", normalised(f"{prefix}depthwise_BN", x))
        wanted = divisible(int(filters * shape.alpha))
        x = add("Conv2D", f"{prefix}project", x, **_convolution(wanted, 1, 1, "same"))
        x = normalised(f"{prefix}project_BN", x)
        if wanted == channels and stride == 1:
            x = add("Add", f"{prefix}add", start, x)
        channels = wanted
    x = add("Conv2D", "Conv_1", x, **_convolution(shape.last, 1, 1, "valid"))
    x = rectified("out_relu", normalised("Conv_1_bn", x))
    x = add("GlobalAveragePooling2D", "global_average_pooling2d_1", x, data_format="channels_last")
    add("Dense", "dense_1", x, units=2, activation="softmax", use_bias=True, **_starts("kernel", "bias"))
    return layers


def divisible(filters: float) -> int:
    """Round to a multiple of 8, at most a tenth down (keras_applications, `_make_divisible`)."""
    rounded = max(8, int(filters + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * filters else rounded


def _starts(*roles: str) -> dict[str, Any]:
    scaling = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None}
    uniform = {"class_name": "VarianceScaling", "config": scaling}
    starts: dict[str, Any] = {
        f"{role}_initializer": {"class_name": "Zeros", "config": {}} if role == "bias" else uniform for role in roles
    }
    starts |= {f"{role}_regularizer": None for role in roles}
    return {**starts, "activity_regularizer": None, **{f"{role}_constraint": None for role in roles}}


def _convolution(filters: int, kernel: int, stride: int, padding: str) -> dict[str, Any]:
    return {
        "filters": filters,
        "kernel_size": [kernel, kernel],
        "strides": [stride, stride],
        "padding": padding,
        "data_format": "channels_last",
        "dilation_rate": [1, 1],
        "activation": "linear",
        "use_bias": False,
        **_starts("kernel", "bias"),
    }


def _depthwise(stride: int) -> dict[str, Any]:
    config = _convolution(0, 3, stride, "same" if stride == 1 else "valid")
    kept = {key: value for key, value in config.items() if key != "filters" and not key.startswith("kernel_")}
    return {"kernel_size": [3, 3], **kept, "depth_multiplier": 1, **_starts("depthwise")}


def _normalisation() -> dict[str, Any]:
    starts = {"beta": "Zeros", "gamma": "Ones", "moving_mean": "Zeros", "moving_variance": "Ones"}
    return {
        "axis": -1,
        "momentum": 0.999,
        "epsilon": EPSILON,
        "center": True,
        "scale": True,
        **{f"{role}_initializer": {"class_name": kind, "config": {}} for role, kind in starts.items()},
        **dict.fromkeys(("beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint")),
    }


def random_weights(layers: Sequence[Layer], shape: Shape) -> dict[str, dict[str, Array]]:
    """Return weights by layer and role, in the order that each layer made them in."""
    random = np.random.default_rng(2019)
    channels: dict[str, int] = {}
    weights: dict[str, dict[str, Array]] = {}
    for layer in layers:
        depth = channels[layer.inputs[0]] if layer.inputs else 3
        if layer.kind == "Conv2D":
            size, filters = layer.config["kernel_size"][0], layer.config["filters"]
            kernel = random.normal(0, np.sqrt(2 / (size * size * depth)), (size, size, depth, filters))
            weights[layer.name] = {"kernel": kernel.astype(np.float32)}
            depth = filters
        elif layer.kind == "DepthwiseConv2D":
            weights[layer.name] = {"depthwise_kernel": random.normal(0, 0.4, (3, 3, depth, 1)).astype(np.float32)}
        elif layer.kind == "BatchNormalization":
            weights[layer.name] = {
                "gamma": random.uniform(0.8, 1.4, depth).astype(np.float32),
                "beta": random.normal(0.3, 0.3, depth).astype(np.float32),
                "moving_mean": np.zeros(depth, np.float32),
                "moving_variance": np.ones(depth, np.float32),
            }
        elif layer.kind == "Dense":
            kernel = random.normal(0, 4 / np.sqrt(depth), (depth, 2)).astype(np.float32)
            weights[layer.name] = {"kernel": kernel, "bias": np.array([0.1, -0.1], np.float32)}
        channels[layer.name] = depth
    return weights


def adjust(layers: Sequence[Layer], weights: dict[str, dict[str, Array]], frames: Array) -> None:
    """Set what the normalisations and the last layer take off, so that the scores depend on the picture."""
    values: dict[str, Array] = {}
    for layer in layers:
        if layer.kind == "BatchNormalization":
            before = values[layer.inputs[0]]
            weights[layer.name]["moving_mean"] = before.mean(axis=(0, 1, 2)).astype(np.float32)
            weights[layer.name]["moving_variance"] = before.var(axis=(0, 1, 2)).astype(np.float32) + np.float32(0.01)
        if layer.kind == "Dense":
            kernel = weights[layer.name]["kernel"]
            weights[layer.name]["bias"] -= (values[layer.inputs[0]].mean(axis=0) @ kernel).astype(np.float32)
        values[layer.name] = run(layer, weights.get(layer.name, {}), [values[name] for name in layer.inputs], frames)


def forward(layers: Sequence[Layer], weights: Mapping[str, Mapping[str, Array]], frames: Array) -> Array:
    """Return the network's scores, (n, 2), of frames in -1…1."""
    values: dict[str, Array] = {}
    for layer in layers:
        values[layer.name] = run(layer, weights.get(layer.name, {}), [values[name] for name in layer.inputs], frames)
    return values[layers[-1].name]


def run(layer: Layer, weights: Mapping[str, Array], inputs: Sequence[Array], frames: Array) -> Array:
    """Compute one layer, as Keras 2.2.4 defines it."""
    config = layer.config
    if layer.kind == "InputLayer":
        return frames
    x = inputs[0]
    if layer.kind == "ZeroPadding2D":
        return np.pad(x, ((0, 0), *config["padding"], (0, 0)))
    if layer.kind in ("Conv2D", "DepthwiseConv2D"):
        (kernel,) = weights.values()
        return _slide(x, kernel, config["strides"][0], config["padding"], layer.kind == "DepthwiseConv2D")
    if layer.kind == "BatchNormalization":
        scale = weights["gamma"] / np.sqrt(weights["moving_variance"] + np.float32(config["epsilon"]))
        return (x - weights["moving_mean"]) * scale + weights["beta"]
    if layer.kind == "ReLU":
        return np.clip(x, 0, np.float32(config["max_value"]))
    if layer.kind == "Add":
        return x + inputs[1]
    if layer.kind == "GlobalAveragePooling2D":
        return x.mean(axis=(1, 2))
    logits = x @ weights["kernel"] + weights["bias"]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _slide(x: Array, kernel: Array, stride: int, padding: str, by_channel: bool) -> Array:
    size = kernel.shape[0]
    if padding == "same":
        # All that are "same" here have stride 1 and odd sizes, so both sides get as much.
        x = np.pad(x, ((0, 0), (size // 2, size // 2), (size // 2, size // 2), (0, 0)))
    height, width = ((side - size) // stride + 1 for side in x.shape[1:3])
    total = np.zeros((len(x), height, width, x.shape[3] if by_channel else kernel.shape[3]), np.float32)
    for row in range(size):
        for column in range(size):
            part = x[:, row : row + stride * height : stride, column : column + stride * width : stride]
            total += part * kernel[row, column, :, 0] if by_channel else part @ kernel[row, column]
    return total


def save(
    file: h5py.File, form: Form, layers: Sequence[Layer], weights: Mapping[str, Mapping[str, Array]], shape: Shape
) -> None:
    """Write what `model.save(path)` of Keras 2.2.4 wrote."""
    frozen = {layer.name for layer in layers[: -1 - TRAINED]}
    base = f"mobilenetv2_{shape.alpha:.2f}_{shape.size}"
    if form == "functional":
        model = _model("model_1", layers, frozen)
        groups = [(layer.name, [layer]) for layer in layers]
    elif form == "sequential":
        inner = _model(base, layers[:-1], frozen)
        model = {
            "class_name": "Sequential",
            "config": {"name": "sequential_1", "layers": [inner, _entry(layers[-1], frozen, {})]},
        }
        groups = [(base, layers[:-1]), (layers[-1].name, [layers[-1]])]
    else:
        model = _nested(base, layers, frozen)
        groups = [("input_2", []), (base, layers[:-1]), (layers[-1].name, [layers[-1]])]
    file.attrs["keras_version"] = b"2.2.4"
    file.attrs["backend"] = b"tensorflow"
    file.attrs["model_config"] = json.dumps(model).encode()
    kept = file.create_group("model_weights")
    kept.attrs["layer_names"] = [name.encode() for name, _ in groups]
    kept.attrs["backend"] = b"tensorflow"
    kept.attrs["keras_version"] = b"2.2.4"
    trained: list[Array] = []
    for name, members in groups:
        group = kept.create_group(name)
        ordered = _in_order(members, weights, frozen)
        group.attrs["weight_names"] = [weight.encode() for weight, _, _ in ordered]
        for weight, value, trainable in ordered:
            group.create_dataset(weight, data=value)
            trained += [value] if trainable else []
    _save_training(file, trained)


def _in_order(
    members: Sequence[Layer], weights: Mapping[str, Mapping[str, Array]], frozen: set[str]
) -> list[tuple[str, Array, bool]]:
    """Return name, value and whether it is trained: first what is trained, then the rest (`Layer.weights` in 2.2.4)."""
    every = [
        (f"{layer.name}/{role}:0", value, layer.name not in frozen and not role.startswith("moving_"))
        for layer in members
        for role, value in weights.get(layer.name, {}).items()
    ]
    return [one for one in every if one[2]] + [one for one in every if not one[2]]


def _entry(layer: Layer, frozen: set[str], more: Mapping[str, Any]) -> dict[str, Any]:
    trainable = {} if layer.kind == "InputLayer" else {"trainable": layer.name not in frozen}
    return {"class_name": layer.kind, "config": {"name": layer.name, **trainable, **layer.config}, **more}


def _model(name: str, layers: Sequence[Layer], frozen: set[str]) -> dict[str, Any]:
    entries = []
    for layer in layers:
        nodes = [[[before, 0, 0, {}] for before in layer.inputs]] if layer.inputs else []
        entries.append({"name": layer.name, **_entry(layer, frozen, {"inbound_nodes": nodes})})
    config = {
        "name": name,
        "layers": entries,
        "input_layers": [[layers[0].name, 0, 0]],
        "output_layers": [[layers[-1].name, 0, 0]],
    }
    return {"class_name": "Model", "config": config}


def _nested(base: str, layers: Sequence[Layer], frozen: set[str]) -> dict[str, Any]:
    """Return a graph with MobileNetV2 in it as one layer; Keras 2 counts the call that built that layer as number 0."""
    outer = [
        Layer("InputLayer", "input_2", layers[0].config, ()),
        layers[-1],
    ]
    model = _model("model_1", [outer[0], Layer("Dense", "dense_1", layers[-1].config, (base,))], frozen)
    inner = {"name": base, **_model(base, layers[:-1], frozen), "inbound_nodes": [[["input_2", 0, 0, {}]]]}
    model["config"]["layers"].insert(1, inner)
    model["config"]["layers"][2]["inbound_nodes"] = [[[base, 1, 0, {}]]]
    return model


def _save_training(file: h5py.File, trained: Sequence[Array]) -> None:
    adam = {
        "lr": 3.9999998989515007e-05,
        "beta_1": 0.8999999761581421,
        "beta_2": 0.9990000128746033,
        "decay": 0.0,
        "epsilon": 1e-07,
        "amsgrad": False,
    }
    training = {
        "optimizer_config": {"class_name": "Adam", "config": adam},
        "loss": "categorical_crossentropy",
        "metrics": ["accuracy"],
        "sample_weight_mode": None,
        "loss_weights": None,
    }
    file.attrs["training_config"] = json.dumps(training).encode()
    # Momenta, variances, and one number each for AMSGrad, which is off.
    state = [*(value * 0.01 for value in trained), *(value**2 * 0.001 for value in trained)]
    state += [np.zeros(1, np.float32) for _ in trained]
    group = file.create_group("optimizer_weights")
    names = [f"training/Adam/Variable{f'_{number}' if number else ''}:0" for number in range(len(state))]
    group.attrs["weight_names"] = [b"Adam/iterations:0", *(name.encode() for name in names)]
    group.create_dataset("Adam/iterations:0", data=np.int64(1200))
    for name, value in zip(names, state, strict=True):
        group.create_dataset(name, data=value.astype(np.float32))


if __name__ == "__main__":
    main()
