"""Geacc's own script in essence: load a Keras model, then `model.predict` one file after another.

`save FILE` makes a model of its size (MobileNetV2 at 224, Dense 256/128/5); random weights cost the same.
`predict FILE DIR` does the work.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras


def save(file: Path) -> None:
    """Make the model."""
    base = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(224, 224, 3), pooling="avg")
    dense = [keras.layers.Dense(256, "relu"), keras.layers.Dense(128, "relu"), keras.layers.Dense(5, "softmax")]
    keras.Sequential([base, *dense]).save(file)


def predict(file: Path, folder: Path) -> None:
    """Judge each picture in the folder."""
    model = keras.models.load_model(file, compile=False)
    for path in sorted(folder.iterdir()):
        image = keras.utils.load_img(path, target_size=(224, 224), interpolation="lanczos")
        pixels = keras.utils.img_to_array(image) / 255.0
        scores = model.predict(pixels[None], verbose=0)[0]
        print(path, *(f"{score:.4f}" for score in scores))


if __name__ == "__main__":
    {"save": save, "predict": predict}[sys.argv[1]](*map(Path, sys.argv[2:]))
