"""A training run from the folder of pictures to the run folder."""

from __future__ import annotations

import json
import re
import shlex
import signal
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.lab.classes import malign_classes
from geacc_proxy.lab.training.decoding import Decoder
from geacc_proxy.lab.training.options import flag
from geacc_proxy.lab.training.pictures import DataSet, Files, load
from geacc_proxy.lab.training.progress import Bar, Teller
from geacc_proxy.lab.training.runfolder import Record, RunFolder, write_whole
from geacc_proxy.lab.training.runtime import require_extras, start_tensorflow, versions
from geacc_proxy.lab.training.stopping_by_signal import Stopped, stoppable

if TYPE_CHECKING:
    from pathlib import Path

    from geacc_proxy.lab.training.export import Exported
    from geacc_proxy.lab.training.loop import Result
    from geacc_proxy.lab.training.options import Options
    from geacc_proxy.lab.training.state import State

_MAY_CHANGE = frozenset({"epochs", "cache", "name", "licence"})
"""Options that a resumed run may be given anew: they do not change what an epoch gives."""

_STATISTICS = 256  # pictures that batch normalisations of a converted file are restated with


class InterruptedRunError(GeaccError):
    """A signal ended the run; what was finished is kept."""

    def __init__(self, message: str, number: int) -> None:
        """Say how to go on; the exit code is the shell's for that signal."""
        super().__init__(message)
        self.exit_code = 128 + number


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked for.

    Attributes:
        out: the run folder.
        data: folder of pictures; None where the run to resume knows.
        validation: folder of pictures that validate, likewise.
        resume: go on with the run in `out`.
        options: what was chosen.
        given: names of the options that were chosen expressly.
    """

    out: Path
    data: Path | None
    validation: Path | None
    resume: bool
    options: Options
    given: frozenset[str]


def train(order: Order, teller: Teller) -> None:
    """Train, or go on training, and leave everything in the run folder.

    Raises:
        UsageError: wrong options, folders or pictures.
        MissingExtraError: TensorFlow, matplotlib or TensorBoard is not installed.
        InterruptedRunError: by a signal.
        GeaccError: the work failed.
    """
    folder = RunFolder(order.out)
    try:
        with stoppable():
            _train(order, folder, teller)
    except Stopped as stop:
        raise InterruptedRunError(_how_to_go_on(folder), signal.Signals(stop.number)) from None


def _how_to_go_on(folder: RunFolder) -> str:
    if not folder.config.exists():
        return "stopped before the first epoch; nothing is kept"
    return f"stopped; all finished epochs are kept; go on with: geacc-proxy train --resume --out {_quoted(folder.path)}"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _train(order: Order, folder: RunFolder, teller: Teller) -> None:
    begun = folder.read() if order.resume else None
    options = _resumed(begun, order) if begun else order.options.check()
    if begun is None:
        folder.check_new()
    data, validation = _folders(order, begun)
    files = Files.below(data, validation)
    malign = malign_classes(files.classes, options.malign)
    require_extras()
    folder.make()
    run = _Run(folder, options, files, malign, begun, teller)
    with Decoder(options.size, options.resize) as decoder:
        run.go(decoder, data, validation)


def _resumed(begun: Record, order: Order) -> Options:
    """The options that the run began with, but for those that may change.

    Raises:
        UsageError: another one was given anew.
    """
    for name in sorted(order.given - _MAY_CHANGE):
        before, now = getattr(begun.options, name), getattr(order.options, name)
        if before != now:
            raise UsageError(
                f"{flag(name)} {now} is not what this run began with ({before}); leave it out, or begin anew"
            )
    changed = {name: getattr(order.options, name) for name in order.given & _MAY_CHANGE}
    return replace(begun.options, **changed).check()


def _folders(order: Order, begun: Record | None) -> tuple[Path, Path | None]:
    if begun is None:
        if order.data is None:
            raise UsageError("DATA is missing: the folder of pictures, with one folder a class")
        if order.validation is not None and "split" in order.given:
            raise UsageError("--validation and --split exclude each other")
        return order.data, order.validation
    if (order.validation is not None) and not begun.validation:
        raise UsageError("--validation: this run began without; leave it out, or begin anew")
    path = type(order.out)
    validation = order.validation or (path(begun.validation) if begun.validation else None)
    return order.data or path(begun.data), validation


@dataclass(frozen=True, slots=True)
class _Run:
    folder: RunFolder
    options: Options
    files: Files
    malign: tuple[str, ...]
    begun: Record | None
    teller: Teller

    def go(self, decoder: Decoder, data_folder: Path, validation_folder: Path | None) -> None:
        policy = start_tensorflow(self.options.seed, self.begun.precision if self.begun else self.options.precision)
        # These import TensorFlow.
        from geacc_proxy.lab.training import loop
        from geacc_proxy.lab.training.network import build, freeze, restate_statistics
        from geacc_proxy.lab.training.pipeline import Pipeline
        from geacc_proxy.lab.training.weights import InitialWeights

        options, facts = self.options, self.options.network
        weights = None if self.begun else InitialWeights(options.weights, facts, options.size, options.alpha)
        value_range = self._value_range(scaled_to_one=weights is not None and weights.scaled_to_one)
        network, base = build(
            facts,
            options.size,
            options.alpha,
            len(self.files.classes),
            scaled_to_one=value_range != facts.value_range,
        )
        if weights is not None:
            weights.put_into(base)
        data = self._load(decoder)
        record = Record(
            options=options,
            data=str(data_folder.absolute()),
            validation=str(validation_folder.absolute()) if validation_folder else "",
            digest=data.digest,
            classes=data.classes,
            malign=self.malign,
            value_range=value_range,
            precision=policy,
            versions=versions(),
        )
        reached = self._begin(record, data) or loop.begin(options)
        if loop.is_finished(reached, options) and self.folder.report.exists():
            self.teller.say(f"{self.folder.path} is finished: {len(reached.history)} epochs, nothing is left to train")
            return
        pipeline = Pipeline(data.pictures, data.labels, options.size, options.batch_size, value_range)
        freeze(base, options.unfrozen, pipeline.steps(data.training))
        if weights is not None and weights.folded:
            sample = data.training[:: max(1, len(data.training) // _STATISTICS)][:_STATISTICS]
            restate_statistics(base, network, pipeline.frames(sample))
        self.folder.forget_results()
        result = loop.train(network, pipeline, data, options, self.folder, reached, self.teller)
        self._finish(result, record, data, pipeline)

    def _value_range(self, *, scaled_to_one: bool) -> tuple[float, float]:
        if self.begun:
            return self.begun.value_range
        return (0.0, 255.0) if scaled_to_one else self.options.network.value_range

    def _load(self, decoder: Decoder) -> DataSet:
        with Bar("Reading pictures", len(self.files.all)) as bar:
            data = load(self.files, self.options, decoder, self.folder.cache, bar.advance)
        self.teller.skipped([f"{one.path}: {one.problem}; left out" for one in data.skipped])
        self.folder.write_skipped(data.skipped)
        for what, places in (("train on", data.training), ("validate on", data.validation)):
            counts = ", ".join(f"{count} {name}" for name, count in data.counts(places).items())
            self.teller.say(f"{len(places)} pictures to {what}: {counts}")
        if data.skipped:
            self.teller.say(f"files left out: {len(data.skipped)}; see {self.folder.path / 'skipped.csv'}")
        if data.shared:
            self.teller.warn(f"{data.shared} pictures to validate on are copies of some to train on")
        return data

    def _begin(self, record: Record, data: DataSet) -> State | None:
        """Write down what the run begins with; where it goes on, the state that it has reached, if any."""
        from geacc_proxy.lab.training import state

        counts = {"training": data.counts(data.training), "validation": data.counts(data.validation)}
        if self.begun is None:
            self.folder.write(record, counts)
            return None
        if data.digest != self.begun.digest or data.classes != self.begun.classes:
            raise UsageError(f"{record.data}: these are not the pictures that the run in {self.folder.path} began with")
        for package, version in self.begun.versions.items():
            if (now := record.versions.get(package)) != version:
                self.teller.warn(f"this run began with {package} {version}, and goes on with {now}: it may not repeat")
        reached = state.load(self.folder.state)
        self.folder.write(replace(record, versions=self.begun.versions), counts)
        done = len(reached.history) if reached else 0
        self.teller.say(f"going on after epoch {done}")
        return reached

    def _finish(self, result: Result, record: Record, data: DataSet, pipeline: Any) -> None:
        import keras

        from geacc_proxy.lab.training.curves import draw
        from geacc_proxy.lab.training.export import export
        from geacc_proxy.lab.training.network import build

        keras.config.set_dtype_policy("float32")
        facts = self.options.network
        network, _ = build(
            facts,
            self.options.size,
            self.options.alpha,
            len(record.classes),
            scaled_to_one=record.value_range != facts.value_range,
        )
        best = self.folder.best(result.stopping.best_epoch)
        try:
            network.set_weights(keras.models.load_model(best, compile=False).get_weights())
        except (OSError, ValueError) as error:
            raise GeaccError(f"{best} cannot be read: {' '.join(str(error).split())[:200]}") from error
        draw(result.history, result.stopping.best_epoch, self.folder.path / "curves.png")
        name = self.options.name or re.sub(r"[^A-Za-z0-9._-]+", "-", self.folder.path.absolute().name).lstrip("._-")
        exported = export(network, pipeline, data, record, self.folder.path, name or "trained")
        report = {
            "epochs": len(result.history),
            "stopped_early": result.stopping.is_over,
            "best": asdict(result.best),
            "pictures": {
                "training": len(data.training),
                "validation": len(data.validation),
                "skipped": len(data.skipped),
            },
            "copies_in_both": data.shared,
            "validation": dict(exported.measures),
            "litert_against_keras": asdict(exported.keras),
            "agreement_with_float32": {key: asdict(value) for key, value in exported.agreements.items()},
            "thresholds": exported.thresholds,
        }
        write_whole(self.folder.report, (json.dumps(report, indent=2) + "\n").encode())
        self.folder.forget_cache()
        for line in _summary(self.folder, result, exported, len(data.validation)):
            self.teller.say(line)


def _summary(folder: RunFolder, result: Result, exported: Exported, pictures: int) -> list[str]:
    best, measures = result.best, exported.measures
    model = _quoted(folder.path / "model.tflite")
    return [
        f"Epoch {best.epoch} of {len(result.history)} was the best; its weights are in the models of {folder.path}.",
        f"On {pictures} validation pictures, at 0.5: accuracy {measures['accuracy']:.3f}, "
        f"recall {measures['recall']:.3f}, false alarms {measures['false_alarm_rate']:.3f}.",
        *(
            f"{precision} against float32: scores differ by {one.largest_difference:.4f} at most, "
            f"{one.mean_difference:.5f} on average; {one.same_decisions:.1%} of the decisions are the same."
            for precision, one in exported.agreements.items()
        ),
        f"Next: geacc-proxy evaluate --model {model} FOLDER",
        f"      geacc-proxy run --model {model}",
    ]
