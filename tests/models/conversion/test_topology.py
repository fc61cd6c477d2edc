"""Descriptions of any age become today's, and what is not Keras' own is refused before Keras sees it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.topology import modernise
from tests.models.conversion.conftest import Document, entry, functional, small

OLD, NEW = "2.2.4", "3.15.1"


def layers_of(document: Document, version: str = OLD) -> dict[str, Document]:
    return {layer["name"]: layer for layer in modernise(document, version, "x.h5").document["config"]["layers"]}


def refusal(document: Any, version: str = OLD) -> str:
    with pytest.raises(ModelError) as caught:
        modernise(document, version, "x.h5")
    text = str(caught.value)
    assert "\n" not in text
    assert "x.h5" in text
    return text


def lambda_layer() -> Document:
    return entry("Lambda", "evil", "input_1", function=["4wEAAAAAAAAA", None, None], function_type="lambda")


def sequential(*layers: Document) -> Document:
    return {"class_name": "Sequential", "name": "inner", "config": {"name": "inner", "layers": list(layers)}}


def test_a_lambda_is_refused_at_any_depth() -> None:
    inner = functional(entry("InputLayer", "input_9", batch_input_shape=[None, 4, 4, 3]), lambda_layer())
    assert "runs code from the file" in refusal(small(lambda_layer()))
    for document in (sequential(inner), sequential(sequential(sequential(lambda_layer())))):
        assert "'evil', a Lambda, which runs code from the file" in refusal(document)


@pytest.mark.parametrize(
    "kind", ["TFOpLambda", "TFSMLayer", "TorchModuleWrapper", "TensorFlowOpLayer", "SlicingOpLambda"]
)
def test_other_layers_that_bring_code_are_refused(kind: str) -> None:
    assert f"a {kind}, which runs code from the file" in refusal(small(entry(kind, "evil", "input_1")))


@pytest.mark.parametrize(
    "kind", ["MyLayer", "TextVectorization", "TimeDistributed", "StringLookup", "os.system", "LSTM"]
)
def test_layers_that_are_not_known_are_refused(kind: str) -> None:
    assert "not one of Keras' own layers for pictures" in refusal(small(entry(kind, "odd", "input_1")))


@pytest.mark.parametrize(
    ("module", "registered"),
    [("os", None), ("builtins.evil", None), ("kerasevil", None), (None, "Mine>Dense"), ("keras.layers", "Mine>Dense")],
)
def test_a_module_or_name_that_is_not_keras_own_is_refused(module: str | None, registered: str | None) -> None:
    layer = {**entry("Activation", "a", "input_1", activation="relu"), "module": module, "registered_name": registered}
    assert "not Keras' own; it is not loaded" in refusal(small(layer), NEW)


@pytest.mark.parametrize(
    "activation",
    [
        "evil",
        {"class_name": "__lambda__", "config": {"value": ["4wEA", None, None]}},
        {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"},
        {"module": "builtins", "class_name": "function", "config": "exec", "registered_name": "exec"},
    ],
)
def test_functions_that_are_not_keras_own_are_refused(activation: Any) -> None:
    refusal(small(entry("Activation", "a", "input_1", activation=activation)), NEW)


def test_objects_among_the_settings_are_refused() -> None:
    evil = {"class_name": "__lambda__", "config": {"value": "4wEA"}}
    for setting in (evil, [evil], {"deep": [evil]}, {"module": "os", "class_name": "system", "config": {}}):
        refusal(small(entry("Rescaling", "r", "input_1", scale=setting)), NEW)
    node = {"args": [evil], "kwargs": {}}
    refusal(small({**entry("Activation", "a", activation="relu"), "inbound_nodes": [node]}), NEW)
    node = {"args": [], "kwargs": {"mask": evil}}
    refusal(small({**entry("Activation", "a", activation="relu"), "inbound_nodes": [node]}), NEW)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"class_name": "Model"},
        {"class_name": "Model", "config": {}},
        {"class_name": "Model", "config": {"layers": 3, "input_layers": [], "output_layers": []}},
        {"class_name": "Sequential", "config": {"layers": [3]}},
        {"class_name": "Sequential", "config": {"name": "s", "layers": []}} | {"module": 3},
        {"class_name": ["Model"], "config": {}},
        small(entry("Dense", "d", "input_1", units=10**12)),
        small(entry("Rescaling", "r", "input_1", scale=float("nan"))),
        small(entry("DepthwiseConv2D", "d", "input_1", kernel_size=[3, 3], groups=2)),
    ],
)
def test_a_description_that_keras_did_not_write_is_one_line(document: Any) -> None:
    refusal(document)


def test_models_inside_models_end_somewhere() -> None:
    document = sequential(entry("Dense", "d", units=2, batch_input_shape=[None, 4]))
    for _ in range(40):
        document = sequential(document)
    assert "deep" in refusal(document)


def test_how_weights_start_and_training_are_left_out() -> None:
    initialiser = {"class_name": "Mine", "config": {}}
    document = small(
        entry(
            "Dense",
            "d",
            "input_1",
            units=2,
            kernel_initializer=initialiser,
            kernel_regularizer={"class_name": "L1L2", "config": {"l1": 0.0}},
            bias_constraint=None,
            dtype={"class_name": "Policy", "config": {"name": "mixed_float16"}},
        )
    )
    text = json.dumps(modernise({**document, "compile_config": {"loss": "mine"}}, OLD, "x.h5").document)
    assert "Mine" not in text
    assert "L1L2" not in text
    assert "compile" not in text
    assert "float16" not in text


def test_settings_of_older_versions_become_todays() -> None:
    found = layers_of(
        small(
            entry("ReLU", "r", "input_1", max_value={"type": "ndarray", "value": 6.0}),
            entry("BatchNormalizationV1", "b", "r", axis=[3], fused=True, renorm=False, epsilon=1e-3),
            entry("DepthwiseConv2D", "d", "b", kernel_size={"class_name": "__tuple__", "items": [3, 3]}, groups=1),
            entry("Activation", "a", "d", activation="softmax_v2"),
        )
    )
    assert found["r"]["config"]["max_value"] == 6.0
    assert found["b"]["class_name"] == "BatchNormalization"
    assert found["b"]["config"] == {"name": "b", "axis": 3, "epsilon": 1e-3}
    assert found["d"]["config"]["kernel_size"] == [3, 3]
    assert "groups" not in found["d"]["config"]
    assert found["a"]["config"]["activation"] == "softmax"
    assert found["input_1"]["config"]["batch_shape"] == [None, 8, 8, 3]


def test_sums_between_layers_become_layers() -> None:
    def between(name: str, function: str, before: str, y: Any) -> Document:
        layer = entry("TFOpLambda", name, trainable=True, dtype="float32", function=function)
        return {**layer, "inbound_nodes": [[before, 0, 0, {"y": y, "name": None}]]}

    found = layers_of(
        small(
            between("tf.math.truediv", "math.truediv", "input_1", 127.5),
            between("tf.math.subtract", "math.subtract", "tf.math.truediv", 1.0),
        )
    )
    assert found["tf.math.truediv"]["class_name"] == found["tf.math.subtract"]["class_name"] == "Rescaling"
    assert found["tf.math.truediv"]["config"] == {"name": "tf.math.truediv", "scale": 1 / 127.5, "offset": 0.0}
    assert found["tf.math.subtract"]["config"] == {"name": "tf.math.subtract", "scale": 1.0, "offset": -1.0}
    assert found["tf.math.subtract"]["inbound_nodes"] == [[["tf.math.truediv", 0, 0, {}]]]
    for function, y in (
        ("math.truediv", 0),
        ("math.add", ["input_1", 0, 0]),
        ("io.write_file", 1.0),
        ("math.add", "x"),
    ):
        assert "a TFOpLambda, which runs code" in refusal(small(between("f", function, "input_1", y)))


def test_layers_for_training_alone_do_nothing() -> None:
    layer = {**entry("RandomFlip", "flip", "input_1", mode="horizontal", rng_type="stateful")}
    layer["inbound_nodes"] = [[["input_1", 0, 0, {"training": False}]]]
    found = layers_of(small(layer, entry("Dropout", "drop", "flip", rate=0.5)))
    assert found["flip"]["class_name"] == found["drop"]["class_name"] == "Identity"
    assert found["flip"]["inbound_nodes"] == [[["input_1", 0, 0, {}]]]


def test_names_with_slashes_are_changed_wherever_they_stand() -> None:
    found = layers_of(small(entry("ReLU", "Conv/relu", "input_1"), entry("ReLU", "b", "Conv/relu")))
    assert found["Conv>relu"]["config"]["name"] == "Conv>relu"
    assert found["b"]["inbound_nodes"] == [[["Conv>relu", 0, 0, {}]]]


def test_names_from_a_file_cannot_move_a_terminals_cursor() -> None:
    text = refusal(small(entry("Evil\n\x1b[2J" + "x" * 500, "a\nb\x1b", "input_1")))
    assert "\x1b" not in text
    assert len(text) < 400


def test_the_hard_sigmoid_of_keras_2_is_told_from_that_of_keras_3() -> None:
    document = small(entry("Activation", "a", "input_1", activation="hard_sigmoid"))
    assert modernise(document, OLD, "x.h5").hard_sigmoids == {"a"}
    assert modernise(document, NEW, "x.h5").hard_sigmoids == set()


def test_a_function_is_told_from_the_layer_of_the_same_name() -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 8, 8, 3], "dtype": "float32"}}
    tensor["config"]["keras_history"] = ["input_1", 0, 0]
    function = {**entry("Add", "f"), "inbound_nodes": [{"args": [tensor, 3.0], "kwargs": {}}]}
    layer = {**entry("Add", "l", trainable=True), "inbound_nodes": [{"args": [[tensor, tensor]], "kwargs": {}}]}
    found = layers_of(small(function, layer), NEW)
    assert found["f"]["module"] == "keras.src.ops.numpy"
    assert found["l"]["module"] == "keras.layers"


def test_a_sequential_gets_the_input_of_the_model_within() -> None:
    inner = functional(
        entry("InputLayer", "input_1", batch_input_shape=[None, 96, 96, 3]), entry("ReLU", "r", "input_1"), name="base"
    )
    document = sequential(inner, entry("Dense", "d", units=2, activation="softmax"))
    first = modernise(document, OLD, "x.h5").document["config"]["layers"][0]
    assert first["class_name"] == "InputLayer"
    assert first["config"]["batch_shape"] == [None, 96, 96, 3]
    assert "shape its input has" in refusal(sequential(entry("Dense", "d", units=2)))
