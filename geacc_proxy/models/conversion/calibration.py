"""Pictures to calibrate and to compare with, as a model is given them. Imports TensorFlow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.loaded import Loaded
from geacc_proxy.models.conversion.process import Order
from geacc_proxy.models.inferred import infer_card

_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp"})
_MOST_SAMPLES = 300
_LARGEST_PICTURE = 64 * 2**20  # bytes of a file
_MADE_UP = 6


def read_samples(path: Path, order: Order, loaded: Loaded) -> NDArray[np.float32]:
    """Read what int8 is calibrated with.

    Args:
        path: a folder of pictures or a `.npy` file, as `geacc_proxy.models.conversion.convert` takes it.
        order: what becomes of bytes.
        loaded: the model.

    Returns:
        What the model itself is given, (n, *shape); of more than 300, evenly chosen ones.

    Raises:
        ModelError: they cannot be read, do not fit, or the model does not say what becomes of bytes.
    """
    size = loaded.description.input_size
    if path.is_dir():
        return prepared(_pictures(path, size), _range(path, order, loaded), order, loaded)
    try:
        samples = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ModelError(f"samples {path} are neither a folder of pictures nor a .npy file") from error
    if not isinstance(samples, np.ndarray) or samples.ndim != 4 or not len(samples):
        raise ModelError(f"samples {path} must have the shape (n, {size}, {size}, 3)")
    samples = samples[:: -(-len(samples) // _MOST_SAMPLES)]
    if samples.dtype == np.uint8 and samples.shape[1:] == (size, size, 3):
        return prepared(samples, _range(path, order, loaded), order, loaded)
    if samples.dtype == np.float32 and samples.shape[1:] == loaded.shape:
        return samples
    raise ModelError(
        f"samples {path} are {samples.dtype} {samples.shape}; they must be uint8 or float32 (n, {size}, {size}, 3)"
    )


def made_up(loaded: Loaded, order: Order) -> NDArray[np.float32]:
    """Return smooth noise and plain colours, as the model is given pictures, the same each time.

    Where nobody says what becomes of bytes, they become -1…1.
    """
    size = loaded.description.input_size
    random = np.random.default_rng(0)
    coarse = random.uniform(0, 255, (_MADE_UP - 2, 12, 12, 3)).astype(np.float32)
    smooth = tf.image.resize(coarse, (size, size), method="bicubic").numpy()
    plain = np.full((2, size, size, 3), 255.0, np.float32) * np.array([0.1, 0.9], np.float32).reshape(2, 1, 1, 1)
    frames = np.clip(np.concatenate([smooth, plain]), 0, 255).astype(np.uint8)
    return prepared(frames, _known_range(order, loaded) or (-1.0, 1.0), order, loaded)


def prepared(
    frames: NDArray[np.uint8], value_range: tuple[float, float], order: Order, loaded: Loaded
) -> NDArray[np.float32]:
    """Turn RGB bytes (n, size, size, 3) into what the model is given."""
    if order.reversed:
        frames = frames[..., ::-1]
    low, high = value_range
    said = order.value_range is not None
    mean = order.mean if said or loaded.mean is None else loaded.mean
    std = order.std if said or loaded.std is None else loaded.std
    scaled = frames.astype(np.float32) * np.float32((high - low) / 255.0) + np.float32(low)
    values = (scaled - np.asarray(mean, np.float32)) / np.asarray(std, np.float32)
    ordered = values.transpose(0, 3, 1, 2) if loaded.description.layout == "NCHW" else values
    return np.ascontiguousarray(ordered, np.float32)


def _range(path: Path, order: Order, loaded: Loaded) -> tuple[float, float]:
    known = _known_range(order, loaded)
    if known is None:
        raise ModelError(f"samples {path} are pictures, and it is not known what this model makes of them; give a card")
    return known


def _known_range(order: Order, loaded: Loaded) -> tuple[float, float] | None:
    if order.value_range is not None:
        low, high = order.value_range
        return low, high
    if loaded.value_range is not None:
        return loaded.value_range
    if loaded.description.rescaling is not None:
        return 0.0, 255.0
    try:
        return infer_card(loaded.description, name="model", file="model", sha256="0" * 64, source="model").value_range
    except ModelError:
        return None


def _pictures(folder: Path, size: int) -> NDArray[np.uint8]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS and path.is_file())
    frames = []
    for path in paths[:: -(-len(paths) // _MOST_SAMPLES) or 1]:
        if path.stat().st_size > _LARGEST_PICTURE:
            continue
        try:
            picture = tf.io.decode_image(path.read_bytes(), channels=3, expand_animations=False)
        except tf.errors.InvalidArgumentError:
            continue  # one that is damaged is no loss
        resized = tf.image.resize(picture, (size, size), antialias=True)
        frames.append(np.clip(np.rint(resized.numpy()), 0, 255).astype(np.uint8))
    if not frames:
        raise ModelError(f"folder {folder} has no JPEG, PNG, GIF or BMP pictures to calibrate with")
    return np.stack(frames)
