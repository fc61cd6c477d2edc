"""The catalogue: models that can be pulled by name, with all that is known of them before they are here."""

from __future__ import annotations

import base64
import binascii
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.addresses import HubFile, check_address
from geacc_proxy.models.card import ModelCard, parse_card
from geacc_proxy.models.conversion import PRECISIONS, Precision

_NO_DIGEST = "0" * 64
_SOURCES = ("tfjs", "hub", "package", "embedded")


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A file at an address.

    Attributes:
        name: where it belongs in the model's folder.
        address: where it is.
        size: bytes.
        sha256: its digest.
    """

    name: str
    address: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """The same files in a package of npm.

    Attributes:
        package: its name.
        version: its version, an exact one.
        sha512: digest of its archive, as its publisher lists it.
        size: of the archive, bytes.
        folder: where the model's files are within.
    """

    package: str
    version: str
    sha512: bytes
    size: int
    folder: str


@dataclass(frozen=True, slots=True)
class TfjsSource:
    """A TensorFlow.js layers model, file by file.

    Attributes:
        files: all of them, `model.json` first.
        npm: another way to them; None for none.
        precision: what it is converted to.
    """

    files: tuple[PinnedFile, ...]
    npm: NpmPackage | None
    precision: Precision = "float32"


@dataclass(frozen=True, slots=True)
class HubSource:
    """Files of a repository on the Hugging Face hub; it tells their digests itself.

    Attributes:
        files: all of them.
    """

    files: tuple[HubFile, ...]


@dataclass(frozen=True, slots=True)
class PackageSource:
    """A model file that lies in a Python package.

    Attributes:
        module: the package's import name.
        extra: the extra of geacc-proxy that installs it.
        file: the file's name in it.
        size: bytes.
        sha256: its digest.
    """

    module: str
    extra: str
    file: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class EmbeddedSource:
    """The file of the embedded model, under another card."""


Source = TfjsSource | HubSource | PackageSource | EmbeddedSource
"""Where a model comes from."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that can be pulled.

    Attributes:
        card: its card; `file` and `sha256` are not known yet, and stand for nothing.
        about: what it is good for, in a few words.
        source: where it comes from.
    """

    card: ModelCard
    about: str
    source: Source

    @property
    def name(self) -> str:
        """What it is pulled by."""
        return self.card.name

    @property
    def converted(self) -> bool:
        """Whether it must be converted to LiteRT, which TensorFlow does."""
        return isinstance(self.source, TfjsSource | HubSource)

    @property
    def kind(self) -> str:
        """What comes of it, in a word: the engine, or `cascade`."""
        if self.card.second is not None:
            return "cascade"
        return "ONNX" if isinstance(self.source, PackageSource) else "LiteRT"

    @property
    def size(self) -> int | None:
        """Bytes to fetch or copy; None where there are none, or nobody knows how many."""
        match self.source:
            case TfjsSource(files=files):
                return sum(file.size for file in files)
            case PackageSource(size=size):
                return size
        return None


@cache
def catalogue() -> Mapping[str, Entry]:
    """All entries by name, in their order.

    Raises:
        ModelError: the catalogue in the package is broken.
    """
    file = resources.files("geacc_proxy.models").joinpath("catalogue.toml")
    return parse_catalogue(file.read_text(encoding="utf-8"), "catalogue.toml")


def parse_catalogue(text: str, where: str) -> Mapping[str, Entry]:
    """Read a catalogue.

    Args:
        text: TOML, a `[[model]]` for each entry.
        where: its name, for messages.

    Returns:
        The entries by name, in their order.

    Raises:
        ModelError: no TOML, a card that is wrong, a source that is missing or wrong, or a name twice.
    """
    try:
        tables = tomllib.loads(text)["model"]
        entries = [_entry(table, where) for table in tables]
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"{where} is no TOML: {' '.join(str(error).split())}") from error
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error) as error:
        raise ModelError(f"{where}: an entry is wrong: {type(error).__name__} {error}") from error
    by_name = {entry.name: entry for entry in entries}
    if len(by_name) != len(entries):
        raise ModelError(f"{where}: two entries have the same name")
    return by_name


def _entry(table: Mapping[str, Any], where: str) -> Entry:
    card = table["card"]
    name = str(card["name"])
    found = [source for source in _SOURCES if source in table]
    if len(found) != 1:
        raise ModelError(f"{where}: {name} must come from one of {', '.join(_SOURCES)}")
    unknown = table.keys() - {"card", "about", "npm", *_SOURCES}
    if unknown:
        raise ModelError(f"{where}: {name} has the unknown key {min(unknown)!r}")
    source = _source(found[0], table[found[0]], table.get("npm"))
    ending = "onnx" if isinstance(source, PackageSource) else "tflite"
    document = {**card, "file": f"{name}.{ending}", "sha256": _NO_DIGEST}
    return Entry(parse_card(_toml(document), f"{where} ({name})"), str(table["about"]), source)


def _source(kind: str, table: Mapping[str, Any], npm: Mapping[str, Any] | None) -> Source:
    match kind:
        case "tfjs":
            base = check_address(table["address"])
            files = tuple(
                PinnedFile(file["name"], base + file["name"], _size(file["bytes"]), _sha256(file["sha256"]))
                for file in table["files"]
            )
            return TfjsSource(files, _npm(npm) if npm else None, _precision(table.get("precision", "float32")))
        case "hub":
            return HubSource(tuple(HubFile(table["repo"], table["revision"], path) for path in table["files"]))
        case "package":
            digest, size = _sha256(table["sha256"]), _size(table["bytes"])
            return PackageSource(table["module"], table["extra"], table["file"], size, digest)
        case _:
            return EmbeddedSource()


def _npm(table: Mapping[str, Any]) -> NpmPackage:
    digest = base64.b64decode(table["integrity"].removeprefix("sha512-"), validate=True)
    if len(digest) != 64:
        raise ValueError("an integrity that is no SHA-512")
    return NpmPackage(table["package"], table["version"], digest, _size(table["bytes"]), table["folder"])


def _precision(word: str) -> Precision:
    for precision in PRECISIONS:
        if word == precision:
            return precision
    raise ValueError(f"{word!r} is none of the precisions {', '.join(PRECISIONS)}")


def _sha256(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError(f"{text!r} is no SHA-256")
    return text


def _size(value: int) -> int:
    if type(value) is not int or value <= 0:
        raise ValueError(f"{value!r} is no number of bytes")
    return value


def _toml(document: Mapping[str, Any], prefix: str = "") -> str:
    """A parsed document as TOML again, so that a card in the catalogue is read as any card is."""
    lines = [
        f"{prefix}{key} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in document.items()
        if not isinstance(value, dict)
    ]
    tables = [_toml(value, f"{prefix}{key}.") for key, value in document.items() if isinstance(value, dict)]
    return "".join(lines + tables)
