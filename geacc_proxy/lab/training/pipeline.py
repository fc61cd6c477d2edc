"""tf.data: places of pictures to batches for the network."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from geacc_proxy.lab.training.augmentation import order

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geacc_proxy.lab.training.augmentation import Augmentation
    from geacc_proxy.lab.training.pictures import Pictures

_AHEAD = 2  # batches ready before they are asked for
# Nothing here needs AutoGraph, which leaves a file in the temporary folder for each function of a killed process.
_as_written: Callable[[Any], Any] = tf.autograph.experimental.do_not_convert


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Makes the datasets of a run.

    Attributes:
        pictures: all of them.
        labels: int64, shape (n,): the class of each.
        size: side of a picture, pixels.
        batch_size: pictures a step, at most.
        value_range: what the bytes 0 and 255 become.
    """

    pictures: Pictures
    labels: NDArray[np.int64]
    size: int
    batch_size: int
    value_range: tuple[float, float]

    def steps(self, places: NDArray[np.int64]) -> int:
        """Batches that the pictures at `places` make."""
        return ceil(len(places) / self.batch_size)

    def training(
        self, places: NDArray[np.int64], weights: NDArray[np.float32], augmentation: Augmentation, seed: int, epoch: int
    ) -> Any:
        """Batches of one epoch: every picture once, shuffled and changed.

        They are of nearly equal size, since a last one of few pictures would have odd statistics.

        Args:
            places: of the pictures.
            weights: of each class.
            augmentation: how they are changed.
            seed: of the run.
            epoch: from 0; with the seed it decides the order and the changes, whatever went before.
        """
        shuffled = order(seed, epoch, len(places))
        transforms = augmentation.transforms(seed, epoch, len(places), self.size)[shuffled]
        chosen = places[shuffled]
        labels = self.labels[chosen]
        size = ceil(len(places) / self.steps(places))
        rows = tf.data.Dataset.from_tensor_slices((chosen, transforms, labels, weights[labels]))

        @_as_written
        def taken(place: Any, transform: Any, label: Any, weight: Any) -> Any:
            return self._taken(place), transform, label, weight

        @_as_written
        def changed(pixels: Any, transform: Any, label: Any, weight: Any) -> Any:
            return self._scaled(self._changed(pixels, transform)), label, weight

        batches = rows.batch(size).map(taken)
        return batches.map(changed, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(_AHEAD)

    def plain(self, places: NDArray[np.int64]) -> Any:
        """Batches of pictures as they are, in order, with their labels."""

        @_as_written
        def taken(place: Any, label: Any) -> Any:
            return self._scaled(tf.cast(self._taken(place), tf.float32)), label

        rows = tf.data.Dataset.from_tensor_slices((places, self.labels[places]))
        return rows.batch(self.batch_size).map(taken).prefetch(_AHEAD)

    def frames(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """The pictures at `places` as the network takes them; shape (n, size, size, 3)."""
        low, high = self.value_range
        pixels = self.pictures.take(places).astype(np.float32)
        return pixels * np.float32((high - low) / 255) + np.float32(low)

    def _taken(self, places: Any) -> Any:
        pixels = tf.numpy_function(self.pictures.take, [places], tf.uint8)
        pixels.set_shape((None, self.size, self.size, 3))
        return pixels

    def _changed(self, pixels: Any, transforms: Any) -> Any:
        # As Keras' ImageDataGenerator, which Geacc uses: bilinear, and what comes into view continues the edge.
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=tf.cast(pixels, tf.float32),
            transforms=transforms,
            output_shape=[self.size, self.size],
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="NEAREST",
        )

    def _scaled(self, pixels: Any) -> Any:
        low, high = self.value_range
        return pixels * ((high - low) / 255) + low


def class_weights(labels: NDArray[np.int64], classes: int, how: str) -> NDArray[np.float32]:
    """What a picture of each class counts in the loss; 1 on average over the pictures.

    Args:
        labels: shape (n,): of the pictures that train.
        classes: how many there are; each has a picture at least.
        how: `balanced` for n / (classes · pictures of the class), `none` for 1.
    """
    if how == "none":
        return np.ones(classes, np.float32)
    counts = np.bincount(labels, minlength=classes)
    return (len(labels) / (classes * counts)).astype(np.float32)
