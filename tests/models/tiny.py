"""A small network in several forms, what it must answer, and cards for it.

`tools/make_tiny_models.py` says what it is and makes the LiteRT files; the ONNX ones are made here, as they are needed.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from geacc_proxy.models.card import ModelCard, Threshold, format_card
from geacc_proxy.models.registry import InstalledModel

DATA = Path(__file__).parent.parent / "data"
SIZE = 32

with np.load(DATA / "tiny.npz") as _file:
    WEIGHTS: dict[str, NDArray[np.float32]] = dict(_file)


def frames(count: int = 12) -> NDArray[np.uint8]:
    """Pictures that the network is of different minds about: from black and white to colours with noise."""
    random = np.random.default_rng(1)
    flat = random.integers(0, 256, (count - 2, 1, 1, 3)) + random.integers(-50, 51, (count - 2, SIZE, SIZE, 3))
    ends = np.stack([np.zeros((SIZE, SIZE, 3)), np.full((SIZE, SIZE, 3), 255)])
    return np.concatenate([ends, flat]).clip(0, 255).astype(np.uint8)


def logits(pictures: NDArray[np.uint8], card: ModelCard) -> NDArray[np.float64]:
    """What the network computes before softmax, in float64, of pictures that become what the card says."""
    low, high = card.value_range
    values = low + pictures.astype(np.float64) * (high - low) / 255
    if card.colour_order == "BGR":
        values = values[..., ::-1]
    values = (values - card.mean) / card.std
    patches = np.lib.stride_tricks.sliding_window_view(values, (3, 3), axis=(1, 2))[:, ::2, ::2]
    maps = np.einsum("nyxchw,hwco->nyxo", patches, WEIGHTS["kernel"].astype(np.float64)) + WEIGHTS["bias"]
    result: NDArray[np.float64] = np.maximum(maps, 0).mean((1, 2)) @ WEIGHTS["dense"] + WEIGHTS["dense_bias"]
    return result


def softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(values - values.max(1, keepdims=True))
    result: NDArray[np.float64] = powers / powers.sum(1, keepdims=True)
    return result


CARD = ModelCard(
    name="tiny",
    version="1.0",
    licence="MIT",
    source="tools/make_tiny_models.py",
    file="",
    sha256="",
    input_size=SIZE,
    resize="bilinear",
    value_range=(-1.0, 1.0),
    colour_order="RGB",
    labels=("benign", "malign"),
    malign_labels=("malign",),
    thresholds={"strict": Threshold(0.5), "balanced": Threshold(0.7), "lenient": Threshold(0.85)},
)


def carded(path: Path, **fields: Any) -> InstalledModel:
    """A model with a card beside it, which says what `fields` say."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    card = replace(CARD, **{"file": path.name, "sha256": digest, **fields})
    path.with_suffix(".toml").write_text(format_card(card), encoding="utf-8")
    return InstalledModel(card, path)


def litert(folder: Path, form: str, **fields: Any) -> InstalledModel:
    """One of the files in tests/data, copied to `folder`."""
    path = folder / f"tiny-{form}.tflite"
    path.write_bytes((DATA / path.name).read_bytes())
    return carded(path, **fields)


