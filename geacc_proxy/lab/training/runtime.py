"""TensorFlow, imported quietly and set up so that runs repeat."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import logging
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any

from geacc_proxy import __version__
from geacc_proxy.exceptions import GeaccError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator

_DISTRIBUTIONS = {
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "keras": ("keras",),
    "numpy": ("numpy",),
    "pillow": ("pillow",),
}
_TENSOR_CORES = (7, 0)  # CUDA compute capability from which there are any


def require_extras() -> None:
    """Make sure that all is installed that a run needs, before anything takes time; nothing is imported.

    Raises:
        MissingExtraError: names the extra.
    """
    for package in ("tensorflow", "keras", "h5py"):
        if not _is_installed(package):
            raise MissingExtraError("training", "tensorflow")
    for package, what in (("matplotlib", "curves of a training run"), ("tensorboard", "logs for TensorBoard")):
        if not _is_installed(package):
            raise MissingExtraError(what, "lab")


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ValueError:  # a module that was put in place without a specification
        return False


def start_tensorflow(seed: int, precision: str) -> str:
    """Import TensorFlow and Keras without their chatter, and seed them.

    On a processor all operations are deterministic from here on. On a GPU they are not, since the deterministic ones
    take far longer there.

    Args:
        seed: of everything random.
        precision: `auto`, `float32` or `mixed_float16`; sets Keras' global policy.

    Returns:
        The policy, `float32` or `mixed_float16`.

    Raises:
        GeaccError: it is installed and cannot be loaded.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    logging.getLogger("absl").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"(keras|tensorflow)\b")
    try:
        with quiet():
            import keras
            import tensorflow as tf

            tf.constant(0)  # what is told of processors and drivers is told when the first thing is computed
    except Exception as error:
        raise GeaccError(f"TensorFlow cannot be loaded: {' '.join(str(error).split())[:300]}") from error
    keras.utils.set_random_seed(seed)
    devices = tf.config.list_physical_devices("GPU")
    if not devices:
        tf.config.experimental.enable_op_determinism()
    policy = _policy(tf, devices) if precision == "auto" else precision
    keras.config.set_dtype_policy(policy)
    return policy


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep libraries written in C from writing to standard error, which they do whatever their log levels are."""
    try:
        kept = os.dup(2)
    except OSError:  # there is none
        yield
        return
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def _policy(tf: Any, devices: list[Any]) -> str:
    capable = [
        tf.config.experimental.get_device_details(device).get("compute_capability", (0, 0)) for device in devices
    ]
    return "mixed_float16" if capable and min(capable) >= _TENSOR_CORES else "float32"


def versions() -> dict[str, str]:
    """Of what a run's result depends on, without importing it."""
    found = {"geacc-proxy": __version__}
    for package, distributions in _DISTRIBUTIONS.items():
        for distribution in distributions:
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                found[package] = importlib.metadata.version(distribution)
    return found
