"""What a run leaves: the model in five files, a card for each that runs, and how far they agree."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from geacc_proxy import __version__
from geacc_proxy.exceptions import GeaccError
from geacc_proxy.lab.training.options import DEFAULT, IMAGENET, NO_WEIGHTS
from geacc_proxy.lab.training.progress import Bar
from geacc_proxy.lab.training.runfolder import write_whole
from geacc_proxy.lab.training.runtime import quiet
from geacc_proxy.lab.training.thresholds import LOWEST, measured_thresholds
from geacc_proxy.models.card import ModelCard, Threshold, format_card
from geacc_proxy.models.conversion.litert import flatbuffer, halve
from geacc_proxy.models.engines import load_engine
from geacc_proxy.models.registry import InstalledModel, find

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from geacc_proxy.lab.training.pictures import DataSet
    from geacc_proxy.lab.training.pipeline import Pipeline
    from geacc_proxy.lab.training.runfolder import Record
    from geacc_proxy.lab.training.signals import Signals
    from geacc_proxy.models.conversion.result import Precision

    Scores = NDArray[np.float32]

_FILES: dict[Precision, str] = {"float32": "model", "float16": "model-float16", "int8": "model-int8"}
_SAMPLES = 200  # pictures that int8 is calibrated with
_BATCH = 64  # pictures that are scored between two steps of a bar
_CUT_OFF = 0.5  # Geacc's


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far scores lie apart on the validation pictures.

    Attributes:
        largest_difference: of any score of any picture.
        mean_difference: of all scores of all pictures.
        same_decisions: share of pictures of which both say the same at a malign score of 0.5.
    """

    largest_difference: float
    mean_difference: float
    same_decisions: float

    @classmethod
    def between(cls, some: Scores, others: Scores, malign: list[int]) -> Agreement:
        """Of two arrays of shape (n, labels); `malign` are the columns that add up to the malign score."""
        apart = np.abs(some - others)
        same = (some[:, malign].sum(axis=1) >= _CUT_OFF) == (others[:, malign].sum(axis=1) >= _CUT_OFF)
        return cls(float(apart.max()), float(apart.mean()), float(same.mean()))


@dataclass(frozen=True, slots=True)
class Exported:
    """What was measured of the exported models.

    Attributes:
        keras: LiteRT in float32 against Keras.
        agreements: by precision, each against LiteRT in float32.
        measures: of LiteRT in float32 on the validation pictures.
        thresholds: by precision and strictness: threshold, false-alarm rate, and recall, the share of malign pictures
            that are hidden.
    """

    keras: Agreement
    agreements: Mapping[str, Agreement]
    measures: Mapping[str, float]
    thresholds: Mapping[str, Mapping[str, Mapping[str, float]]]


