"""From a path to a model that is known to be whole: its kind, its card, its digest, its conversion where it needs one.

Light on purpose, as the registry is: neither numpy nor an engine is loaded to look a model up.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import ModelError, UsageError
from geacc_proxy.models.card import ModelCard, parse_card
from geacc_proxy.models.inferred import infer_card

if TYPE_CHECKING:
    from geacc_proxy.models.conversion import Conversion, Source

RUNNABLE_ENDINGS = (".tflite", ".onnx")
"""Endings of files that an engine runs as they are."""

CONVERTED_ENDINGS = (".h5", ".hdf5", ".keras", ".json", ".safetensors")
"""Endings of files that are converted to LiteRT, once; so are folders (SavedModel, TensorFlow.js layers, timm)."""

MODEL_ENDINGS = RUNNABLE_ENDINGS + CONVERTED_ENDINGS
"""Endings of model files."""

FOREIGN_ENDINGS = (".ckpt", ".pb", ".pkl", ".pt", ".pth", ".savedmodel")
"""Endings of model files that are recognised and not opened; some of them are programs rather than numbers."""

CONVERTED = "converted"
"""Name of the folder of conversions in the folder of models."""

_MOST_CARD_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class OpenedModel:
    """A model that agrees with its card.

    Attributes:
        card: what it is.
        path: the file that an engine runs; a converted one does not lie where its card does.
        card_path: where the card lies, or would lie.
        inferred: there is no card of its own; this one follows from what the model says of itself.
    """

    card: ModelCard
    path: Path
    card_path: Path
    inferred: bool


@dataclass(frozen=True, slots=True)
class _Located:
    """A model that is there.

    Attributes:
        path: as it was given.
        source: what is to be converted; None where an engine runs the file as it is.
        card_places: where its card may lie, the usual place first.
        names: what the card may call it.
        title: what to call it for want of a card.
    """

    path: Path
    source: Source | None
    card_places: tuple[Path, ...]
    names: frozenset[str]
    title: str

    def digest(self) -> str:
        """SHA-256 of what belongs to it."""
        if self.source is not None:
            from geacc_proxy.models.conversion import source_digest

            return source_digest(self.path)
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelError(f"model file {self.path} cannot be read: {error.strerror or error}") from error


def is_a_path(text: str, folder: Path) -> bool:
    """Whether a person means a path by this, rather than a name; a relative one is taken from `folder`."""
    if not text or "\0" in text:
        return False
    path = Path(text)
    known_ending = path.suffix.lower() in MODEL_ENDINGS + FOREIGN_ENDINGS
    if known_ending or len(path.parts) > 1 or text.startswith(("~", "/", ".")):
        return True
    return os.path.exists(folder / path)  # noqa: PTH110  (no exception where a name is too long)


def open_model(path: Path, models_dir: Path | None, card_path: Path | None = None) -> OpenedModel:
    """Check a model against its card, or infer one; convert it where no engine runs it as it is.

    Args:
        path: a file with one of `MODEL_ENDINGS`, or a folder that is a model.
        models_dir: the folder of models, where conversions are kept; None if there is no such place.
        card_path: its card; None for the one beside it, if there is one.

    Raises:
        UsageError: it must be converted, and there is no folder of models.
        MissingExtraError: what converts such files is not installed.
        ModelError: it is missing, changed, cut short, of no known kind; its card is wrong, or missing and needed.
    """
    located = _locate(path)
    places = (card_path,) if card_path else located.card_places
    where = next((place for place in places if place.exists()), None)
    card, inferred = (None, True) if where is None else (read_card(where), False)
    where = where or places[0]
    if card is not None and _is_of_another_form(located, card, where):
        card = replace(card, file=path.name, sha256=located.digest())
    elif card is not None:
        card = _agreed(located, card, where)
    if located.source is None:
        return OpenedModel(card or _infer_from_file(located, where), path, where, inferred)
    if models_dir is None:
        raise UsageError(
            f"model {path} must be converted to LiteRT, and without a state directory there is no place for it"
        )
    from geacc_proxy.models.conversion import obtain

    conversion = obtain(path, models_dir / CONVERTED, input_size=card.input_size if card else None)
    return OpenedModel(card or _infer_from_conversion(located, where, conversion), conversion.path, where, inferred)


def verify(path: Path, card_path: Path) -> ModelCard:
    """The card of a model that agrees with it; the model is neither opened nor converted.

    Raises:
        ModelError: one of the two is missing, broken, or does not agree with the other.
    """
    located = _locate(path)
    return _agreed(located, read_card(card_path), card_path)


def _locate(path: Path) -> _Located:
    try:
        return _located(path)
    except OSError as error:
        raise ModelError(f"model file {path} cannot be read: {error.strerror or error}") from error


def _located(path: Path) -> _Located:
    ending = path.suffix.lower()
    if path.is_dir() or path.name == "saved_model.pb":
        return _located_source(path)
    if not path.exists():
        raise ModelError(f"model file {path} does not exist")
    if not path.is_file():
        raise ModelError(f"model {path} is neither a file nor a folder")
    if ending in FOREIGN_ENDINGS:
        raise ModelError(f"model {path}: {ending} files are not supported; export the model to ONNX or LiteRT")
    if ending not in MODEL_ENDINGS:
        endings = f"{', '.join(MODEL_ENDINGS[:-1])} or {MODEL_ENDINGS[-1]}"
        raise ModelError(f"model {path} has an unknown kind of file name; it must end in {endings}")
    if ending not in RUNNABLE_ENDINGS:
        return _located_source(path)
    return _Located(path, None, (path.with_suffix(".toml"),), frozenset({path.name}), path.stem)


def _located_source(path: Path) -> _Located:
    from geacc_proxy.models.conversion import SourceKind, recognise

    source = recognise(path)
    if source.kind in (SourceKind.HDF5, SourceKind.KERAS):
        return _Located(path, source, (path.with_suffix(".toml"),), frozenset({path.name}), path.stem)
    folder = source.folder.resolve()  # "." has no name
    places = [folder.with_name(f"{folder.name}.toml"), folder / "model.toml", folder / "saved_model.toml"]
    if path.is_file():
        places.insert(0, path.with_suffix(".toml"))
    names = {path.name, folder.name, *source.files}
    return _Located(path, source, tuple(places), frozenset(names), folder.name)


def read_card(where: Path) -> ModelCard:
    """Read a card.

    Raises:
        ModelError: it is missing, unreadable or wrong.
    """
    try:
        with where.open("rb") as file:
            content = file.read(_MOST_CARD_BYTES + 1)
        text = content.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"model card {where} cannot be read: {error}") from error
    if len(content) > _MOST_CARD_BYTES:
        raise ModelError(f"model card {where} cannot be read: it is longer than {_MOST_CARD_BYTES} bytes")
    return parse_card(text, str(where))


def _agreed(located: _Located, card: ModelCard, where: Path) -> ModelCard:
    """The card, if it tells of this model as it is."""
    if card.file not in located.names:
        raise ModelError(f"model card {where} describes the file {card.file!r}, not {located.path.name!r}")
    digest = located.digest()
    if digest != card.sha256:
        raise ModelError(
            f"model file {located.path} is changed or cut short: its SHA-256 is {digest}, "
            f"its card says {card.sha256}; get the file again"
        )
    return card


def _is_of_another_form(located: _Located, card: ModelCard, where: Path) -> bool:
    """Whether a card tells of another form of the same model, as training leaves it: x.h5 and x.tflite, with x.toml."""
    return (
        located.source is not None
        and card.file not in located.names
        and Path(card.file).stem == where.stem
        and (where.parent / card.file).is_file()
    )


def _infer_from_file(located: _Located, where: Path) -> ModelCard:
    from geacc_proxy.models.describing import describe

    description = describe(located.path)
    with _needing_a_card(located, where):
        return infer_card(
            description,
            name=located.title,
            file=located.path.name,
            sha256=located.digest(),
            source=str(located.path),
        )


def _infer_from_conversion(located: _Located, where: Path, conversion: Conversion) -> ModelCard:
    with _needing_a_card(located, where):
        return infer_card(
            conversion.description,
            name=located.title,
            file=located.path.name,
            sha256=conversion.source_sha256,
            source=str(located.path),
            labels=conversion.labels,
            value_range=conversion.value_range,
            mean=conversion.mean,
            std=conversion.std,
        )


@contextlib.contextmanager
def _needing_a_card(located: _Located, where: Path) -> Iterator[None]:
    try:
        yield
    except ModelError as error:
        raise ModelError(f"model {located.path} has no card, which would be {where}: {error}") from error
