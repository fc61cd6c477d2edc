"""The end of a run: the best weights in all files, curves, the report, and what to do next."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING

import keras

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.lab.training.curves import draw
from geacc_proxy.lab.training.export import Exported, export
from geacc_proxy.lab.training.runfolder import RunFolder, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geacc_proxy.lab.training.loop import Result
    from geacc_proxy.lab.training.pictures import DataSet
    from geacc_proxy.lab.training.pipeline import Pipeline
    from geacc_proxy.lab.training.progress import Teller
    from geacc_proxy.lab.training.runfolder import Record
    from geacc_proxy.lab.training.signals import Signals


@contextlib.contextmanager
def as_float32() -> Iterator[None]:
    """Build networks in float32, whatever they are trained in: so they are kept and converted."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)


def finish(
    folder: RunFolder,
    record: Record,
    data: DataSet,
    pipeline: Pipeline,
    result: Result,
    network: keras.Model,
    signals: Signals,
    teller: Teller,
) -> None:
    """Leave everything in the run folder; the report comes last, and says that all else is there.

    Args:
        folder: the run's.
        record: what the run was told.
        data: its pictures.
        pipeline: gives them.
        result: of its epochs.
        network: like the one that was trained, in float32; gets the weights of the best epoch.
        signals: are heeded between two steps.
        teller: is told the summary.

    Raises:
        Stopped: by a signal.
        GeaccError: a file cannot be read or written, or LiteRT cannot express the network.
    """
    best = folder.best(result.stopping.best_epoch)
    try:
        network.set_weights(keras.models.load_model(best, compile=False).get_weights())
    except (OSError, ValueError) as error:
        raise GeaccError(f"{best} cannot be read: {' '.join(str(error).split())[:200]}") from error
    write_whole(folder.path / "curves.png", draw(result.history, result.stopping.best_epoch))
    name = record.options.name or _name_of(folder)
    exported = export(network, pipeline, data, record, folder.path, name, signals)
    report = {
        "epochs": len(result.history),
        "stopped_early": result.stopping.is_over,
        "best": asdict(result.best),
        "pictures": {
            "training": len(data.training),
            "validation": len(data.validation),
            "skipped": len(data.skipped),
            "copies_in_both": data.shared,
        },
        "validation": dict(exported.measures),
        "litert_against_keras": asdict(exported.keras),
        "agreement_with_float32": {key: asdict(value) for key, value in exported.agreements.items()},
        "thresholds": exported.thresholds,
    }
    write_whole(folder.report, (json.dumps(report, indent=2) + "\n").encode())
    folder.forget_cache()
    for line in _summary(folder, result, exported, len(data.validation)):
        teller.say(line)


def _name_of(folder: RunFolder) -> str:
    """The folder's name, as a card takes it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", folder.path.absolute().name).lstrip("._-") or "trained"


def _summary(folder: RunFolder, result: Result, exported: Exported, pictures: int) -> list[str]:
    best, measures = result.best, exported.measures
    model = shlex.quote(str(folder.path / "model.tflite"))
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
