"""TensorFlow.js layers models: shards, quantisation, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.tfjs import read_tfjs
from tests.models.conversion.conftest import small


def write(folder: Path, content: bytes, *weights: dict[str, Any], cut: int = 5, **topology: Any) -> Path:
    """Write a model whose weights lie in two shards, cut in the middle of a number."""
    folder.mkdir(exist_ok=True)
    names = ["group1-shard1of2", "group1-shard2of2.bin"]
    (folder / names[0]).write_bytes(content[:cut])
    (folder / names[1]).write_bytes(content[cut:])
    document = {
        "modelTopology": topology or {"keras_version": "2.2.4", "model_config": small()},
        "weightsManifest": [{"paths": names, "weights": list(weights)}],
    }
    path = folder / "model.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def weight(name: str, shape: list[int], quantised: dict[str, Any] | None = None) -> dict[str, Any]:
    more = {"quantization": quantised} if quantised else {}
    return {"name": name, "shape": shape, "dtype": "float32", **more}


def test_numbers_are_read_as_they_were_stored(tmp_path: Path) -> None:
    exact = np.array([[1.5, -2.25, 1e-20]], "<f4")
    bytes_ = np.array([0, 128, 255], np.uint8)
    words = np.array([0, 40_000], "<u2")
    halves = np.array([0.5, 65504], "<f2")
    path = write(
        tmp_path,
        exact.tobytes() + bytes_.tobytes() + words.tobytes() + halves.tobytes(),
        weight("a/kernel", [1, 3]),
        weight("b/kernel", [3], {"scale": 0.5, "min": -3.0, "dtype": "uint8"}),
        weight("c/kernel", [2], {"scale": 0.001, "min": 1.0, "dtype": "uint16"}),
        weight("d/kernel", [2], {"dtype": "float16"}),
    )
    found = dict(read_tfjs(path).weights)
    assert np.array_equal(found["a/kernel"], exact)
    assert found["b/kernel"].tolist() == [-3.0, 61.0, 124.5]
    assert np.allclose(found["c/kernel"], [1.0, 41.0])
    assert found["d/kernel"].tolist() == [0.5, 65504.0]
    assert all(value.dtype == np.float32 for value in found.values())


def test_both_ways_to_write_the_topology_are_read(tmp_path: Path) -> None:
    one = read_tfjs(write(tmp_path / "one", b""))
    two = read_tfjs(write(tmp_path / "two", b"", **small()))
    assert one.document == two.document
    assert (one.version, two.version) == ("2.2.4", "")


@pytest.mark.parametrize(
    ("content", "weights", "part"),
    [
        (b"\0" * 11, [weight("a", [3])], "cut short"),
        (b"\0" * 13, [weight("a", [3])], "13 bytes, and it describes 12"),
        (b"\0" * 12, [{**weight("a", [3]), "dtype": "string"}], "unknown way"),
        (b"\0" * 12, [{"name": "a"}], "unknown way"),
        (b"\0" * 12, [weight("a", [-3])], "cannot be"),
        (b"\0" * 12, [weight("a", [2**40, 2**40])], "cannot be"),
    ],
)
def test_weights_that_do_not_fit_are_one_line(
    tmp_path: Path, content: bytes, weights: list[dict[str, Any]], part: str
) -> None:
    with pytest.raises(ModelError, match=part) as caught:
        read_tfjs(write(tmp_path, content, *weights))
    assert "\n" not in str(caught.value)


def test_graph_models_and_strangers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="graph model; only layers models"):
        read_tfjs(write(tmp_path, b"", node=[]))
    with pytest.raises(ModelError, match="no modelTopology"):
        read_tfjs(write(tmp_path, b"", other=1))
