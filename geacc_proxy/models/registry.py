"""The registry: from a model's name or path to a file that is known to be whole.

Light on purpose: the proxy process asks it at start, and neither numpy nor an engine is loaded for that.

Models that were installed lie in the state directory, each in a folder of its name: `models/<name>/<name>.toml` is the
card, and beside it is the file that the card names. `models/default` holds the name of the model that is used where
nobody says which.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from geacc_proxy.exceptions import GeaccError, ModelError, UsageError
from geacc_proxy.models.card import ModelCard
from geacc_proxy.models.opening import CONVERTED, OpenedModel, is_a_path, open_model, read_card, verify

EMBEDDED = "embedded"
"""The word for the model that comes with the package."""

EMBEDDED_STEM = "nsfwjs-mobilenet_v2"
"""Its card's name, and the name of its files without ending."""

MODELS = "models"
"""Name of the folder of models in the state directory."""

DEFAULT = "default"
"""Name of the file there that holds the name of the default model."""

PARTIAL = "partial"
"""Name of the folder there of downloads under way."""

RESERVED_NAMES = frozenset({CONVERTED, DEFAULT, EMBEDDED, EMBEDDED_STEM, PARTIAL})
"""Names that no installed model can have."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_REFERENCE = re.compile(rf"({_NAME.pattern})(?:@([A-Za-z0-9][A-Za-z0-9._+-]*))?")


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model on this machine whose file agrees with its card.

    Attributes:
        card: what it is.
        path: the file that an engine runs.
        second: the model that its card names for a second opinion.
        inferred: it has no card of its own; this one follows from what the model says of itself.
    """

    card: ModelCard
    path: Path
    second: InstalledModel | None = None
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class BrokenModel:
    """A folder among the installed models that holds none, or one that cannot be used.

    Attributes:
        name: the folder's name.
        problem: what is wrong, one line.
    """

    name: str
    problem: str


def find(name_or_path: str | None = None, state_dir: Path | None = None) -> InstalledModel:
    """Find a model and check its file against its card.

    Args:
        name_or_path: None for the default model. Else `embedded`, the embedded model's name, or the name of an
            installed one, each with or without `@version`; or the path of a model file or folder, with its card beside
            it where none can be inferred. Models that no engine runs as they are (Keras, SavedModel, TensorFlow.js,
            timm) are converted to LiteRT once.
        state_dir: the state directory. Without one there are no installed models and no conversions, and the default is
            the embedded model.

    Returns:
        The model; its file had the card's SHA-256 a moment ago.

    Raises:
        UsageError: no model has that name; or it must be converted, and there is no state directory.
        MissingExtraError: it must be converted, and what does that is not installed.
        ModelError: the file or its card is missing, changed, cut short, or of a kind that is not supported.
    """
    models_dir = None if state_dir is None else state_dir / MODELS
    if name_or_path is None:
        name_or_path = (default_name(state_dir) if state_dir else None) or EMBEDDED
    found = _open(name_or_path, models_dir, Path())
    second = _second(found, models_dir)
    return InstalledModel(found.card, found.path, second, found.inferred)


def installed(state_dir: Path) -> list[InstalledModel]:
    """The models that have names: the embedded one, then those in the state directory by name.

    None of them is opened or converted for that: the path of one that is to be converted is that of its source, and
    `second` is None. Folders that hold no usable model are left out; see `broken`.
    """
    return _survey(state_dir)[0]


def broken(state_dir: Path) -> list[BrokenModel]:
    """What lies among the installed models and cannot be used, by name."""
    return _survey(state_dir)[1]


def default_name(state_dir: Path) -> str | None:
    """The name of the model that is used where nobody says which; None if nobody chose one.

    Raises:
        ModelError: what was chosen cannot be read.
    """
    path = state_dir / MODELS / DEFAULT
    try:
        with path.open("rb") as file:
            name = file.read(4096).decode().strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"the name of the default model cannot be read from {path}: {error}") from error
    if not _NAME.fullmatch(name):
        raise ModelError(
            f"{path} holds {name[:80]!r}, no name of a model; choose one with: geacc-proxy models use NAME"
        )
    return name


def set_default(state_dir: Path, name: str) -> None:
    """Use a model from now on where nobody says which.

    Args:
        state_dir: the state directory; made if it is missing.
        name: `embedded`, or the name of an installed model; with or without `@version`, which is checked and not kept.

    Raises:
        UsageError: no model has that name.
        ModelError: it is broken, or the state directory cannot be written.
    """
    models_dir = state_dir / MODELS
    opened = _open_named(name, models_dir)
    if opened is None:
        raise _unknown(name, models_dir)
    path = models_dir / DEFAULT
    chosen = EMBEDDED if opened.card.name == EMBEDDED_STEM else opened.card.name
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        _write(path, f"{chosen}\n")
    except OSError as error:
        raise ModelError(f"{path} cannot be written: {error.strerror or error}") from error


