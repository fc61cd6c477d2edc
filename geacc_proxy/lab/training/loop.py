"""The epochs: each is trained, validated and written down before the next begins."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.lab.training import state as states
from geacc_proxy.lab.training.augmentation import Augmentation
from geacc_proxy.lab.training.logs import Logs
from geacc_proxy.lab.training.pipeline import class_weights
from geacc_proxy.lab.training.progress import Bar
from geacc_proxy.lab.training.state import Epoch, State
from geacc_proxy.lab.training.stopping import Stopping

if TYPE_CHECKING:
    from collections.abc import Callable

    from geacc_proxy.lab.training.options import Options
    from geacc_proxy.lab.training.pictures import DataSet
    from geacc_proxy.lab.training.pipeline import Pipeline
    from geacc_proxy.lab.training.progress import Teller
    from geacc_proxy.lab.training.runfolder import RunFolder
    from geacc_proxy.lab.training.signals import Signals


@dataclass(frozen=True, slots=True)
class Result:
    """What the epochs gave.

    Attributes:
        history: one entry an epoch.
        stopping: with the best of them.
    """

    history: tuple[Epoch, ...]
    stopping: Stopping

    @property
    def best(self) -> Epoch:
        """The epoch whose weights are kept."""
        return self.history[self.stopping.best_epoch - 1]


def train(
    network: keras.Model,
    pipeline: Pipeline,
    data: DataSet,
    options: Options,
    folder: RunFolder,
    state: State,
    signals: Signals,
    teller: Teller,
) -> Result:
    """Train until the epochs are over or patience is, from where `state` ends.

    After each epoch the model, if it is the best, and then the state are written; so an end at any moment costs one
    epoch at most, and what follows is what would have followed.

    Raises:
        Stopped: by a signal.
        GeaccError: the loss is no number any more, or a file cannot be written.
    """
    optimiser = keras.optimizers.Adam(options.learning_rate)
    network.compile(
        optimizer=optimiser, loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False
    )
    network.optimizer.build(network.trainable_variables)
    variables = _variables(network)
    if state.variables:
        _check_fit(variables, state, folder)
    weights = class_weights(data.labels[data.training], len(data.classes), options.class_weights)
    augmentation = Augmentation(options.rotation, options.shift, options.flips)
    validation = pipeline.plain(data.validation)
    steps = pipeline.steps(data.training)
    with Logs(folder.logs, state.history) as logs:
        folder.write_history(state.history)
        while not state.is_finished(options.epochs):
            number = len(state.history)
            batches = pipeline.training(data.training, weights, augmentation, options.seed, number)
            start = time.perf_counter()
            with Bar(f"epoch {number + 1}/{options.epochs}", steps) as bar:
                watching = _Watching(number + 1, bar, signals, partial(_restore, variables, state))
                values = _one_epoch(network, batches, validation, number, watching)
            loss, accuracy, val_loss, val_accuracy = values
            seconds = round(time.perf_counter() - start, 2)
            epoch = Epoch(number + 1, loss, accuracy, val_loss, val_accuracy, seconds)
            signals.check()
            stopping = state.stopping.after(epoch.epoch, epoch.val_loss)
            is_best = stopping.best_epoch == epoch.epoch
            if is_best:
                _save_best(network, folder, epoch.epoch)
            arrays = tuple(np.asarray(variable) for variable in variables)
            state = State((*state.history, epoch), stopping, arrays)
            states.save(state, folder.state)
            folder.forget_other_bests(stopping.best_epoch)
            folder.write_history(state.history)
            logs.write(epoch)
            teller.epoch(epoch, options.epochs, best=is_best)
    return Result(state.history, state.stopping)


def _one_epoch(
    network: keras.Model, batches: Any, validation: Any, number: int, watching: _Watching
) -> tuple[float, ...]:
    """Loss and accuracy in training, then in validation."""
    history = network.fit(
        batches,
        validation_data=validation,
        initial_epoch=number,
        epochs=number + 1,
        verbose=0,
        callbacks=[watching],
    ).history
    values = tuple(float(history[name][0]) for name in ("loss", "accuracy", "val_loss", "val_accuracy"))
    if not all(map(math.isfinite, values)):
        raise _no_number(number + 1)
    return values


class _Watching(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, epoch: int, bar: Bar, signals: Signals, restore: Callable[[], None]) -> None:
        super().__init__()
        self._restore = restore
        self._epoch = epoch
        self._bar = bar
        self._signals = signals

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        # Not before: Keras runs through the network when `fit` is first called, and random states of layers move on.
        self._restore()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._signals.check()
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            raise _no_number(self._epoch)
        self._bar.advance(f"epoch {self._epoch}  loss {loss:.4f}")


def _no_number(epoch: int) -> GeaccError:
    return GeaccError(f"the loss is no number any more in epoch {epoch}; try a lower --learning-rate in a new folder")


def _variables(network: keras.Model) -> list[Any]:
    """All that training changes: weights, random states of layers, and what the optimiser remembers."""
    optimiser = network.optimizer
    inner = getattr(optimiser, "inner_optimizer", None)  # mixed precision scales the loss by an optimiser around it
    found = [*network.variables, *optimiser.variables, *(inner.variables if inner is not None else ())]
    return list({id(variable): variable for variable in found}.values())


def _check_fit(variables: list[Any], state: State, folder: RunFolder) -> None:
    wanted = [tuple(variable.shape) for variable in variables]
    if wanted != [array.shape for array in state.variables]:
        raise GeaccError(f"{folder.state} does not fit the network in config.toml; begin anew in another folder")


def _restore(variables: list[Any], state: State) -> None:
    """Give each variable what it held when `state` was taken; nothing before the first epoch."""
    for variable, array in zip(variables, state.variables, strict=False):
        variable.assign(array)


def _save_best(network: keras.Model, folder: RunFolder, epoch: int) -> None:
    # Keras tells the format by the name's end.
    partial = folder.checkpoints / "partial.keras"
    try:
        network.save(partial)
        partial.replace(folder.best(epoch))
    except OSError as error:
        raise GeaccError(f"cannot write {folder.best(epoch)}: {error.strerror}") from error