def export(
    network: keras.Model, pipeline: Pipeline, data: DataSet, record: Record, folder: Path, name: str, signals: Signals
) -> Exported:
    """Write the model as `.keras`, `.h5` and LiteRT in three precisions, the last with cards, and compare them.

    Args:
        network: trained, in float32.
        pipeline: gives the pictures.
        data: what to calibrate with and to measure on.
        record: what the run was told.
        folder: where to.
        name: of the model, on its card.
        signals: are heeded between two files.

    Raises:
        Stopped: by a signal.
        GeaccError: a file cannot be written, or LiteRT cannot express the network.
    """
    _save_keras(network, folder)
    samples = pipeline.frames(data.training[:: max(1, len(data.training) // _SAMPLES)][:_SAMPLES])
    malign = [record.classes.index(label) for label in record.malign]
    is_malign = np.isin(data.labels[data.validation], malign)
    scores: dict[str, Scores] = {}
    thresholds: dict[str, dict[str, dict[str, float]]] = {}
    with Bar("Converting and measuring", len(_FILES) * -(-len(data.validation) // _BATCH)) as bar:
        for precision, content in _converted(network, samples):
            signals.check()
            path = folder / f"{_FILES[precision]}.tflite"
            write_whole(path, content)
            card = _card(content, path, record, name if precision == "float32" else f"{name}-{precision}", precision)
            scores[precision] = _scores(InstalledModel(card, path), pipeline, data, bar)
            malign_scores = np.minimum(scores[precision][:, malign].sum(axis=1), 1.0)
            found = measured_thresholds(malign_scores[~is_malign])
            thresholds[precision] = {
                word: {
                    "malign": one.malign,
                    "false_alarm_rate": one.false_alarm_rate or 0.0,
                    "recall": float(np.mean(malign_scores[is_malign] >= one.malign)),
                }
                for word, one in found.items()
            }
            write_whole(path.with_suffix(".toml"), _written(card, found, data, is_malign))
            find(str(path))
    signals.check()
    exact = scores["float32"]
    return Exported(
        keras=Agreement.between(exact, _keras_scores(network, pipeline, data), malign),
        agreements={
            precision: Agreement.between(other, exact, malign)
            for precision, other in scores.items()
            if precision != "float32"
        },
        measures=_measures(exact, data.labels[data.validation], is_malign, malign),
        thresholds=thresholds,
    )


def _converted(network: keras.Model, samples: NDArray[np.float32]) -> Iterator[tuple[Precision, bytes]]:
    """LiteRT files, in the order of `_FILES`."""
    try:
        with quiet():
            exact = flatbuffer(network, "float32")
        yield "float32", exact
        yield "float16", halve(exact)
        with quiet():
            integers = flatbuffer(network, "int8", samples)
        yield "int8", integers
    except ValueError as error:
        raise GeaccError(f"the model cannot be converted to LiteRT: {error}") from error


def _save_keras(network: keras.Model, folder: Path) -> None:
    for name in ("model.keras", "model.h5"):
        partial = folder / f"partial{name.removeprefix('model')}"
        try:
            network.save(partial)
            partial.replace(folder / name)
        except OSError as error:
            raise GeaccError(f"cannot write {folder / name}: {error.strerror or error}") from error


def _scores(model: InstalledModel, pipeline: Pipeline, data: DataSet, bar: Bar) -> Scores:
    with quiet():
        engine = load_engine(model)
    parts = []
    for start in range(0, len(data.validation), _BATCH):
        parts.append(engine.predict(pipeline.pictures.take(data.validation[start : start + _BATCH])))
        bar.advance()
    return np.concatenate(parts)


def _keras_scores(network: keras.Model, pipeline: Pipeline, data: DataSet) -> Scores:
    scores: Scores = np.asarray(network.predict(pipeline.plain(data.validation), verbose=0))
    return scores


def _measures(
    scores: Scores, labels: NDArray[np.int64], is_malign: NDArray[np.bool_], malign: list[int]
) -> dict[str, float]:
    hidden = scores[:, malign].sum(axis=1) >= _CUT_OFF
    return {
        "accuracy": float(np.mean(hidden == is_malign)),
        "recall": float(np.mean(hidden[is_malign])),
        "false_alarm_rate": float(np.mean(hidden[~is_malign])),
        "class_accuracy": float(np.mean(scores.argmax(axis=1) == labels)),
    }


def _card(content: bytes, path: Path, record: Record, name: str, precision: str) -> ModelCard:
    """Whose thresholds nobody has measured yet."""
    options = record.options
    digest = hashlib.sha256(content).hexdigest()
    backbone = options.backbone if options.alpha == 1 else f"{options.backbone} of width {options.alpha:g}"
    return ModelCard(
        name=name,
        version=digest[:12],
        licence=options.licence,
        source=f"geacc-proxy train {__version__}, {precision}: {backbone} from {_origin(options.weights)}",
        file=path.name,
        sha256=digest,
        input_size=options.size,
        resize=options.resize,
        value_range=record.value_range,
        colour_order="RGB",
        labels=record.classes,
        malign_labels=record.malign,
        thresholds=MappingProxyType({word: Threshold(lowest) for word, lowest in LOWEST.items()}),
    )


def _origin(weights: str) -> str:
    if weights == DEFAULT:
        card = find().card
        return f"the backbone of {card.identity} ({card.licence})"
    return {IMAGENET: "ImageNet weights", NO_WEIGHTS: "random weights"}.get(weights, f"the weights in {weights}")


def _written(card: ModelCard, thresholds: dict[str, Threshold], data: DataSet, is_malign: NDArray[np.bool_]) -> bytes:
    values: dict[str, Any] = {name: getattr(card, name) for name in ModelCard.__slots__}
    whole = ModelCard(**{**values, "thresholds": MappingProxyType(thresholds)})
    benign = int(np.count_nonzero(~is_malign))
    heading = (
        f"# Written by geacc-proxy train. False-alarm rates were measured on the run's {benign} benign validation\n"
        f"# pictures (of {len(data.validation)}); the rate on what a household browses will differ.\n"
    )
    return (heading + format_card(whole)).encode()