def _open(name_or_path: str, models_dir: Path | None, folder: Path) -> OpenedModel:
    """Open a model by its name, or by its path, which a relative one takes from `folder`."""
    opened = _open_named(name_or_path, models_dir)
    if opened is not None:
        return opened
    if not is_a_path(name_or_path, folder):
        raise _unknown(name_or_path, models_dir)
    try:
        path = Path(name_or_path).expanduser()
    except RuntimeError as error:  # ~somebody, whom the system does not know
        raise ModelError(f"model file {name_or_path} does not exist: {error}") from error
    return open_model(folder / path, models_dir)


def _open_named(reference: str, models_dir: Path | None) -> OpenedModel | None:
    match = _REFERENCE.fullmatch(reference)
    if not match:
        return None
    name, version = match.groups()
    if name in (EMBEDDED, EMBEDDED_STEM):
        opened = open_model(_embedded_folder() / f"{EMBEDDED_STEM}.tflite", None)
    elif models_dir and name not in RESERVED_NAMES and (models_dir / name).is_dir():
        opened = open_model(_installed_file(models_dir / name), models_dir, _installed_card(models_dir / name))
    else:
        return None
    if version and version != opened.card.version:
        raise UsageError(f"no model {reference!r} here; there is {opened.card.identity!r}")
    return opened


def _installed_card(folder: Path) -> Path:
    return folder / f"{folder.name}.toml"


def _installed_file(folder: Path) -> Path:
    """The model's file or folder; it need not exist."""
    card_path = _installed_card(folder)
    if not card_path.exists():
        raise ModelError(f"the installed model {folder} has no card {card_path.name}; install it again")
    card = read_card(card_path)
    if card.name != folder.name:
        raise ModelError(
            f"model card {card_path}: name = {card.name!r} is not the name of its folder; install it again"
        )
    return folder / card.file


def _survey(state_dir: Path) -> tuple[list[InstalledModel], list[BrokenModel]]:
    models, problems = [find(EMBEDDED)], []
    for folder in _folders(state_dir / MODELS):
        try:
            if folder.name in RESERVED_NAMES or not _NAME.fullmatch(folder.name):
                raise ModelError(f"no installed model can have the name of the folder {folder}")
            path = _installed_file(folder)
            models.append(InstalledModel(verify(path, _installed_card(folder)), path))
        except GeaccError as error:
            problems.append(BrokenModel(folder.name, str(error)))
    return models, problems


def _folders(models_dir: Path) -> list[Path]:
    try:
        entries = sorted(models_dir.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ModelError(f"the installed models in {models_dir} cannot be read: {error.strerror or error}") from error
    ours = {CONVERTED, PARTIAL}
    return [entry for entry in entries if entry.is_dir() and entry.name not in ours and not entry.name.startswith(".")]


def _second(found: OpenedModel, models_dir: Path | None) -> InstalledModel | None:
    """The model that a card names for a second opinion; what that one's own card names does not count."""
    opinion = found.card.second
    if opinion is None:
        return None
    where = f"model card {found.card_path}: second.model = {opinion.model!r}"
    try:
        second = _open(opinion.model, models_dir, found.card_path.parent)
    except (ModelError, UsageError) as error:
        raise ModelError(f"{where}: {error}") from error
    if second.card.identity == found.card.identity:
        raise ModelError(f"{where} is the model itself; it must be another one")
    return InstalledModel(second.card, second.path, inferred=second.inferred)


def _unknown(name: str, models_dir: Path | None) -> UsageError:
    known = [EMBEDDED, EMBEDDED_STEM]
    with contextlib.suppress(ModelError):
        known += (
            [folder.name for folder in _folders(models_dir) if folder.name not in RESERVED_NAMES] if models_dir else []
        )
    return UsageError(
        f"unknown model {name!r}; here are {', '.join(map(repr, known))}; `geacc-proxy models list` tells which "
        "there are to get, and the path of a model file is as good as a name"
    )


def _embedded_folder() -> Path:
    folder = resources.files("geacc_proxy.models").joinpath(EMBEDDED)
    if not isinstance(folder, Path):
        raise ModelError(f"the embedded model is inside an archive ({folder}); install the package unpacked")
    return folder


def _write(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all."""
    handle, draft = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
