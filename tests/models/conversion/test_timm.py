"""timm's vision transformers, against a forward pass in numpy."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion import recognise
from tests.models.conversion.conftest import GROUP

pytestmark = GROUP

Array = NDArray[np.float64]

WIDTH, DEPTH, HEADS, PATCH, SIZE = 24, 2, 3, 8, 32
CONFIG = {
    "architecture": "vit_tiny_patch8_32",
    "num_classes": 2,
    "label_names": ["NSFW", "SFW"],
    "pretrained_cfg": {"input_size": [3, SIZE, SIZE], "mean": [0.5, 0.4, 0.3], "std": [0.5, 0.6, 0.7]},
}


@pytest.fixture
def load(scratch: Path) -> Callable[..., Any]:
    from geacc_proxy.models.conversion.loading import load as load_source

    return lambda path: load_source(recognise(path), scratch, None)


def random_weights() -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(5)
    shapes: dict[str, tuple[int, ...]] = {
        "cls_token": (1, 1, WIDTH),
        "pos_embed": (1, (SIZE // PATCH) ** 2 + 1, WIDTH),
        "patch_embed.proj.weight": (WIDTH, 3, PATCH, PATCH),
        "patch_embed.proj.bias": (WIDTH,),
        "norm.weight": (WIDTH,),
        "norm.bias": (WIDTH,),
        "head.weight": (2, WIDTH),
        "head.bias": (2,),
    }
    for index in range(DEPTH):
        for name, shape in {
            "norm1.weight": (WIDTH,),
            "norm1.bias": (WIDTH,),
            "attn.qkv.weight": (3 * WIDTH, WIDTH),
            "attn.qkv.bias": (3 * WIDTH,),
            "attn.proj.weight": (WIDTH, WIDTH),
            "attn.proj.bias": (WIDTH,),
            "norm2.weight": (WIDTH,),
            "norm2.bias": (WIDTH,),
            "mlp.fc1.weight": (4 * WIDTH, WIDTH),
            "mlp.fc1.bias": (4 * WIDTH,),
            "mlp.fc2.weight": (WIDTH, 4 * WIDTH),
            "mlp.fc2.bias": (WIDTH,),
        }.items():
            shapes[f"blocks.{index}.{name}"] = shape
    return {name: random.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()}


def forward(w: dict[str, NDArray[np.float32]], pictures: NDArray[np.float32], pooling: str = "token") -> Array:
    """timm's VisionTransformer, one picture, patch and head at a time."""

    def norm(x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-6)
        return np.asarray(centred / spread * w[f"{name}.weight"] + w[f"{name}.bias"])

    def dense(x: Array, name: str) -> Array:
        return np.asarray(x @ w[f"{name}.weight"].T.astype(np.float64) + w[f"{name}.bias"])

    gelu = np.vectorize(lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2))))
    answers = []
    for picture in pictures.astype(np.float64):
        tokens = [w["cls_token"][0, 0]]
        for row in range(0, SIZE, PATCH):
            for column in range(0, SIZE, PATCH):
                patch = picture[row : row + PATCH, column : column + PATCH].transpose(2, 0, 1)
                tokens.append((w["patch_embed.proj.weight"] * patch).sum((1, 2, 3)) + w["patch_embed.proj.bias"])
        x = np.array(tokens) + w["pos_embed"][0]
        for index in range(DEPTH):
            block = f"blocks.{index}."
            query, key, value = np.split(dense(norm(x, f"{block}norm1"), f"{block}attn.qkv"), 3, axis=1)
            heads = []
            for head in range(HEADS):
                part = slice(head * WIDTH // HEADS, (head + 1) * WIDTH // HEADS)
                powers = np.exp(query[:, part] @ key[:, part].T / math.sqrt(WIDTH // HEADS))
                heads.append(powers / powers.sum(1, keepdims=True) @ value[:, part])
            x = x + dense(np.concatenate(heads, axis=1), f"{block}attn.proj")
            x = x + dense(gelu(dense(norm(x, f"{block}norm2"), f"{block}mlp.fc1")), f"{block}mlp.fc2")
        seen = norm(x, "norm")[0] if pooling == "token" else norm(x[1:].mean(0), "fc_norm")
        answers.append(dense(seen, "head"))
    return np.array(answers)


def write(folder: Path, weights: dict[str, NDArray[np.float32]], **config: Any) -> Path:
    from safetensors.numpy import save_file

    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({**CONFIG, **config}), encoding="utf-8")
    save_file(weights, folder / "model.safetensors")
    return folder


def pictures() -> NDArray[np.float32]:
    return np.random.default_rng(6).uniform(-1, 1, (3, SIZE, SIZE, 3)).astype(np.float32)


def test_it_computes_what_the_definition_says(tmp_path: Path, load: Callable[..., Any]) -> None:
    weights = random_weights()
    model = load(write(tmp_path / "hub", weights))
    assert np.abs(model.predict(pictures()) - forward(weights, pictures())).max() < 1e-4
    assert (model.labels, model.value_range) == (("NSFW", "SFW"), (0.0, 1.0))
    assert (model.mean, model.std) == ((0.5, 0.4, 0.3), (0.5, 0.6, 0.7))
    assert (model.description.activation, model.description.input_size) == ("linear", SIZE)


def test_its_conversion_computes_the_same(tmp_path: Path, load: Callable[..., Any]) -> None:
    from geacc_proxy.models.conversion.litert import convert_function, run_litert

    weights = random_weights()
    model = load(write(tmp_path / "hub", weights))
    content = convert_function(model.function, model.shape, "float32", None, model.holder)
    assert np.abs(run_litert(content, pictures()) - forward(weights, pictures())).max() < 1e-4


def test_the_mean_of_the_patches_is_taken_where_the_config_says_so(tmp_path: Path, load: Callable[..., Any]) -> None:
    weights = random_weights()
    for kind in ("weight", "bias"):
        weights[f"fc_norm.{kind}"] = weights.pop(f"norm.{kind}")
    model = load(write(tmp_path / "hub", weights, model_args={"global_pool": "avg"}))
    assert np.abs(model.predict(pictures()) - forward(weights, pictures(), "avg")).max() < 1e-4


@pytest.mark.parametrize(
    ("config", "part"),
    [
        ({"architecture": "resnet50"}, "architecture 'resnet50'"),
        ({"architecture": "vit_base_patch16_clip_224"}, "clip"),
        ({"architecture": None, "model_type": "vit"}, "architecture 'vit'"),
        ({"architecture": "vit_tiny_patch16_384", "pretrained_cfg": {}}, "has the shape"),
        ({"architecture": "vit_base_patch8_32", "model_args": {"num_heads": 5}}, "5 heads"),
        ({"label_names": ["one"]}, "must be 2 names"),
        ({"pretrained_cfg": {"mean": [1], "input_size": [3, 32, 32]}}, "three numbers"),
        ({"pretrained_cfg": {"std": [0, 1, 1], "input_size": [3, 32, 32]}}, "three numbers"),
        ({"model_args": {"global_pool": "map"}}, "global_pool"),
        ({"model_args": {"img_size": "big"}}, "cannot be"),
    ],
)
def test_another_network_is_one_line(
    config: dict[str, Any], part: str, tmp_path: Path, load: Callable[..., Any]
) -> None:
    with pytest.raises(ModelError, match=part) as caught:
        load(write(tmp_path / "hub", random_weights(), **config))
    assert "\n" not in str(caught.value)


def test_weights_of_another_network_are_one_line(tmp_path: Path, load: Callable[..., Any]) -> None:
    whole = random_weights()
    lacking = {name: value for name, value in whole.items() if name != "blocks.1.norm2.bias"}
    for weights, part in (
        ({**whole, "dist_token": whole["cls_token"]}, "has 'dist_token'"),
        (lacking, "lacks 'blocks.1.norm2.bias'"),
        ({"head.bias": whole["head.bias"]}, "0 whole blocks"),
        ({**whole, "head.weight": whole["head.weight"][:, :5].copy()}, "head.weight has the shape"),
    ):
        with pytest.raises(ModelError, match=part):
            load(write(tmp_path / "hub", weights))
    folder = write(tmp_path / "hub", whole)
    content = (folder / "model.safetensors").read_bytes()
    for length in (0, 7, 100, len(content) - 1):
        (folder / "model.safetensors").write_bytes(content[:length])
        with pytest.raises(ModelError, match="no safetensors file, or cut short"):
            load(folder)
