"""A training run from the folder of pictures to the run folder."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.lab.classes import malign_classes
from geacc_proxy.lab.training.backbones import BYTES
from geacc_proxy.lab.training.decoding import Decoder
from geacc_proxy.lab.training.options import flag
from geacc_proxy.lab.training.pictures import DataSet, Files, load
from geacc_proxy.lab.training.progress import Bar, Teller
from geacc_proxy.lab.training.runfolder import Record, RunFolder
from geacc_proxy.lab.training.runtime import require_extras, start_tensorflow, versions
from geacc_proxy.lab.training.signals import Signals, Stopped
from geacc_proxy.lab.training.state import State
from geacc_proxy.lab.training.state import load as load_state

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geacc_proxy.lab.training.options import Options

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
    folder, signals = RunFolder(order.out), Signals()
    try:
        with signals.heeded():
            _train(order, folder, signals, teller)
    except (Stopped, Exception):
        if not signals.number:
            raise
        raise InterruptedRunError(_how_to_go_on(folder), signals.number) from None


def _how_to_go_on(folder: RunFolder) -> str:
    if not folder.config.exists():
        return "stopped before the first epoch; nothing is kept"
    path = shlex.quote(str(folder.path))
    return f"stopped; all finished epochs are kept; go on with: geacc-proxy train --resume --out {path}"


def _train(order: Order, folder: RunFolder, signals: Signals, teller: Teller) -> None:
    begun = folder.read() if order.resume else None
    options = _resumed(begun, order) if begun else order.options.check()
    if begun is None:
        folder.check_new()
    data, validation = _folders(order, begun)
    for pictures in filter(None, (data, validation)):
        if order.out.resolve().is_relative_to(pictures.resolve()):
            raise UsageError(f"--out {order.out} lies in {pictures}, among the pictures; choose a folder elsewhere")
    files = Files.below(data, validation)
    malign = malign_classes(files.classes, options.malign)
    require_extras()
    folder.make()
    run = _Run(folder, options, files, malign, begun, signals, teller)
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
    signals: Signals
    teller: Teller

    def go(self, decoder: Decoder, data_folder: Path, validation_folder: Path | None) -> None:
        options, facts = self.options, self.options.network
        data, reached = None, None
        if self.begun is not None:
            data = self._load(decoder)
            if data.digest != self.begun.digest or data.classes != self.begun.classes:
                raise UsageError(
                    f"{data_folder}: these are not the pictures that the run in {self.folder.path} began with"
                )
            reached = load_state(self.folder.state)
            if reached is not None and reached.is_finished(options.epochs) and self.folder.report.exists():
                epochs = len(reached.history)
                self.teller.say(f"{self.folder.path} is finished: {epochs} epochs, nothing is left to train")
                return
        policy = start_tensorflow(options.seed, self.begun.precision if self.begun else options.precision)
        self.signals.check()
        # These import TensorFlow.
        from geacc_proxy.lab.training import loop
        from geacc_proxy.lab.training.finishing import as_float32, finish
        from geacc_proxy.lab.training.network import freeze, restate_statistics
        from geacc_proxy.lab.training.pipeline import Pipeline
        from geacc_proxy.lab.training.weights import InitialWeights

        weights = None if reached else InitialWeights(options.weights, facts, options.size, options.alpha)
        value_range = facts.value_range
        if self.begun is not None:
            value_range = self.begun.value_range
        elif weights is not None and weights.scaled_to_one:
            value_range = BYTES
        network, base = self._built(value_range)
        if weights is not None:
            weights.put_into(base)
        self.signals.check()
        # Only now, for a new run: reading them takes longer than finding out that there are no weights.
        data = data or self._load(decoder)
        record = Record(
            options=options,
            data=str(data_folder.absolute()),
            validation=str(validation_folder.absolute()) if validation_folder else "",
            digest=data.digest,
            classes=data.classes,
            malign=self.malign,
            value_range=value_range,
            precision=policy,
            versions=self._versions(),
        )
        counts = {"training": data.counts(data.training), "validation": data.counts(data.validation)}
        self.folder.write(record, counts)
        if self.begun is not None:
            self.teller.say(f"going on after epoch {len(reached.history) if reached else 0}")
        pipeline = Pipeline(data.pictures, data.labels, options.size, options.batch_size, value_range)
        freeze(base, options.unfrozen, pipeline.steps(data.training))
        if weights is not None and weights.folded:
            sample = data.training[:: max(1, len(data.training) // _STATISTICS)][:_STATISTICS]
            restate_statistics(base, network, pipeline.frames(sample))
        self.signals.check()
        self.folder.forget_results()
        start = reached or State.before(options.patience, options.min_delta)
        result = loop.train(network, pipeline, data, options, self.folder, start, self.signals, self.teller)
        with as_float32():
            finish(self.folder, record, data, pipeline, result, self._built(value_range)[0], self.signals, self.teller)

    def _built(self, value_range: tuple[float, float]) -> tuple[Any, Any]:
        """The network, with random weights, and its backbone."""
        from geacc_proxy.lab.training.network import build

        facts, options = self.options.network, self.options
        scaled = value_range != facts.value_range
        return build(facts, options.size, options.alpha, len(self.files.classes), scaled_to_one=scaled)

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

    def _versions(self) -> Mapping[str, str]:
        """Those that the run began with, and a word where that was with others."""
        now = versions()
        if self.begun is None:
            return now
        for package, version in self.begun.versions.items():
            if now.get(package) != version:
                self.teller.warn(f"this run began with {package} {version}, and goes on with {now.get(package)}")
        return self.begun.versions
