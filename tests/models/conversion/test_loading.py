"""Models of all kinds load, predict as they did, and say what they are."""

from __future__ import annotations

import json
import marshal
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion import recognise
from tests.models.conversion.conftest import DATA, GROUP, Document, entry, functional, small

pytestmark = GROUP

TOLERANCE = 1e-4


@pytest.fixture
def load(scratch: Path) -> Callable[..., Any]:
    from geacc_proxy.models.conversion.loading import load as load_source

    return lambda path, size=None: load_source(recognise(path), scratch, size)


@pytest.fixture(scope="module")
def keras() -> Any:
    import keras

    keras.utils.set_random_seed(7)
    return keras


def noise(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(3).uniform(-1, 1, shape).astype(np.float32)


def write_hdf5(path: Path, document: Document, groups: dict[str, dict[str, Any]], version: str = "2.2.4") -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = version.encode()
        file.attrs["model_config"] = json.dumps(document).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in groups]
        for name, weights in groups.items():
            inner = group.create_group(name)
            inner.attrs["weight_names"] = [weight.encode() for weight in weights]
            for weight, value in weights.items():
                inner.create_dataset(weight, data=np.asarray(value, np.float32))
    return path


DENSE = {"dense_1": {"dense_1/kernel:0": np.ones((3, 2)), "dense_1/bias:0": [0.25, -0.25]}}


@pytest.mark.parametrize("form", ["functional", "sequential"])
def test_a_file_of_2019_predicts_as_it_did(
    form: str,
    load: Callable[..., Any],
    stored_scores: dict[str, list[list[float]]],
    frames_2019: Callable[[int], NDArray[np.uint8]],
) -> None:
    path = DATA / f"geacc-2019-{form}.h5"
    model = load(path)
    description = model.description
    frames = frames_2019(description.input_size)
    scores = model.predict(frames.astype(np.float32) / 127.5 - 1)
    assert np.abs(scores - np.array(stored_scores[path.name])).max() < TOLERANCE
    assert (description.architecture, description.outputs, description.activation) == ("mobilenet_v2", 2, "softmax")
    assert description.rescaling is None


def test_a_model_called_as_a_layer_is_found_by_keras_2s_way_of_counting(
    tmp_path: Path, load: Callable[..., Any], maker: ModuleType
) -> None:
    shape = maker.Shape(size=64, blocks=3)
    wanted = maker.write(tmp_path / "nested.h5", "nested", shape)
    model = load(tmp_path / "nested.h5")
    assert np.abs(model.predict(maker.pictures(64).astype(np.float32) / 127.5 - 1) - wanted).max() < TOLERANCE


def test_the_fixtures_are_what_the_tool_writes(tmp_path: Path, maker: ModuleType) -> None:
    maker.write(tmp_path / "again.h5", "functional", maker.Shape())
    with h5py.File(tmp_path / "again.h5") as again, h5py.File(DATA / "geacc-2019-functional.h5") as kept:
        assert dict(again.attrs) == dict(kept.attrs)
        names: list[str] = []
        kept.visit(names.append)
        for name in names:
            if isinstance(kept[name], h5py.Dataset):
                assert np.allclose(again[name][()], kept[name][()], atol=1e-5)


@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_a_model_of_todays_keras_predicts_as_keras_does(
    ending: str, tmp_path: Path, keras: Any, load: Callable[..., Any]
) -> None:
    layers = keras.layers
    begin = keras.Sequential([layers.Input((24, 24, 3)), layers.RandomFlip(), layers.Rescaling(1 / 127.5, -1.0)])
    inner_in = keras.Input((24, 24, 3))
    inner = keras.Model(inner_in, layers.BatchNormalization()(layers.Conv2D(4, 3, activation="relu6")(inner_in)))
    inputs = keras.Input((24, 24, 3))
    x = inner(begin(inputs), training=False)
    x = layers.Multiply()([x, layers.ReLU(6.0)(x + 3.0) * (1.0 / 6.0)])  # MobileNetV3's functions between layers
    x = layers.MultiHeadAttention(2, 4)(x_flat := layers.Reshape((22 * 22, 4))(x), x_flat)
    x = layers.Dense(5, activation="sigmoid")(layers.GlobalAveragePooling1D()(x))
    model = keras.Model(inputs, layers.Flatten()(x))
    model.compile("adam", "mse")
    pictures = np.abs(noise(3, 24, 24, 3)) * 255
    wanted = model.predict(pictures, verbose=0)
    path = tmp_path / f"model.{ending}"
    model.save(path)

    loaded = load(path)
    assert np.abs(loaded.predict(pictures) - wanted).max() < 1e-6
    assert (loaded.description.activation, loaded.description.outputs) == ("sigmoid", 5)
    low, high = loaded.description.rescaling
    assert (round(low, 5), round(high, 5)) == (-1.0, 1.0)


