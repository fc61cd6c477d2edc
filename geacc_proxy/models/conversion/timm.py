"""Vision transformers as timm publishes them: `config.json` beside `model.safetensors`. Imports TensorFlow.

The network of Dosovitskiy et al., "An Image is Worth 16x16 Words" (https://arxiv.org/abs/2010.11929), with the names of
weights and the constants of timm (https://github.com/huggingface/pytorch-image-models,
timm/models/vision_transformer.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.loaded import Loaded
from geacc_proxy.models.conversion.sources import Source, read_json
from geacc_proxy.models.description import ModelDescription

_NAME = re.compile(r"(?:vit|deit)_(tiny|small|base|large|huge)_patch(\d+)_(\d+)(?:\.[\w.]+)?")
_HEADS = {"tiny": 3, "small": 6, "base": 12, "large": 16, "huge": 16}
_EPSILON = 1e-6  # of all layer normalisations in this family
_MOST_BLOCKS = 64
_LARGEST_TOTAL = 4 * 2**30  # bytes

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a config says of a network.

    Attributes:
        size: width and height of the input, pixels.
        patch: of a patch.
        heads: of the attention.
        average: whether the mean of the patches is classified, not the class token.
    """

    size: int
    patch: int
    heads: int
    average: bool


def load_timm(source: Source, where: str) -> Loaded:
    """Load a vision transformer.

    Args:
        source: of the kind TIMM.
        where: its path, for messages.

    Raises:
        ModelError: another architecture, a damaged file, or weights that do not fit.
    """
    config = read_json(source.main)
    plan = _plan(config, where)
    (name,) = (name for name in source.files if name != "config.json")
    weights = _weights(source.folder / name, where)
    network = _Network(weights, plan, where)
    outputs = len(weights["head.bias"])
    pretrained = _pretrained(config)
    description = ModelDescription(
        input_size=plan.size, layout="NHWC", outputs=outputs, activation="linear", architecture="", rescaling=None
    )
    return Loaded(
        network.__call__,
        (plan.size, plan.size, 3),
        description,
        network,
        labels=_labels(config, pretrained, outputs, where),
        value_range=(0.0, 1.0),
        mean=_triple(pretrained.get("mean", [0.5, 0.5, 0.5]), "mean", where),
        std=_triple(pretrained.get("std", [0.5, 0.5, 0.5]), "std", where),
    )


class _Network:
    """The forward pass, on float32 (n, size, size, 3), to logits (n, outputs)."""

    def __init__(self, weights: Mapping[str, Array], plan: _Plan, where: str) -> None:
        self._weights = weights
        self._plan = plan
        self._depth = _depth(weights, where)
        self._check(where)

    def __call__(self, pictures: Any) -> Any:
        w = self._weights
        # PyTorch has kernels as (out, in, height, width).
        kernel = w["patch_embed.proj.weight"].transpose(2, 3, 1, 0)
        x = tf.nn.conv2d(pictures, kernel, strides=self._plan.patch, padding="VALID") + w["patch_embed.proj.bias"]
        side = self._plan.size // self._plan.patch
        width = kernel.shape[-1]
        x = tf.reshape(x, (-1, side * side, width))
        if "cls_token" in w:
            ahead = tf.zeros_like(x[:, :1]) + w["cls_token"]
            x = tf.concat([ahead, x], axis=1)
        x += w["pos_embed"]
        for index in range(self._depth):
            x = self._block(x, f"blocks.{index}.")
        if not self._plan.average:
            x = self._norm(x, "norm")[:, 0]
        elif "fc_norm.weight" in w:
            x = self._norm(tf.reduce_mean(x[:, self._tokens :], axis=1), "fc_norm")
        else:
            x = tf.reduce_mean(self._norm(x, "norm")[:, self._tokens :], axis=1)
        return self._dense(x, "head")

    @property
    def _tokens(self) -> int:
        return 1 if "cls_token" in self._weights else 0

    def _block(self, x: Any, prefix: str) -> Any:
        inner = self._attention(self._norm(x, f"{prefix}norm1"), f"{prefix}attn.")
        x += inner * self._weights.get(f"{prefix}ls1.gamma", np.float32(1.0))
        inner = self._dense(self._norm(x, f"{prefix}norm2"), f"{prefix}mlp.fc1")
        inner = self._dense(tf.nn.gelu(inner, approximate=False), f"{prefix}mlp.fc2")
        return x + inner * self._weights.get(f"{prefix}ls2.gamma", np.float32(1.0))

    def _attention(self, x: Any, prefix: str) -> Any:
        heads = self._plan.heads
        count, width = x.shape[1], x.shape[2]
        depth = width // heads
        qkv = tf.reshape(self._dense(x, f"{prefix}qkv"), (-1, count, 3, heads, depth))
        query, key, value = tf.unstack(tf.transpose(qkv, (2, 0, 3, 1, 4)))
        weights = tf.nn.softmax(tf.matmul(query * depth**-0.5, key, transpose_b=True))
        mixed = tf.transpose(tf.matmul(weights, value), (0, 2, 1, 3))
        return self._dense(tf.reshape(mixed, (-1, count, width)), f"{prefix}proj")

    def _dense(self, x: Any, name: str) -> Any:
        y = tf.matmul(tf.reshape(x, (-1, x.shape[-1])), self._weights[f"{name}.weight"].T)
        if f"{name}.bias" in self._weights:
            y += self._weights[f"{name}.bias"]
        return tf.reshape(y, (-1, *x.shape[1:-1], y.shape[-1]))

    def _norm(self, x: Any, name: str) -> Any:
        mean = tf.reduce_mean(x, axis=-1, keepdims=True)
        variance = tf.reduce_mean(tf.math.squared_difference(x, mean), axis=-1, keepdims=True)
        scaled = (x - mean) * tf.math.rsqrt(variance + _EPSILON)
        return scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]

    def _check(self, where: str) -> None:
        kernel = self._weights.get("patch_embed.proj.weight", np.empty(0))
        width = kernel.shape[0] if kernel.ndim == 4 else 0
        hidden = self._weights.get("blocks.0.mlp.fc1.bias", np.empty(0)).size
        outputs = self._weights.get("head.bias", np.empty(0)).size
        patches = (self._plan.size // self._plan.patch) ** 2
        shapes: dict[str, tuple[int, ...]] = {
            "patch_embed.proj.weight": (width, 3, self._plan.patch, self._plan.patch),
            "patch_embed.proj.bias": (width,),
            "pos_embed": (1, patches + self._tokens, width),
            "head.weight": (outputs, width),
            "head.bias": (outputs,),
        }
        if self._tokens:
            shapes["cls_token"] = (1, 1, width)
        last = "fc_norm" if self._plan.average and "fc_norm.weight" in self._weights else "norm"
        shapes |= {f"{last}.weight": (width,), f"{last}.bias": (width,)}
        for index in range(self._depth):
            shapes |= self._block_shapes(f"blocks.{index}.", width, hidden)
        missing, unknown = shapes.keys() - self._weights.keys(), self._weights.keys() - shapes.keys()
        if missing or unknown or not outputs:
            odd = f"lacks {min(missing)!r}" if missing else f"has {min(unknown, default='no head')!r}"
            raise ModelError(f"model {where} {odd}; it is not the vision transformer that its config.json names")
        for name, shape in shapes.items():
            if self._weights[name].shape != shape:
                raise ModelError(f"model {where}: {name} has the shape {self._weights[name].shape}, not {shape}")
        if width % self._plan.heads or (not self._tokens and not self._plan.average):
            raise ModelError(f"model {where} has {self._plan.heads} heads for a width of {width}, or no token to read")

    def _block_shapes(self, prefix: str, width: int, hidden: int) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {
            "attn.qkv.weight": (3 * width, width),
            "attn.proj.weight": (width, width),
            "attn.proj.bias": (width,),
            "mlp.fc1.weight": (hidden, width),
            "mlp.fc1.bias": (hidden,),
            "mlp.fc2.weight": (width, hidden),
            "mlp.fc2.bias": (width,),
            **{f"{norm}.{kind}": (width,) for norm in ("norm1", "norm2") for kind in ("weight", "bias")},
        }
        optional: dict[str, tuple[int, ...]] = {
            "attn.qkv.bias": (3 * width,),
            "ls1.gamma": (width,),
            "ls2.gamma": (width,),
        }
        shapes |= {name: shape for name, shape in optional.items() if prefix + name in self._weights}
        return {prefix + name: shape for name, shape in shapes.items()}


def _plan(config: dict[str, Any], where: str) -> _Plan:
    architecture = config.get("architecture")
    match = _NAME.fullmatch(architecture) if isinstance(architecture, str) else None
    if match is None:
        other = architecture or config.get("architectures") or config.get("model_type") or "none"
        raise ModelError(
            f"model {where} has the architecture {str(other)[:80]!r}; "
            "of timm's, vit_*_patch* with tiny, small, base, large or huge can be read"
        )
    given = _dict(config.get("model_args"))
    size = given.get("img_size", _pretrained(config).get("input_size", int(match[3])))
    if isinstance(size, list):
        size = size[-1] if size and size[-1] == (size[-2] if len(size) > 1 else size[-1]) else None
    patch, heads = given.get("patch_size", int(match[2])), given.get("num_heads", _HEADS[match[1]])
    if not all(type(one) is int and 1 <= one <= 4096 for one in (size, patch, heads)) or size < patch:
        raise ModelError(f"model {where}: size {size!r}, patch {patch!r} or heads {heads!r} in config.json cannot be")
    pooling = given.get("global_pool", config.get("global_pool", "token"))
    if pooling not in ("token", "avg"):
        raise ModelError(f"model {where} has global_pool = {pooling!r}; 'token' and 'avg' can be read")
    return _Plan(size, patch, heads, average=pooling == "avg")


def _weights(path: Path, where: str) -> dict[str, Array]:
    weights: dict[str, Array] = {}
    try:
        if path.stat().st_size > _LARGEST_TOTAL:
            raise ModelError(f"model {where} is larger than {_LARGEST_TOTAL // 2**30} GiB")
        with safe_open(path, framework="np") as file:
            for name in file.keys():  # noqa: SIM118 - it is no mapping
                value = file.get_tensor(name)
                if value.dtype.kind != "f" and value.dtype.name != "bfloat16":
                    raise ModelError(f"model {where}: {name} is {value.dtype}, which are no weights")
                weights[name] = value.astype(np.float32)
    except (SafetensorError, OSError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"model {where}: {path.name} is no safetensors file, or cut short") from error
    return weights


def _depth(weights: Mapping[str, Array], where: str) -> int:
    numbers = {int(match[1]) for name in weights if (match := re.match(r"blocks\.(\d+)\.", name))}
    if not numbers or numbers != set(range(len(numbers))) or len(numbers) > _MOST_BLOCKS:
        raise ModelError(f"model {where} has {len(numbers)} whole blocks of attention; 1 to {_MOST_BLOCKS} can be read")
    return len(numbers)


def _labels(config: dict[str, Any], pretrained: dict[str, Any], outputs: int, where: str) -> tuple[str, ...] | None:
    names = config.get("label_names", pretrained.get("label_names"))
    if names is None:
        return None
    if not isinstance(names, list) or len(names) != outputs or not all(isinstance(name, str) for name in names):
        raise ModelError(f"model {where}: label_names in config.json must be {outputs} names, one for each output")
    return tuple(names)


def _triple(value: object, key: str, where: str) -> tuple[float, float, float]:
    numbers = isinstance(value, list) and all(isinstance(one, int | float) for one in value)
    if not numbers or not isinstance(value, list) or len(value) != 3 or (key == "std" and min(value) <= 0):
        raise ModelError(f"model {where}: {key} in config.json must be three numbers")
    red, green, blue = value
    return float(red), float(green), float(blue)


def _pretrained(config: dict[str, Any]) -> dict[str, Any]:
    return _dict(config.get("pretrained_cfg", config))  # before 0.8 these keys lay in the config itself


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
