"""The run folder: what lies where, and the record of what was chosen."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import tomllib
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Any

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.lab.training.options import Options
from geacc_proxy.lab.training.state import Epoch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from geacc_proxy.lab.training.pictures import Skipped

_LEFTOVERS = frozenset({"cache", "checkpoints", "skipped.csv", "config.toml.partial"})
"""What a run that was ended before its beginning was written down may leave."""

_MODELS = ("model.keras", "model.h5", "model.tflite", "model-float16.tflite", "model-int8.tflite")


@dataclass(frozen=True, slots=True)
class Record:
    """What a run began with; `config.toml`.

    Attributes:
        options: what was chosen.
        data: the folder of pictures.
        validation: the folder of pictures that validate; empty where the first was split.
        digest: of the pictures, see `DataSet.digest`.
        classes: in the order of the model's outputs.
        malign: those that are malign.
        value_range: what the bytes 0 and 255 become before the model.
        precision: Keras' policy.
        versions: of what the result depends on.
    """

    options: Options
    data: str
    validation: str
    digest: str
    classes: tuple[str, ...]
    malign: tuple[str, ...]
    value_range: tuple[float, float]
    precision: str
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths in a run folder, and reading and writing them.

    Attributes:
        path: the folder.
    """

    path: Path

    @property
    def config(self) -> Path:
        """What was chosen; there is a run where this is."""
        return self.path / "config.toml"

    @property
    def report(self) -> Path:
        """What came of it; written last."""
        return self.path / "report.json"

    @property
    def checkpoints(self) -> Path:
        """States and the best model so far."""
        return self.path / "checkpoints"

    @property
    def state(self) -> Path:
        """What a run needs to go on."""
        return self.checkpoints / "state.npz"

    @property
    def logs(self) -> Path:
        """For TensorBoard."""
        return self.path / "logs"

    @property
    def cache(self) -> Path:
        """Decoded pictures, while training."""
        return self.path / "cache"

    def best(self, epoch: int) -> Path:
        """The model after an epoch (from 1) that was the best so far."""
        return self.checkpoints / f"best-{epoch:04}.keras"

    def check_new(self) -> None:
        """Make sure that a run may begin here.

        Raises:
            UsageError: something else is here, or another run.
        """
        if self.config.exists():
            raise UsageError(f"{self.path} holds a run; go on with it by --resume, or choose another --out")
        try:
            strangers = [entry.name for entry in self.path.iterdir() if entry.name not in _LEFTOVERS]
        except FileNotFoundError:
            return
        except NotADirectoryError as error:
            raise UsageError(f"--out {self.path} is a file; it must be a new or empty folder") from error
        except OSError as error:
            raise GeaccError(f"{self.path}: {error.strerror}") from error
        if strangers:
            raise UsageError(f"--out {self.path} is not empty ({min(strangers)}); choose a new or empty folder")

    def make(self) -> None:
        """Make the folders.

        Raises:
            GeaccError: that cannot be.
        """
        try:
            self.checkpoints.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GeaccError(f"cannot write to {self.path}: {error.strerror}") from error

    def read(self) -> Record:
        """What the run began with.

        Raises:
            UsageError: there is no run here.
            GeaccError: `config.toml` is damaged.
        """
        try:
            document = tomllib.loads(self.config.read_text(encoding="utf-8"))
            low, high = document["model"]["value_range"]
            return Record(
                options=Options.read(document["options"]).check(),
                data=str(document["data"]["folder"]),
                validation=str(document["data"]["validation"]),
                digest=str(document["data"]["digest"]),
                classes=tuple(map(str, document["model"]["labels"])),
                malign=tuple(map(str, document["model"]["malign_labels"])),
                value_range=(float(low), float(high)),
                precision=str(document["model"]["precision"]),
                versions={str(key): str(value) for key, value in document["versions"].items()},
            )
        except (FileNotFoundError, NotADirectoryError) as error:
            raise UsageError(f"{self.path} holds no run to resume") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError, UsageError) as error:
            raise GeaccError(f"{self.config} is damaged: {' '.join(str(error).split())[:200]}") from error

    def write(self, record: Record, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Write `config.toml`.

        Args:
            record: what the run begins with.
            counts: pictures by class, by what they are for.
        """
        tables: dict[str, Mapping[str, Any]] = {
            "options": record.options.written(),
            "data": {"folder": record.data, "validation": record.validation, "digest": record.digest},
            **{f"data.{name}_pictures": numbers for name, numbers in counts.items()},
            "model": {
                "labels": record.classes,
                "malign_labels": record.malign,
                "value_range": record.value_range,
                "precision": record.precision,
            },
            "versions": record.versions,
        }
        text = "# What this run was told, and what it began with. Written by geacc-proxy train.\n"
        for name, table in tables.items():
            text += f"\n[{name}]\n" + "".join(f"{_key(key)} = {_toml(value)}\n" for key, value in table.items())
        write_whole(self.config, text.encode())

    def write_history(self, history: Sequence[Epoch]) -> None:
        """Write `history.csv`, one line an epoch."""
        names = [field.name for field in fields(Epoch)]
        write_whole(self.path / "history.csv", _csv([names, *map(astuple, history)]))

    def write_skipped(self, skipped: Sequence[Skipped]) -> None:
        """Write `skipped.csv`, if anything was."""
        if skipped:
            rows = [(str(one.path), one.problem) for one in skipped]
            write_whole(self.path / "skipped.csv", _csv([("file", "problem"), *rows]))

    def forget_other_bests(self, epoch: int) -> None:
        """Remove the models of epochs that are no longer the best."""
        for path in self.checkpoints.glob("best-*.keras"):
            if path != self.best(epoch):
                path.unlink(missing_ok=True)

    def forget_results(self) -> None:
        """Remove what was written at the end of a run that goes on after all."""
        self.report.unlink(missing_ok=True)
        for name in _MODELS:
            (self.path / name).unlink(missing_ok=True)
            (self.path / name).with_suffix(".toml").unlink(missing_ok=True)

    def forget_cache(self) -> None:
        """Remove decoded pictures."""
        shutil.rmtree(self.cache, ignore_errors=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is whole or not there.

    Raises:
        GeaccError: it cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise GeaccError(f"cannot write {path}: {error.strerror}") from error


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogateescape")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)


def _toml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    # JSON writes text, numbers and truth as TOML does, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
