"""Makes the small LiteRT models that the engines are tested with: tests/data/tiny-*.tflite and tests/data/tiny.npz.

One network of some hundred weights, chosen by chance from a fixed seed: a convolution of 3 × 3 with stride 2, ReLU, the
mean over the picture, a dense layer, softmax. It takes RGB pictures of 32 × 32 (one form: of any size), bytes as -1…1,
and tells two classes apart by chance. The arrays hold its weights, from which tests compute what it must answer. Run it
from the root of the repository, with the extra `tensorflow`:

    python tools/make_tiny_models.py
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

SIZE = 32
FOLDER = Path(__file__).resolve().parent.parent / "tests" / "data"


def weights() -> dict[str, np.ndarray]:
    """The network's weights, the same at each call."""
    random = np.random.default_rng(20219)
    return {
        "kernel": random.normal(0, 0.5, (3, 3, 3, 8)).astype(np.float32),
        "bias": random.normal(0, 0.2, 8).astype(np.float32),
        "dense": random.normal(0, 1.5, (8, 2)).astype(np.float32),
        "dense_bias": np.array([0.1, -0.1], np.float32),
    }


def pictures(count: int) -> np.ndarray:
    """What the quantised ones are calibrated with: shape (count, SIZE, SIZE, 3), uint8; plain colours and noise."""
    random = np.random.default_rng(7)
    colours = random.integers(0, 256, (count, 1, 1, 3))
    noise = random.integers(-40, 41, (count, SIZE, SIZE, 3))
    return np.clip(colours + noise, 0, 255).astype(np.uint8)


def main() -> None:
    """Write all of them."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    values = weights()

    @tf.function
    def network(picture: Any) -> Any:
        maps = tf.nn.relu(tf.nn.conv2d(picture, values["kernel"], 2, "VALID") + values["bias"])
        return tf.nn.softmax(tf.reduce_mean(maps, (1, 2)) @ values["dense"] + values["dense_bias"])

    def converter(shape: tuple[int | None, ...] = (1, SIZE, SIZE, 3)) -> Any:
        concrete = network.get_concrete_function(tf.TensorSpec(shape, tf.float32))
        return tf.lite.TFLiteConverter.from_concrete_functions([concrete], network)

    def samples() -> Any:
        return ([picture[None].astype(np.float32) / 127.5 - 1] for picture in pictures(100))

    def quantised(kind: Any) -> bytes:
        one = converter()
        one.optimizations = [tf.lite.Optimize.DEFAULT]
        one.representative_dataset = samples
        one.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        one.inference_input_type = one.inference_output_type = kind
        return bytes(one.convert())

    halved = converter()
    halved.optimizations = [tf.lite.Optimize.DEFAULT]
    halved.target_spec.supported_types = [tf.float16]
    models = {
        "float32": bytes(converter().convert()),
        "float32-any-size": bytes(converter((None, None, None, 3)).convert()),
        "float16": bytes(halved.convert()),
        "int8-inside": quantised(tf.float32),
        "int8": quantised(tf.int8),
        "uint8": quantised(tf.uint8),
    }
    for name, content in models.items():
        path = FOLDER / f"tiny-{name}.tflite"
        path.write_bytes(content)
        print(f"{path.name}: {len(content)} bytes")
    np.savez(FOLDER / "tiny.npz", **values)


if __name__ == "__main__":
    main()
