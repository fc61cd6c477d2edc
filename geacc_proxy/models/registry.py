"""The registry: from a model's name or path to a file that is known to be whole.

Light on purpose: the proxy process asks it at start, and neither numpy nor an engine is loaded for that.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from geacc_proxy.exceptions import ModelError, UsageError
from geacc_proxy.models.card import ModelCard, parse_card

EMBEDDED = "embedded"
"""The word for the model that comes with the package."""

EMBEDDED_STEM = "nsfwjs-mobilenet_v2"
"""Its card's name, and the name of its files without ending."""

MODEL_ENDINGS = (".tflite",)
"""Endings of files that an engine can run."""

FOREIGN_ENDINGS = (".h5", ".hdf5", ".keras", ".onnx", ".pb", ".pt", ".pth", ".safetensors", ".savedmodel")
"""Endings of model files that are recognised and not supported."""


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model on this machine whose file agrees with its card.

    Attributes:
        card: what it is.
        path: the model file.
    """

    card: ModelCard
    path: Path


def find(name_or_path: str | None = None) -> InstalledModel:
    """Find a model and check its file against its card.

    Args:
        name_or_path: None, `embedded` or the embedded model's name (with or without `@version`) for the
            model in the package; or the path of a `.tflite` file with its card `<stem>.toml` beside it.

    Returns:
        The model; its file had the card's SHA-256 a moment ago.

    Raises:
        UsageError: no model has that name.
        ModelError: the file or its card is missing, changed, cut short, or of a kind that is not supported.
    """
    if name_or_path is None or name_or_path in (EMBEDDED, EMBEDDED_STEM):
        return _load(_embedded_folder() / f"{EMBEDDED_STEM}.tflite")
    if name_or_path.startswith(f"{EMBEDDED_STEM}@"):
        embedded = find()
        if name_or_path == embedded.card.identity:
            return embedded
        raise UsageError(f"no model {name_or_path!r} here; this package carries {embedded.card.identity!r}")
    if not _is_a_path(name_or_path):
        raise UsageError(
            f"unknown model {name_or_path!r}; known are {EMBEDDED!r}, {EMBEDDED_STEM!r} "
            "and paths of .tflite files with a card beside them"
        )
    return _load(Path(name_or_path).expanduser())


def _embedded_folder() -> Path:
    folder = resources.files("geacc_proxy.models").joinpath(EMBEDDED)
    if not isinstance(folder, Path):
        raise ModelError(f"the embedded model is inside an archive ({folder}); install the package unpacked")
    return folder


def _is_a_path(text: str) -> bool:
    if not text or "\0" in text:
        return False
    path = Path(text)
    known_ending = path.suffix.lower() in MODEL_ENDINGS + FOREIGN_ENDINGS
    return known_ending or len(path.parts) > 1 or text.startswith(("~", "/")) or path.exists()


def _load(path: Path) -> InstalledModel:
    ending = path.suffix.lower()
    if not path.exists():
        raise ModelError(f"model file {path} does not exist")
    if ending in FOREIGN_ENDINGS or path.is_dir():
        kind = f"{ending} models are" if ending else "a folder is"
        raise ModelError(
            f"model {path}: {kind} not supported yet; convert it to LiteRT (.tflite) with a card beside it"
        )
    if ending not in MODEL_ENDINGS:
        raise ModelError(f"model {path} has an unknown kind of file name; it must end in .tflite")
    card = _read_card(path)
    _verify(path, card)
    return InstalledModel(card=card, path=path)


def _read_card(path: Path) -> ModelCard:
    where = path.with_suffix(".toml")
    try:
        text = where.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ModelError(f"model {path} has no card; its card would be {where}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"model card {where} cannot be read: {error}") from error
    card = parse_card(text, str(where))
    if card.file != path.name:
        raise ModelError(f"model card {where} describes the file {card.file!r}, not {path.name!r}")
    return card


def _verify(path: Path, card: ModelCard) -> None:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"model file {path} cannot be read: {error.strerror or error}") from error
    if digest != card.sha256:
        raise ModelError(
            f"model file {path} is changed or cut short: its SHA-256 is {digest}, "
            f"its card says {card.sha256}; get the file again"
        )