def onnx_model(
    *,
    layout: str = "NHWC",
    end: str = "softmax",
    batch: int | str = "n",
    kind: int = TensorProto.FLOAT,
    rescaling: tuple[float, float] | None = None,
) -> onnx.ModelProto:
    """The network in ONNX.

    Args:
        layout: of its input.
        end: `softmax`, `logits`, or `sigmoid` for one number: the second class's share.
        batch: the first axis, a length or a name.
        kind: the type of its input and output; what is between them is float32.
        rescaling: a factor and an addend that its first steps apply.
    """
    shape = [batch, SIZE, SIZE, 3] if layout == "NHWC" else [batch, 3, SIZE, SIZE]
    weights = {
        "kernel": WEIGHTS["kernel"].transpose(3, 2, 0, 1),
        "bias": WEIGHTS["bias"],
        "dense": WEIGHTS["dense"],
        "dense_bias": WEIGHTS["dense_bias"],
    }
    steps = [helper.make_node("Cast", ["picture"], ["values"], to=TensorProto.FLOAT)]
    if rescaling:
        weights["factor"], weights["addend"] = (np.float32(one) for one in rescaling)
        steps += [
            helper.make_node("Mul", ["values", "factor"], ["scaled"]),
            helper.make_node("Add", ["scaled", "addend"], ["shifted"]),
        ]
    values = "shifted" if rescaling else "values"
    if layout == "NHWC":
        steps.append(helper.make_node("Transpose", [values], ["planes"], perm=[0, 3, 1, 2]))
        values = "planes"
    steps += [
        helper.make_node("Conv", [values, "kernel", "bias"], ["maps"], strides=[2, 2]),
        helper.make_node("Relu", ["maps"], ["lit"]),
        helper.make_node("GlobalAveragePool", ["lit"], ["means"]),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("MatMul", ["flat", "dense"], ["weighed"]),
        helper.make_node("Add", ["weighed", "dense_bias"], ["logits"]),
    ]
    last, count = "logits", 2
    if end == "softmax":
        steps.append(helper.make_node("Softmax", [last], ["softmax"], axis=1))
        last = "softmax"
    if end == "sigmoid":  # softmax of two is the logistic function of their difference
        weights["apart"] = np.array([[-1.0], [1.0]], np.float32)
        steps += [
            helper.make_node("MatMul", [last, "apart"], ["difference"]),
            helper.make_node("Sigmoid", ["difference"], ["p"]),
        ]
        last, count = "p", 1
    steps.append(helper.make_node("Cast", [last], ["scores"], to=kind))
    return onnx_file(steps, weights, shape, [batch, count], kind)


def onnx_file(
    steps: list[onnx.NodeProto],
    weights: dict[str, Any],
    input_shape: list[int | str],
    output_shape: list[int | str],
    kind: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    """A model of steps from `picture` to `scores`, of a version that ONNX Runtime 1.20 can run."""
    graph = helper.make_graph(
        steps,
        "tiny",
        [helper.make_tensor_value_info("picture", kind, input_shape)],
        [helper.make_tensor_value_info("scores", kind, output_shape)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def saved(model: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(model.SerializeToString())
    return path


def backbone(outputs: int, *, size: int = 224, inception: bool = False, layout: str = "NHWC") -> onnx.ModelProto:
    """A model with MobileNetV2's or InceptionV3's steps, two channels wide, with weights of chance."""
    random = np.random.default_rng(3)
    weights: dict[str, Any] = {}
    steps: list[onnx.NodeProto] = []

    def add(operator: str, inputs: list[str], **attributes: Any) -> str:
        name = f"{operator}-{len(steps)}"
        steps.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def convolution(of: str, into: int, out: int, **attributes: Any) -> str:
        name = f"kernel-{len(steps)}"
        group = attributes.get("group", 1)
        weights[name] = random.normal(0, 0.5, (out, into // group, 1, 1)).astype(np.float32)
        return add("Conv", [of, name], **attributes)

    x = add("Transpose", ["picture"], perm=[0, 3, 1, 2]) if layout == "NHWC" else "picture"
    x = convolution(x, 3, 2, strides=[8, 8])
    if inception:
        for block in range(93):
            y = convolution(x, 2, 2)
            if block % 8 == 0:  # 12 times; one channel of each
                halves = [add("Slice", [one, "zero", "one", "axis"]) for one in (x, y)]
                y = add("Concat", halves, axis=1)
            x = y
        weights |= {"zero": np.array([0]), "one": np.array([1]), "axis": np.array([1])}
    else:
        for block in range(17):
            y = convolution(x, 2, 2) if block else x
            y = convolution(convolution(y, 2, 2, group=2), 2, 2)
            x = add("Add", [x, y]) if block in {2, 4, 5, 7, 8, 9, 11, 12, 14, 15} else y
        x = convolution(x, 2, 2)
    weights["dense"] = random.normal(0, 1, (2, outputs)).astype(np.float32)
    x = add("MatMul", [add("Flatten", [add("GlobalAveragePool", [x])]), "dense"])
    steps.append(helper.make_node("Softmax", [x], ["scores"], axis=1))
    shape = [1, size, size, 3] if layout == "NHWC" else [1, 3, size, size]
    return onnx_file(steps, weights, shape, [1, outputs])
