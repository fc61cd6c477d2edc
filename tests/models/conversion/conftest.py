"""Models in the layouts that are read, small ones, and TensorFlow kept quiet."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

# Before any import of TensorFlow: quiet, and the same sums on every processor.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "tests" / "data"
GROUP = pytest.mark.xdist_group("tensorflow-conversion")

Document = dict[str, Any]


@pytest.fixture(scope="session")
def maker() -> ModuleType:
    """tools/make_keras_2019_fixture.py, which knows the layout of 2019 and computes without any Keras."""
    spec = importlib.util.spec_from_file_location("make_keras_2019_fixture", ROOT / "tools/make_keras_2019_fixture.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def stored_scores() -> dict[str, list[list[float]]]:
    scores: dict[str, list[list[float]]] = json.loads((DATA / "geacc-2019-scores.json").read_text(encoding="utf-8"))
    return scores


@pytest.fixture(scope="session")
def frames_2019(maker: ModuleType) -> Callable[[int], NDArray[np.uint8]]:
    """The pictures whose scores are stored, by size."""

    def frames(size: int) -> NDArray[np.uint8]:
        made: NDArray[np.uint8] = maker.pictures(size)
        return made

    return frames


def entry(kind: str, name: str, before: str | None = None, **config: Any) -> Document:
    """A layer of a functional model as Keras 2 wrote it."""
    nodes = [[[before, 0, 0, {}]]] if before else []
    return {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": nodes}


def functional(*layers: Document, name: str = "model_1") -> Document:
    """A functional model as Keras 2 wrote it, from its first layer to its last."""
    ends = [[layers[0]["name"], 0, 0]], [[layers[-1]["name"], 0, 0]]
    return {
        "class_name": "Model",
        "config": {"name": name, "layers": list(layers), "input_layers": ends[0], "output_layers": ends[1]},
    }


def small(*between: Document, size: int | None = 8, end: str = "softmax") -> Document:
    """A functional model: input, the given layers, average, two scores."""
    before = between[-1]["name"] if between else "input_1"
    return functional(
        entry("InputLayer", "input_1", batch_input_shape=[None, size, size, 3], dtype="float32", sparse=False),
        *between,
        entry("GlobalAveragePooling2D", "pool", before, data_format="channels_last"),
        entry("Dense", "dense_1", "pool", units=2, activation=end, use_bias=True),
    )


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "scratch"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []
