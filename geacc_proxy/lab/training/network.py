"""The network: a backbone of keras.applications, average pooling, one dense layer with softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from geacc_proxy.lab.training.options import ALL_LAYERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geacc_proxy.lab.training.backbones import Backbone

_FEWEST_BATCHES = 4  # that the statistics of a batch normalisation remember
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pixels in 0…1, as EfficientNet's authors give them."""


def backbone_of(facts: Backbone, size: int, alpha: float, inputs: Any, weights: str | None = None) -> keras.Model:
    """A backbone with average pooling and without its top.

    Args:
        facts: which.
        size: side of its input, pixels.
        alpha: width multiplier, where it has one.
        inputs: a Keras tensor; None for an input of its own.
        weights: `imagenet`, which is fetched unless Keras has it already, or None.

    Raises:
        Exception: whatever Keras raises if the weights cannot be fetched.
    """
    width = {"alpha": alpha} if facts.alphas else {}
    builder = getattr(keras.applications, facts.builder)
    base: keras.Model = builder(
        include_top=False,
        weights=weights,
        input_tensor=inputs,
        input_shape=(size, size, 3),
        pooling="avg",
        **width,
    )
    return base


def build(
    facts: Backbone, size: int, alpha: float, classes: int, *, scaled_to_one: bool
) -> tuple[keras.Model, keras.Model]:
    """The whole network, in one level, with random weights.

    Args:
        facts: its backbone.
        size: side of its input, pixels.
        alpha: width multiplier, where there is one.
        classes: number of outputs.
        scaled_to_one: whether the backbone wants 0…1; the network then takes the bytes 0…255 and scales them itself, so
            that a file of it tells so.

    Returns:
        The network, and its backbone, which shares its layers.
    """
    inputs = keras.Input((size, size, 3), name="picture")
    scaled = keras.layers.Rescaling(1 / 255, name="scale_to_one")(inputs) if scaled_to_one else inputs
    base = backbone_of(facts, size, alpha, scaled)
    standardise(base)
    scores = keras.layers.Dense(classes, activation="softmax", dtype="float32", name="scores")(base.output)
    return keras.Model(inputs, scores, name=f"geacc_{facts.name}"), base


def standardise(base: keras.Model) -> None:
    """Give EfficientNet's own normalisation ImageNet's mean and variance.

    Keras' file of weights has the standard deviation in the variance's place, which only its own builder makes good by
    another layer, and only when it fetches the weights itself. To be called after weights were set: the layer computes
    with copies of its variables.
    """
    for layer in base.layers:
        if isinstance(layer, keras.layers.Normalization):
            mean, variance, *rest = layer.get_weights()
            shape = mean.shape
            layer.set_weights(
                [
                    np.reshape(np.array(_IMAGENET_MEAN, np.float32), shape),
                    np.reshape(np.square(np.array(_IMAGENET_STD, np.float32)), variance.shape),
                    *rest,
                ]
            )
            layer.finalize_state()


def freeze(base: keras.Model, unfrozen: int, steps: int) -> None:
    """Leave only the layers at the top to train.

    What those with batch normalisation remember is set to about an epoch: the builders' own 0.999 outlasts a small set.

    Args:
        base: the backbone; its pooling counts as a layer, as it does in Geacc's script.
        unfrozen: how many layers; `ALL_LAYERS` for all.
        steps: batches an epoch.
    """
    first = 0 if unfrozen == ALL_LAYERS else max(0, len(base.layers) - unfrozen)
    for place, layer in enumerate(base.layers):
        layer.trainable = place >= first
        if layer.trainable and isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 1 - 1 / max(_FEWEST_BATCHES, steps)


def restate_statistics(base: keras.Model, network: keras.Model, frames: NDArray[np.float32], batch: int = 32) -> None:
    """Make the batch normalisations that will be trained remember what they really see; what is computed stays equal.

    Weights out of a converted file have their normalisations folded into the layers before, so that mean and variance
    are unknown. For any mean and variance there are a scale and an offset with which a layer computes the same. With
    those of real pictures it computes the same in training as well, where it goes by the batch's own.

    Args:
        base: the backbone.
        network: what holds it.
        frames: float32, shape (n, size, size, 3), as the network takes them.
        batch: how many of them at a time.
    """
    layers = [layer for layer in base.layers if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable]
    if not layers:
        return
    seen = [
        (keras.ops.mean(layer.input, axis=(0, 1, 2)), keras.ops.mean(keras.ops.square(layer.input), axis=(0, 1, 2)))
        for layer in layers
    ]
    probe = keras.Model(network.input, [moment for pair in seen for moment in pair])
    starts = range(0, len(frames), batch)
    parts = [[np.asarray(moment) for moment in probe(frames[at : at + batch], training=False)] for at in starts]
    shares = [len(frames[at : at + batch]) / len(frames) for at in starts]
    moments = [
        sum(share * part[place] for share, part in zip(shares, parts, strict=True)) for place in range(2 * len(layers))
    ]
    for place, layer in enumerate(layers):
        mean, square = moments[2 * place], moments[2 * place + 1]
        variance = np.maximum(square - np.square(mean), 0)
        gamma, beta, old_mean, old_variance = layer.get_weights()
        slope = gamma / np.sqrt(old_variance + layer.epsilon)
        scale = slope * np.sqrt(variance + layer.epsilon)
        layer.set_weights([scale, beta + slope * (mean - old_mean), mean, variance])