def test_what_normalization_learned_is_read(tmp_path: Path, keras: Any, load: Callable[..., Any]) -> None:
    layers = keras.layers
    layer = layers.Normalization()
    layer.adapt(np.array([[0.1, 0.2, 0.3], [0.7, 0.9, 0.4]], np.float32))
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(
        inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(layer(layers.Rescaling(1 / 255)(inputs))))
    )
    model.save(tmp_path / "model.h5")
    pictures = np.abs(noise(2, 8, 8, 3)) * 255
    loaded = load(tmp_path / "model.h5")
    assert np.abs(loaded.predict(pictures) - model.predict(pictures, verbose=0)).max() < 1e-5
    assert loaded.description.activation == "linear"
    assert loaded.description.rescaling is not None


def test_a_tensorflow_js_model_predicts_as_its_keras_original(
    tmp_path: Path, keras: Any, load: Callable[..., Any], maker: ModuleType
) -> None:
    shape = maker.Shape(size=48, blocks=2)
    wanted = maker.write(tmp_path / "x.h5", "functional", shape)
    names, content = [], b""
    with h5py.File(tmp_path / "x.h5") as file:
        document = json.loads(file.attrs["model_config"])
        for layer in file["model_weights"].values():
            for name in layer.attrs["weight_names"]:
                value = layer[name][()]
                names.append({"name": str(name).split(":")[0], "shape": list(value.shape), "dtype": "float32"})
                content += value.astype("<f4").tobytes()
    order = np.random.default_rng(1).permutation(len(names))  # the converter sorts them its own way
    starts = np.cumsum([0, *(4 * int(np.prod(one["shape"])) for one in names)])
    mixed = b"".join(content[starts[i] : starts[i + 1]] for i in order)
    (tmp_path / "group1-shard1of1").write_bytes(mixed)
    manifest = [{"paths": ["group1-shard1of1"], "weights": [names[i] for i in order]}]
    topology = {"keras_version": "2.2.4", "backend": "tensorflow", "model_config": document}
    (tmp_path / "model.json").write_text(json.dumps({"modelTopology": topology, "weightsManifest": manifest}))

    model = load(tmp_path)
    assert np.abs(model.predict(maker.pictures(48).astype(np.float32) / 127.5 - 1) - wanted).max() < TOLERANCE
    manifest[0]["weights"][0]["name"] = "other/kernel"
    (tmp_path / "model.json").write_text(json.dumps({"modelTopology": topology, "weightsManifest": manifest}))
    with pytest.raises(ModelError, match="do not fit"):
        load(tmp_path)


def test_a_layer_whose_name_has_a_slash_gets_its_weights(tmp_path: Path, load: Callable[..., Any]) -> None:
    layer = entry("Conv2D", "Conv/one", "input_1", filters=3, kernel_size=[1, 1], use_bias=True)
    inner = functional(entry("InputLayer", "input_1", batch_input_shape=[None, 8, 8, 3]), layer, name="inner")
    kernel, picture = np.eye(3).reshape(1, 1, 3, 3) * 2, np.full((1, 8, 8, 3), 0.5, np.float32)
    weights = {"Conv/one/kernel:0": kernel, "Conv/one/bias:0": [0.0, 0.0, 1.0]}
    outer = functional(
        entry("InputLayer", "input_2", batch_input_shape=[None, 8, 8, 3]),
        {**inner, "name": "inner", "inbound_nodes": [[["input_2", 0, 0, {}]]]},
        {**entry("GlobalAveragePooling2D", "pool"), "inbound_nodes": [[["inner", 1, 0, {}]]]},
    )
    for document, groups in ((small(layer, end="linear"), {"Conv/one": weights, **DENSE}), (outer, {"inner": weights})):
        found = load(write_hdf5(tmp_path / "x.h5", document, groups)).predict(picture)
        wanted = [[4.25, 3.75]] if document is not outer else [[1.0, 1.0, 2.0]]
        assert np.allclose(found, wanted)


