"""Where a model's files are, and which of them belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import unquote, urlsplit

from geacc_proxy.exceptions import UsageError
from geacc_proxy.models.addresses import Hub, HubFile, beside, check_address, file_name, parse_hub_file, shown
from geacc_proxy.models.fetching import Fetcher, Observer, Wanted
from geacc_proxy.models.opening import CONVERTED_ENDINGS, RUNNABLE_ENDINGS
from geacc_proxy.models.store import name_from

_SAVED_MODEL = "saved_model.pb"
_TIMM = "model.safetensors"
_SAVED_VARIABLES = ("variables/variables.index", "variables/variables.data-00000-of-00001")
_SAYING_NOTHING = frozenset({"model", "saved_model", "weights", "best", "default", "pytorch_model"})
"""Names that files of any model have: the folder's name says more."""


class Origin(Protocol):
    """A folder somewhere else, and one file in it that was asked for."""

    @property
    def main(self) -> str:
        """Name of the file that was asked for."""

    @property
    def title(self) -> str:
        """What a model from there may be called."""

    @property
    def provenance(self) -> str:
        """Where it comes from, for a person; without secrets."""

    def wanted(self, name: str, sha256: str | None = None) -> Wanted:
        """A file of the folder, by its name relative to the one that was asked for."""


@dataclass(frozen=True, slots=True)
class WebOrigin:
    """A file at an https address, and those beside it.

    Attributes:
        address: of the file that was asked for.
        hub: where the address may be at.
    """

    address: str
    hub: Hub

    @property
    def main(self) -> str:
        """The last part of the address."""
        return file_name(self.address)

    @property
    def title(self) -> str:
        """The file's name, or the folder's where that says more."""
        return title_of([unquote(part) for part in urlsplit(self.address).path.split("/") if part])

    @property
    def provenance(self) -> str:
        """The address without its query."""
        return shown(self.address)

    def wanted(self, name: str, sha256: str | None = None) -> Wanted:
        """A file beside the one that was asked for."""
        address = self.address if name == self.main else beside(self.address, name)
        return Wanted(address, sha256, hub=self.hub if self.hub.owns(address) else None)


@dataclass(frozen=True, slots=True)
class HubOrigin:
    """A file in a repository of the Hugging Face hub, and those beside it.

    Attributes:
        file: the one that was asked for.
        hub: the hub.
    """

    file: HubFile
    hub: Hub

    @property
    def main(self) -> str:
        """The file's name."""
        return PurePosixPath(self.file.path).name

    @property
    def title(self) -> str:
        """The file's name, or the folder's or repository's where that says more."""
        return title_of([*self.file.repo.split("/"), *self.file.path.split("/")])

    @property
    def provenance(self) -> str:
        """As it is asked for, with its revision."""
        return f"hf:{self.file.repo}@{self.file.revision}/{self.file.path}"

    def wanted(self, name: str, sha256: str | None = None) -> Wanted:
        """A file beside the one that was asked for."""
        path = str(PurePosixPath(self.file.path).parent / name)
        return Wanted(self.file.address(path, self.hub.origin), sha256, hub=self.hub)


def parse_origin(text: str, hub: Hub) -> Origin:
    """Read an https address or `hf:owner/repo/file`; a repository alone stands for its timm model.

    Raises:
        UsageError: neither, or a file of a kind that no engine runs and nothing converts.
    """
    origin: Origin
    if text.startswith("hf:"):
        file = parse_hub_file(text)
        origin = HubOrigin(file if file.path else HubFile(file.repo, file.revision, _TIMM), hub)
    else:
        origin = WebOrigin(check_address(text), hub)
    name = origin.main.lower()
    if name != _SAVED_MODEL and not name.endswith(RUNNABLE_ENDINGS + CONVERTED_ENDINGS):
        known = f"{', '.join(RUNNABLE_ENDINGS + CONVERTED_ENDINGS)} or {_SAVED_MODEL}"
        raise UsageError(f"{origin.provenance}: what it leads to is no model by its name, which must end in {known}")
    return origin


def is_runnable(name: str) -> bool:
    """Whether an engine runs a file of this name as it is."""
    return name.lower().endswith(RUNNABLE_ENDINGS)


def gather(fetcher: Fetcher, origin: Origin, folder: Path, sha256: str | None, watcher: Watcher) -> Path:
    """Fetch the file that was asked for, and what belongs to it.

    Args:
        fetcher: fetches.
        origin: where they are.
        folder: where they go.
        sha256: what the file that was asked for must be; None where nobody knows.
        watcher: who watches.

    Returns:
        The file that was asked for, with the others beside it.

    Raises:
        GeaccError: as `Fetcher.fetch`.
        ModelError: the file names others that cannot belong to it.
    """
    for file in folder.rglob("*"):
        # Nobody knows of which version a whole file is: all are to be of one.
        if file.is_file() and not file.name.endswith((".part", ".part.json")):
            file.unlink()
    main = folder / origin.main
    watcher.began(origin.main)
    fetcher.fetch(origin.wanted(origin.main, sha256), main, watcher)
    for name in _companions(main):
        watcher.began(name)
        fetcher.fetch(origin.wanted(name), folder / name, watcher)
    return main


class Watcher(Observer, Protocol):
    """Somebody who watches a model come."""

    def began(self, file: str) -> None:
        """Told before each file."""

    def doing(self, what: str) -> None:
        """Told before what takes a while and is no download: `Converting it to LiteRT`."""


def _companions(main: Path) -> tuple[str, ...]:
    name = main.name.lower()
    if name == _SAVED_MODEL:
        return _SAVED_VARIABLES
    if name.endswith(".safetensors"):
        return ("config.json",)
    if name.endswith(".json"):
        from geacc_proxy.models.conversion.sources import read_json, tfjs_shards

        return tfjs_shards(read_json(main), main)
    return ()


def title_of(parts: Sequence[str]) -> str:
    """What a model may be called: the last part of its path without ending, or the one before where that says more."""
    stem = name_from(PurePosixPath(parts[-1]).stem) if parts else ""
    if stem.lower() in _SAYING_NOTHING and len(parts) > 1:
        return name_from(parts[-2]) or stem
    return stem
