"""What model files say of themselves, and how little a hostile one can do with that."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.describing import describe
from geacc_proxy.models.description import ModelDescription
from geacc_proxy.models.registry import InstalledModel
from tests.models import tiny

TINY = ModelDescription(tiny.SIZE, "NHWC", 2, "softmax", "")


def test_the_embedded_model_is_recognised(embedded: InstalledModel) -> None:
    assert describe(embedded.path) == ModelDescription(224, "NHWC", 5, "softmax", "mobilenet_v2")


@pytest.mark.parametrize("form", ["float32", "float16", "int8-inside", "int8", "uint8"])
def test_a_litert_file_is_described_however_its_numbers_are_kept(form: str) -> None:
    assert describe(tiny.DATA / f"tiny-{form}.tflite") == TINY


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({}, TINY),
        ({"batch": 1}, TINY),
        ({"kind": TensorProto.FLOAT16}, TINY),
        ({"layout": "NCHW"}, ModelDescription(tiny.SIZE, "NCHW", 2, "softmax", "")),
        ({"end": "logits"}, ModelDescription(tiny.SIZE, "NHWC", 2, "linear", "")),
        ({"end": "sigmoid"}, ModelDescription(tiny.SIZE, "NHWC", 1, "sigmoid", "")),
        ({"rescaling": (2.0, -10.0)}, ModelDescription(tiny.SIZE, "NHWC", 2, "softmax", "", (-10.0, 500.0))),
    ],
)
def test_an_onnx_file_is_described(tmp_path: Path, form: dict[str, Any], expected: ModelDescription) -> None:
    assert describe(tiny.saved(tiny.onnx_model(**form), tmp_path / "tiny.onnx")) == expected


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"outputs": 2}, ModelDescription(224, "NHWC", 2, "softmax", "mobilenet_v2")),
        ({"outputs": 2, "size": 96}, ModelDescription(96, "NHWC", 2, "softmax", "mobilenet_v2")),
        ({"outputs": 7, "layout": "NCHW"}, ModelDescription(224, "NCHW", 7, "softmax", "mobilenet_v2")),
        ({"outputs": 5, "inception": True, "size": 299}, ModelDescription(299, "NHWC", 5, "softmax", "inception_v3")),
    ],
)
def test_backbones_are_told_by_their_steps(tmp_path: Path, form: dict[str, Any], expected: ModelDescription) -> None:
    assert describe(tiny.saved(tiny.backbone(**form), tmp_path / "wide.onnx")) == expected


def test_a_backbone_with_a_step_more_is_another_one(tmp_path: Path) -> None:
    model = tiny.backbone(2)
    first = next(node for node in model.graph.node if node.op_type == "Conv")
    model.graph.node.append(helper.make_node("Conv", list(first.input), ["beside"], strides=[8, 8]))
    assert describe(tiny.saved(model, tmp_path / "wide.onnx")).architecture == ""


def test_weights_may_be_listed_among_the_inputs_as_old_files_do(tmp_path: Path) -> None:
    model = tiny.onnx_model()
    for weight in model.graph.initializer:
        model.graph.input.append(helper.make_tensor_value_info(weight.name, TensorProto.FLOAT, list(weight.dims)))
    assert describe(tiny.saved(model, tmp_path / "old.onnx")) == TINY


def test_numbers_may_be_steps_of_the_graph(tmp_path: Path) -> None:
    model = tiny.onnx_model(rescaling=(2.0, -10.0))
    for name, value in (("factor", 2.0), ("addend", -10.0)):
        weight = next(one for one in model.graph.initializer if one.name == name)
        model.graph.initializer.remove(weight)
        tensor = helper.make_tensor(name, TensorProto.FLOAT, [], [value])
        model.graph.node.insert(0, helper.make_node("Constant", [], [name], value=tensor))
    assert describe(tiny.saved(model, tmp_path / "tiny.onnx")).rescaling == (-10.0, 500.0)


@pytest.mark.parametrize(
    ("input_shape", "output_shape", "says"),
    [
        (["n", "h", "w", 3], ["n", 2], "takes pictures of any size; write a card that says which it shall be"),
        (["n", 32, 24, 3], ["n", 2], "takes (?, 32, 24, 3), no square pictures of three channels"),
        (["n", 32, 32, 1], ["n", 2], "takes (?, 32, 32, 1), no square pictures of three channels"),
        (["n", 3072], ["n", 2], "takes (?, 3072), no square pictures"),
        (["n", 32, 32, 3], ["n", "classes"], "answers with (?, ?), no list of numbers"),
        (["n", 32, 32, 3], [], "answers with (), no list of numbers"),
    ],
)
def test_what_is_no_model_of_pictures_is_refused(
    tmp_path: Path, input_shape: list[Any], output_shape: list[Any], says: str
) -> None:
    steps = [helper.make_node("Identity", ["picture"], ["scores"])]
    refused(tiny.saved(tiny.onnx_file(steps, {}, input_shape, output_shape), tmp_path / "odd.onnx"), says)


def test_a_litert_file_for_pictures_of_any_size_asks_for_a_card() -> None:
    refused(tiny.DATA / "tiny-float32-any-size.tflite", "takes pictures of any size; write a card")


def test_two_inputs_or_outputs_are_refused(tmp_path: Path) -> None:
    model = tiny.onnx_model()
    model.graph.output.append(helper.make_tensor_value_info("flat", TensorProto.FLOAT, ["n", 8]))
    refused(tiny.saved(model, tmp_path / "two.onnx"), "has 1 inputs and 2 outputs")


def test_arithmetic_with_a_number_for_each_channel_asks_for_a_card(tmp_path: Path) -> None:
    steps = [helper.make_node("Sub", ["picture", "means"], ["scores"])]
    model = tiny.onnx_file(steps, {"means": tiny.WEIGHTS["bias"][:3]}, [1, 32, 32, 3], [1, 2])
    refused(tiny.saved(model, tmp_path / "mean.onnx"), "begins with arithmetic that depends on more than one number")


@pytest.mark.parametrize(
    ("operator", "inputs", "expected"),
    [
        ("Sub", ["number", "picture"], (4.0, -251.0)),
        ("Div", ["picture", "number"], (0.0, 63.75)),
        ("Mul", ["number", "picture"], (0.0, 1020.0)),
    ],
)
def test_arithmetic_is_followed_whichever_side_the_picture_is_on(
    tmp_path: Path, operator: str, inputs: list[str], expected: tuple[float, float]
) -> None:
    steps = [helper.make_node(operator, inputs, ["x"]), helper.make_node("Relu", ["x"], ["scores"])]
    model = tiny.onnx_file(steps, {"number": [4.0]}, [1, 32, 32, 3], [1, 2])
    model.graph.initializer[0].CopyFrom(helper.make_tensor("number", TensorProto.FLOAT, [1], [4.0]))
    assert describe(tiny.saved(model, tmp_path / "sum.onnx")).rescaling == expected


LITERT = (tiny.DATA / "tiny-float32.tflite").read_bytes()
ONNX = tiny.onnx_model(rescaling=(1.0, 0.0)).SerializeToString()


@pytest.mark.parametrize(("ending", "content"), [(".tflite", LITERT), (".onnx", ONNX)])
def test_a_file_cut_short_is_refused_wherever_it_is_cut(tmp_path: Path, ending: str, content: bytes) -> None:
    path = tmp_path / f"short{ending}"
    for length in range(0, len(content) - 16, 97):
        path.write_bytes(content[:length])
        refused(path, "is no LiteRT model" if ending == ".tflite" else "is no ONNX model, or cut short")


@given(st.sampled_from([(".tflite", LITERT), (".onnx", ONNX)]), st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_damaged_file_is_described_or_refused_and_nothing_else(
    tmp_path: Path, kind: tuple[str, bytes], data: st.DataObject
) -> None:
    ending, content = kind
    damaged = bytearray(content)
    places = st.tuples(st.integers(8, len(content) - 1), st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]))
    for at, byte in data.draw(st.lists(places, min_size=1, max_size=8)):
        damaged[at] = byte
    path = tmp_path / f"damaged{ending}"
    path.write_bytes(damaged)
    with contextlib.suppress(ModelError):
        assert describe(path).input_size > 0


def test_graphs_within_graphs_without_end_are_refused(tmp_path: Path) -> None:
    def message(number: int, content: bytes) -> bytes:
        length = len(content)
        size = b""
        while length > 0x7F:
            size, length = size + bytes([length & 0x7F | 0x80]), length >> 7
        return bytes([number << 3 | 2]) + size + bytes([length]) + content

    graph = b""
    for _ in range(2000):
        graph = message(1, message(5, message(6, graph)))  # a node with an attribute that is a graph
    path = tmp_path / "deep.onnx"
    path.write_bytes(message(7, graph))
    refused(path, "is no ONNX model")


def test_a_list_that_claims_to_be_longer_than_the_file_is_refused(tmp_path: Path) -> None:
    root = struct.unpack_from("<I", LITERT)[0]
    directory = root - struct.unpack_from("<i", LITERT, root)[0]
    subgraphs = root + struct.unpack_from("<H", LITERT, directory + 4 + 2 * 2)[0]
    start = subgraphs + struct.unpack_from("<I", LITERT, subgraphs)[0]
    for count in (10_000, 2**32 - 1):
        path = tmp_path / "long.tflite"
        path.write_bytes(LITERT[:start] + struct.pack("<I", count) + LITERT[start + 4 :])
        refused(path, "is no LiteRT model, or cut short")


def test_lists_that_are_shared_without_end_are_refused(tmp_path: Path) -> None:
    # A table with every field at the same list, of which each entry is that table again.
    count = 200_000
    directory = struct.pack("<HH", 4 + 2 * 8, 4 + 4 * 8) + b"".join(struct.pack("<H", 4 + 4 * n) for n in range(8))
    table = 8 + len(directory)
    fields = b"".join(struct.pack("<I", 4 * (8 - n)) for n in range(8))
    entries = b"".join(struct.pack("<i", 0) for _ in range(count))
    path = tmp_path / "shared.tflite"
    path.write_bytes(
        struct.pack("<I4s", table, b"TFL3")
        + directory
        + struct.pack("<i", len(directory))
        + fields
        + struct.pack("<I", count)
        + entries
    )
    refused(path, "is no LiteRT model, or cut short")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    refused(tmp_path / "none.tflite", "cannot be read: No such file")
    refused(tmp_path / "none.onnx", "cannot be read: No such file")


def refused(path: Path, says: str) -> None:
    with pytest.raises(ModelError) as caught:
        describe(path)
    message = str(caught.value)
    assert says in message
    assert str(path) in message
    assert "\n" not in message