def test_keras_2s_hard_sigmoid_is_computed_as_then(tmp_path: Path, load: Callable[..., Any]) -> None:
    picture = np.full((1, 8, 8, 3), 0.5, np.float32)
    sums = 1.5 + np.array([0.25, -0.25])
    for version, wanted in (("2.2.4", sums / 5 + 0.5), ("3.15.1", (sums + 3) / 6)):
        path = write_hdf5(tmp_path / "x.h5", small(end="hard_sigmoid"), DENSE, version)
        assert np.allclose(load(path).predict(picture), wanted)


def odd_models() -> dict[str, tuple[Document, str]]:
    pair = small()
    one = entry("InputLayer", "i2", batch_input_shape=[None, 8, 8, 3])
    pair["config"]["layers"].append(one)
    pair["config"]["input_layers"].append(["i2", 0, 0])
    two = small()
    two["config"]["output_layers"].append(["pool", 0, 0])
    wide = small()
    wide["config"]["layers"][0]["config"]["batch_input_shape"] = [None, 8, 6, 3]
    grey = small()
    grey["config"]["layers"][0]["config"]["batch_input_shape"] = [None, 8, 8, 1]
    flat = small()
    flat["config"]["layers"][0]["config"]["batch_input_shape"] = [None, 192]
    maps = functional(*small(entry("ReLU", "r", "input_1"))["config"]["layers"][:2])
    return {
        "any size": (small(size=None), "pictures of any size; a card beside it must say which"),
        "two inputs": (pair, "2 inputs and 1 outputs"),
        "two outputs": (two, "1 inputs and 2 outputs"),
        "no square": (wide, r"takes \(8, 6, 3\); it must take squares"),
        "grey": (grey, r"takes \(8, 8, 1\); it must take pictures"),
        "no picture": (flat, "cannot be built"),
        "no scores": (maps, r"answers with \(8, 8, 3\)"),
    }


@pytest.mark.parametrize("what", sorted(odd_models()))
def test_what_does_not_judge_pictures_is_refused(what: str, tmp_path: Path, load: Callable[..., Any]) -> None:
    document, part = odd_models()[what]
    groups = {"dense_1": {"dense_1/kernel:0": np.ones((1 if what == "grey" else 3, 2)), "dense_1/bias:0": [0, 0]}}
    with pytest.raises(ModelError, match=part) as caught:
        load(write_hdf5(tmp_path / "x.h5", document, {} if what == "no scores" else groups))
    assert "\n" not in str(caught.value)


def test_weights_that_do_not_fit_are_named(tmp_path: Path, load: Callable[..., Any]) -> None:
    for groups in (
        {},
        {"dense_1": {"dense_1/kernel:0": np.ones((3, 2))}},
        {"dense_1": {"dense_1/kernel:0": np.ones((2, 3)), "dense_1/bias:0": [0.0, 0.0]}},
    ):
        with pytest.raises(ModelError, match="layer 'dense_1' takes 2 weights"):
            load(write_hdf5(tmp_path / "x.h5", small(), groups))


def test_the_size_of_a_model_of_any_size_can_be_given(tmp_path: Path, load: Callable[..., Any]) -> None:
    path = write_hdf5(tmp_path / "x.h5", small(size=None), DENSE)
    model = load(path, 12)
    assert (model.shape, model.any_size, model.description.input_size) == ((12, 12, 3), True, 12)


def test_a_lambda_that_would_write_a_file_writes_none(tmp_path: Path, load: Callable[..., Any]) -> None:
    trace = tmp_path / "trace"
    code = compile(f"open({str(trace)!r}, 'w').close()", "evil", "exec")
    function = [b64encode(marshal.dumps(code)).decode(), None, None]
    layer = entry("Lambda", "evil", "input_1", function=function, function_type="lambda", arguments={})
    path = write_hdf5(tmp_path / "x.h5", small(layer), DENSE)
    with pytest.raises(ModelError, match="'evil', a Lambda, which runs code from the file; it is not loaded"):
        load(path)
    assert not trace.exists()


def test_a_lambda_in_a_keras_file_writes_none(tmp_path: Path, keras: Any, load: Callable[..., Any]) -> None:
    trace = tmp_path / "trace"
    name = str(trace)

    def write(y: Any) -> Any:
        Path(name).touch()
        return y

    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Lambda(lambda y: (write(y), y)[1], output_shape=(8, 8, 3))(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(x)))
    trace.unlink(missing_ok=True)
    path = tmp_path / "x.keras"
    model.save(path)
    with pytest.raises(ModelError, match="a Lambda, which runs code from the file; it is not loaded"):
        load(path)
    assert not trace.exists()
