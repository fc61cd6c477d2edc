from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from geacc_proxy.exceptions import GeaccError, ModelError
from geacc_proxy.lab.training.backbones import BACKBONES
from geacc_proxy.models.registry import find
from tests.lab.training.samples import benign, malign

pytestmark = [pytest.mark.xdist_group("tensorflow-training"), pytest.mark.usefixtures("tensorflow")]

FACTS = BACKBONES["mobilenet_v2"]


@pytest.fixture(scope="module")
def frames() -> NDArray[np.uint8]:
    random = np.random.default_rng(3)
    return np.stack([draw(random, 224) for draw in (benign, malign, benign, malign)])


@pytest.fixture(scope="module")
def embedded_features(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the embedded model's own file computes after its pooling, by LiteRT."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(find().path), experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    (pooled,) = [one["index"] for one in interpreter.get_tensor_details() if [*one["shape"]] == [1, 1, 1, 1280]]
    found = []
    for frame in frames:
        interpreter.set_tensor(0, frame[np.newaxis].astype(np.float32) / 255)
        interpreter.invoke()
        found.append(interpreter.get_tensor(pooled).ravel())
    return np.array(found)


def default_network(size: int = 224) -> tuple[Any, Any]:
    from geacc_proxy.lab.training.network import build
    from geacc_proxy.lab.training.weights import InitialWeights

    weights = InitialWeights("default", FACTS, size, 1.0)
    network, base = build(FACTS, size, 1.0, 2, scaled_to_one=weights.scaled_to_one)
    weights.put_into(base)
    return network, base


def test_default_weights_compute_the_embedded_models_features(
    frames: NDArray[np.uint8], embedded_features: NDArray[np.float32]
) -> None:
    _, base = default_network()
    found = np.asarray(base(frames.astype(np.float32), training=False))
    assert embedded_features.max() > 1
    np.testing.assert_allclose(found, embedded_features, atol=2e-4)


def test_restated_statistics_change_nothing_and_hold_in_training_too(
    frames: NDArray[np.uint8], embedded_features: NDArray[np.float32]
) -> None:
    from geacc_proxy.lab.training.network import freeze, restate_statistics

    pictures = frames.astype(np.float32)
    _, made_up = default_network()
    freeze(made_up, 30, 10)
    assert np.abs(np.asarray(made_up(pictures, training=True)) - embedded_features).max() > 0.1
    network, base = default_network()
    freeze(base, 30, 10)
    restate_statistics(base, network, pictures)
    for training in (False, True):
        np.testing.assert_allclose(np.asarray(base(pictures, training=training)), embedded_features, atol=2e-3)


def trained_layers(unfrozen: int) -> list[str]:
    from geacc_proxy.lab.training.network import build, freeze

    _, base = build(FACTS, 32, 0.35, 2, scaled_to_one=False)
    freeze(base, unfrozen, 100)
    return [layer.name for layer in base.layers if layer.trainable]


def test_the_top_layers_are_trained_as_in_geaccs_script() -> None:
    # base_model.layers[-30:], of which the pooling is one: the last three blocks and what follows them.
    assert len(trained_layers(30)) == 30
    assert trained_layers(30)[0] == "block_14_expand"
    assert trained_layers(30)[-1].startswith("global_average_pooling")
    assert trained_layers(0) == []
    assert len(trained_layers(-1)) == len(trained_layers(10_000)) == 155


def test_normalisations_remember_about_an_epoch() -> None:
    from geacc_proxy.lab.training.network import build, freeze

    _, base = build(FACTS, 32, 0.35, 2, scaled_to_one=False)
    freeze(base, 30, 50)
    assert base.get_layer("Conv_1_bn").momentum == pytest.approx(0.98)
    assert base.get_layer("bn_Conv1").momentum == 0.999


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0", "inception_v3"])
def test_every_backbone_gives_a_score_for_each_class(name: str) -> None:
    from geacc_proxy.lab.training.network import build

    facts = BACKBONES[name]
    network, _ = build(facts, facts.smallest, 1.0, 3, scaled_to_one=False)
    scores = np.asarray(network(np.zeros((1, facts.smallest, facts.smallest, 3), np.float32), training=False))
    assert scores.shape == (1, 3)
    assert scores.sum() == pytest.approx(1)


def test_efficientnet_sees_pixels_less_imagenets_mean_over_its_deviation() -> None:
    import keras

    from geacc_proxy.lab.training.network import build

    network, _ = build(BACKBONES["efficientnet_b0"], 32, 1.0, 2, scaled_to_one=False)
    normalisation = next(layer for layer in network.layers if isinstance(layer, keras.layers.Normalization))
    seen = keras.Model(network.inputs[0], normalisation.output)(np.full((1, 32, 32, 3), 255, np.float32))
    expected = (1 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    np.testing.assert_allclose(np.asarray(seen)[0, 0, 0], expected, rtol=1e-4)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_saved_efficientnet_computes_what_it_did_before(tmp_path: Path, ending: str) -> None:
    import keras

    from geacc_proxy.lab.training.network import build

    network, _ = build(BACKBONES["efficientnet_b0"], 32, 1.0, 2, scaled_to_one=False)
    network.save(tmp_path / f"model{ending}")
    loaded = keras.models.load_model(tmp_path / f"model{ending}", compile=False)
    picture = benign(np.random.default_rng(0), 32)[np.newaxis].astype(np.float32)
    features = [
        np.asarray(keras.Model(one.input, one.layers[-2].output)(picture, training=False)) for one in (network, loaded)
    ]
    assert features[0].std() > 0
    np.testing.assert_allclose(features[1], features[0], atol=1e-5)


@pytest.mark.parametrize("ending", [".keras", ".h5", "_no_top.h5"])
def test_weights_out_of_a_file_are_put_in_place(tmp_path: Path, ending: str) -> None:
    from geacc_proxy.lab.training.network import build
    from geacc_proxy.lab.training.weights import InitialWeights

    network, base = build(FACTS, 32, 0.35, 5, scaled_to_one=ending == ".keras")
    path = tmp_path / f"model{ending}"
    (base if ending == "_no_top.h5" else network).save(path)
    weights = InitialWeights(str(path), FACTS, 32, 0.35)
    assert weights.scaled_to_one is (ending == ".keras")
    _, other = build(FACTS, 32, 0.35, 2, scaled_to_one=False)
    weights.put_into(other)
    for one, wanted in zip(other.get_weights(), base.get_weights(), strict=True):
        np.testing.assert_array_equal(one, wanted)


def test_layers_of_other_names_are_taken_in_their_order(tmp_path: Path) -> None:
    import h5py

    from geacc_proxy.lab.training.network import build
    from geacc_proxy.lab.training.weights import InitialWeights

    _, base = build(FACTS, 32, 0.35, 2, scaled_to_one=False)
    layers = [layer for layer in base.layers if layer.weights]
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["layer_names"] = [f"old_{number}".encode() for number in range(len(layers))]
        for number, layer in enumerate(layers):
            group = file.create_group(f"old_{number}")
            group.attrs["weight_names"] = [f"w{place}:0".encode() for place in range(len(layer.get_weights()))]
            for place, array in enumerate(layer.get_weights()):
                group[f"w{place}:0"] = array
    _, other = build(FACTS, 32, 0.35, 2, scaled_to_one=False)
    InitialWeights(str(tmp_path / "old.h5"), FACTS, 32, 0.35).put_into(other)
    np.testing.assert_array_equal(other.get_weights()[0], base.get_weights()[0])
    np.testing.assert_array_equal(other.get_weights()[-1], base.get_weights()[-1])


def test_weights_of_another_network_are_refused_in_one_line(tmp_path: Path) -> None:
    from geacc_proxy.lab.training.network import build
    from geacc_proxy.lab.training.weights import InitialWeights

    build(FACTS, 32, 0.5, 2, scaled_to_one=False)[0].save(tmp_path / "wide.h5")
    build(BACKBONES["mobilenet_v3_small"], 32, 1.0, 2, scaled_to_one=False)[0].save(tmp_path / "small.h5")
    _, base = build(FACTS, 32, 0.35, 2, scaled_to_one=False)
    for name, message in (
        ("wide.h5", "its layer 'block_1_project' has weights of the shapes"),
        ("small.h5", "the weights of 87 layers"),
    ):
        with pytest.raises(ModelError, match=message) as caught:
            InitialWeights(str(tmp_path / name), FACTS, 32, 0.35).put_into(base)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nowhere.h5", None, "no such file, and none of the words imagenet, default, none"),
        ("weights.pt", b"torch", r"it must end in \.h5, \.hdf5 or \.keras"),
        ("broken.h5", b"not HDF5", "it cannot be read as weights"),
        ("broken.keras", b"not a zip", "it cannot be read as weights"),
    ],
)
def test_a_file_that_holds_no_weights_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    from geacc_proxy.lab.training.weights import InitialWeights

    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=message) as caught:
        InitialWeights(str(tmp_path / name), FACTS, 32, 0.35)
    assert "\n" not in str(caught.value)


def test_imagenet_weights_that_cannot_be_fetched_are_one_line_with_a_way_out(
    tensorflow: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    from geacc_proxy.lab.training.weights import InitialWeights

    def fail(**_: object) -> None:
        raise Exception("URL fetch failure on https://example.org/weights.h5: None --\n[Errno -2] Name not known")

    monkeypatch.setattr(keras.applications, "MobileNetV2", fail)
    with pytest.raises(GeaccError) as caught:
        InitialWeights("imagenet", FACTS, 224, 1.0)
    assert str(caught.value).startswith("ImageNet weights for mobilenet_v2 could not be fetched (URL fetch failure")
    assert str(caught.value).endswith("give --weights FILE, default (the embedded model's) or none")
    assert "\n" not in str(caught.value)
