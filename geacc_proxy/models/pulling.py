"""Pulling: from a name or an address to an installed model, by way of a folder where it may still prove to be none."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from geacc_proxy.exceptions import GeaccError, MissingExtraError, ModelError, UsageError
from geacc_proxy.models.addresses import HUB_PREFIX, Hub, HubFile
from geacc_proxy.models.card import ModelCard, format_card
from geacc_proxy.models.catalogue import (
    EmbeddedSource,
    Entry,
    HubSource,
    NpmPackage,
    PackageSource,
    PinnedFile,
    TfjsSource,
    catalogue,
)
from geacc_proxy.models.conversion import Precision
from geacc_proxy.models.fetching import DigestError, Fetcher, Wanted, check_space
from geacc_proxy.models.origins import Origin, Watcher, gather, is_runnable, parse_origin
from geacc_proxy.models.registry import EMBEDDED, EMBEDDED_STEM, InstalledModel, find
from geacc_proxy.models.store import check_name, install, models_folder, workplace
from geacc_proxy.models.transport import FetchError
from geacc_proxy.models.trial import try_model

Via = Literal["auto", "files", "npm"]
"""How to come to a model that is in more places than one."""

_ROOM = 6
"""A conversion takes so many times the source's size of the disk: bytes become float32, twice for a moment."""


@dataclass(frozen=True, slots=True)
class PullOrder:
    """What a person wants.

    Attributes:
        what: a name of the catalogue, an https address, or `hf:owner/repo/file`.
        name: what to call it here; empty for the name that it brings.
        card: its card; None for none.
        sha256: what the file must be; empty where nobody knows.
        via: how to come to it.
        anew: fetch it although it is here, and put it in the place of what has its name.
    """

    what: str
    name: str = ""
    card: Path | None = None
    sha256: str = ""
    via: Via = "auto"
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of it.

    Attributes:
        model: the model, installed.
        was_here: nothing was fetched: it was installed already.
        way: how it came, in a few words.
    """

    model: InstalledModel
    was_here: bool
    way: str


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A model file in the workplace.

    Attributes:
        file: the model.
        card: its card, with the file's own name and digest.
        way: how it came.
    """

    file: Path
    card: ModelCard
    way: str


class Puller:
    """Pulls models into one state directory."""

    def __init__(
        self, state_dir: Path, watcher: Watcher, fetcher: Fetcher | None = None, hub: Hub | None = None
    ) -> None:
        """Say where to, and who watches.

        Args:
            state_dir: the state directory.
            watcher: told what happens.
            fetcher: fetches; a new one if None.
            hub: the Hugging Face hub; the real one if None.
        """
        self._state_dir = state_dir
        self._models = models_folder(state_dir)
        self._watcher = watcher
        self._fetcher = fetcher or Fetcher()
        self._hub = hub or Hub.of_environment()

    def pull(self, order: PullOrder) -> Pulled:
        """Install a model.

        Raises:
            UsageError: there is no such model, the order contradicts itself, or the name is taken.
            MissingExtraError: what is needed to convert or run it is not installed; nothing was fetched.
            FetchError: it could not be had; what came stays for the next attempt.
            DigestError: it is not what it should be; it was deleted.
            ModelError: it is no model that can be used; it was deleted.
            GeaccError: the disk is full or cannot be written.
        """
        if order.what.partition("@")[0] in (EMBEDDED, EMBEDDED_STEM):
            if order != PullOrder(order.what):
                raise UsageError(
                    f"{order.what} comes with the package; {EMBEDDED_STEM}-float32 is what can be pulled of it"
                )
            return Pulled(find(order.what), was_here=True, way="")
        entry = catalogue().get(order.what.partition("@")[0])
        if entry is not None:
            return self._pull_entry(entry, order)
        if order.via != "auto":
            raise UsageError(f"--via is for models of the catalogue, and {order.what!r} is none")
        if "://" not in order.what and not order.what.startswith(HUB_PREFIX):
            raise UsageError(
                f"unknown model {order.what!r}; pull takes an https address, hf:owner/repo/file, or one of "
                f"{', '.join(catalogue())}"
            )
        return self._pull_origin(parse_origin(order.what, self._hub), order)

    def _pull_entry(self, entry: Entry, order: PullOrder) -> Pulled:
        _, at, version = order.what.partition("@")
        if at and version != entry.card.version:
            raise UsageError(f"no model {order.what!r} in the catalogue; there is {entry.card.identity!r}")
        if order.card is not None or order.sha256:
            raise UsageError(f"--card and --sha256 are for addresses; {entry.name} has both in the catalogue")
        has_ways = entry.card.second is not None or (isinstance(entry.source, TfjsSource) and entry.source.npm)
        if order.via != "auto" and not has_ways:
            raise UsageError(f"--via is for models that there are several ways to; to {entry.name} there is one")
        name = check_name(order.name or entry.name)
        self._require(entry.name, converted=entry.converted, package=entry.source)
        if entry.card.second is not None:
            # The second opinion first: without it, what asks for it could not be opened.
            self.pull(PullOrder(entry.card.second.model, via=order.via))
        card = replace(entry.card, name=name)

        def is_it(here: ModelCard) -> bool:
            return here.version.partition("+")[0] == card.version and card.source in here.source

        return self._install(
            name,
            entry.name,
            None if order.anew else is_it,
            lambda place: self._from_entry(entry, card, place, order.via),
        )

    def _pull_origin(self, origin: Origin, order: PullOrder) -> Pulled:
        given = None
        if order.card is not None:
            from geacc_proxy.models.fitting import read_given_card

            given = read_given_card(order.card)
        sha256 = _parse_sha256(order.sha256)
        name = check_name(order.name or (given.name if given else "") or origin.title or "model")
        self._require(origin.provenance, converted=not is_runnable(origin.main), package=None)
        if origin.main.lower().endswith(".onnx") and not _is_there("onnxruntime"):
            raise MissingExtraError(f"running {origin.provenance}", "onnx")

        def is_it(here: ModelCard) -> bool:
            return given is None and origin.provenance in here.source and sha256 in here.source

        def prepare(place: Path) -> _Prepared:
            main = gather(self._fetcher, origin, place / "source", sha256 or None, self._watcher)
            return self._from_files(main, name, given, origin, place)

        return self._install(name, origin.provenance, None if order.anew else is_it, prepare)

    def _install(
        self,
        name: str,
        called: str,
        is_it: Callable[[ModelCard], bool] | None,
        prepare: Callable[[Path], _Prepared],
    ) -> Pulled:
        """Prepare a model, try it, and put it where it belongs.

        Args:
            name: to install it under.
            called: what it is, for messages about files that will be gone.
            is_it: whether an installed model is the one that is wanted; None to replace it in any case.
            prepare: makes the model in a folder.
        """
        if is_it is not None and (here := self._here(name, is_it)):
            return here
        with self._workplace(name) as place, _called(place, called):
            if is_it is not None and (here := self._here(name, is_it)):
                return here  # another process was at it
            prepared = prepare(place)
            staged = place / "staged"
            shutil.rmtree(staged, ignore_errors=True)
            staged.mkdir()
            file = prepared.file.replace(staged / prepared.card.file)
            file.with_suffix(".toml").write_text(format_card(prepared.card), encoding="utf-8")
            self._watcher.doing("Opening it once")
            try_model(str(file), self._state_dir)
            install(staged, self._models, name)
        return Pulled(find(name, self._state_dir), was_here=False, way=prepared.way)

    def _from_files(self, main: Path, name: str, given: ModelCard | None, origin: Origin, place: Path) -> _Prepared:
        """Make a model that an engine runs of what was fetched from an address."""
        from geacc_proxy.models.fitting import card_of_file, check_given

        if not is_runnable(main.name):
            return self._converted(main, name, given, origin.provenance, place)
        file = main.replace(place / f"{name}{main.suffix.lower()}")
        digest = _sha256(file)
        came = f"{origin.provenance}, SHA-256 {digest}"
        if given is None:
            card = card_of_file(file, name, digest, came)
        else:
            check_given(given, digest, origin.provenance)
            card = replace(given, source=f"{given.source}; fetched from {came}")
        return _Prepared(file, replace(card, name=name, file=file.name, sha256=digest), "fetched")

    def _from_entry(self, entry: Entry, card: ModelCard, place: Path, via: Via) -> _Prepared:
        """Make a model that an engine runs of what the catalogue names."""
        match entry.source:
            case PackageSource() as package:
                file = place / f"{card.name}.onnx"
                _copy(_packaged_file(package), file, package.sha256)
                card = replace(card, file=file.name, sha256=package.sha256)
                return _Prepared(file, card, f"copied from the package {package.module}")
            case EmbeddedSource():
                embedded = find(EMBEDDED)
                file = place / f"{card.name}.tflite"
                _copy(embedded.path, file, embedded.card.sha256)
                return _Prepared(
                    file, replace(card, file=file.name, sha256=embedded.card.sha256), "made of models here"
                )
            case TfjsSource() as tfjs:
                source = place / "source"
                way = self._gather_tfjs(tfjs, source, place, via)
                came = f"{card.source}, {way}"
                prepared = self._converted(
                    source / "model.json", card.name, card, came, place, precision=tfjs.precision
                )
                return replace(prepared, way=f"{way}, {prepared.way}")
            case HubSource(files=files):
                return self._from_hub(files, card, place)

    def _from_hub(self, files: tuple[HubFile, ...], card: ModelCard, place: Path) -> _Prepared:
        source = place / "source"
        for file in files:
            self._watcher.began(file.path)
            wanted = Wanted(file.address(origin=self._hub.origin), hub=self._hub)
            self._fetcher.fetch(wanted, source / file.path, self._watcher)
        prepared = self._converted(source, card.name, card, card.source, place, fit=True)
        return replace(prepared, way=f"fetched, {prepared.way}")

    def _gather_tfjs(self, tfjs: TfjsSource, source: Path, place: Path, via: Via) -> str:
        source.mkdir(exist_ok=True)
        if via != "npm" or tfjs.npm is None:
            try:
                for file in tfjs.files:
                    self._fetch_pinned(file, source / file.name)
            except FetchError:
                from geacc_proxy.models.npm import npm_client

                if via == "files" or tfjs.npm is None or npm_client() is None:
                    raise
            else:
                return "file by file"
        return self._gather_npm(tfjs.npm, tfjs.files, source, place)

    def _fetch_pinned(self, file: PinnedFile, target: Path) -> None:
        if target.exists() and target.stat().st_size == file.size and _sha256(target) == file.sha256:
            return
        self._watcher.began(file.name)
        self._fetcher.fetch(Wanted(file.address, file.sha256, file.size), target, self._watcher)

    def _gather_npm(self, package: NpmPackage, files: tuple[PinnedFile, ...], source: Path, place: Path) -> str:
        from geacc_proxy.models.npm import pack, unpack

        what = f"npm package {package.package} {package.version}"
        self._watcher.doing(f"Fetching {what}")
        check_space(place, package.size + sum(file.size for file in files))
        archive = pack(package, place)
        unpack(archive, package, files, source)
        archive.unlink()
        return f"from the {what}"

    def _converted(
        self,
        source: Path,
        name: str,
        given: ModelCard | None,
        came: str,
        place: Path,
        *,
        fit: bool = False,
        precision: Precision = "float32",
    ) -> _Prepared:
        """Convert a model.

        Args:
            source: it.
            name: for its card and file.
            given: its card; None to infer it.
            came: where it comes from.
            place: the workplace.
            fit: let the card follow what the source says, and its version the source's digest.
            precision: what to convert it to.
        """
        from geacc_proxy.models.conversion import convert, source_digest
        from geacc_proxy.models.fitting import card_of_conversion, check_given, fit_to_conversion

        digest = source_digest(source)
        if given is not None:
            check_given(given, digest, came)
        folder = source if source.is_dir() else source.parent
        check_space(place, _ROOM * sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()))
        self._watcher.doing("Converting it to LiteRT, which can take some minutes")
        conversion = convert(source, place / "conversion", card=given, precision=precision)
        came = f"{came}; SHA-256 of its files {digest}; converted to LiteRT {conversion.precision}"
        if given is None:
            card = card_of_conversion(conversion, name, came)
        elif fit:
            card = fit_to_conversion(given, conversion)
            card = replace(card, source=came, version=f"{card.version}+{digest[:8]}")
        else:
            card = replace(given, source=came if given.source in came else f"{given.source}; fetched from {came}")
        file = conversion.path.replace(place / f"{name}.tflite")
        card = replace(card, name=name, file=file.name, sha256=conversion.sha256)
        return _Prepared(file, card, f"converted, at most {conversion.difference:.0e} from the original's scores")

    @contextmanager
    def _workplace(self, name: str) -> Iterator[Path]:
        def wait() -> None:
            self._watcher.doing(f"Waiting for another process that is pulling {name}")

        with workplace(self._models, name, wait=wait, keeps=(FetchError, KeyboardInterrupt)) as place:
            yield place

    def _here(self, name: str, is_it: Callable[[ModelCard], bool]) -> Pulled | None:
        """The installed model of that name, if it is the one that is wanted.

        Raises:
            UsageError: another model has the name.
        """
        try:
            here = find(name, self._state_dir) if (self._models / name).is_dir() else None
        except GeaccError:
            return None  # what is broken may be replaced
        if here is None:
            return None
        if is_it(here.card):
            return Pulled(here, was_here=True, way="")
        raise UsageError(
            f"a model {name!r} is installed already, from {here.card.source}; "
            "--name gives the new one another name, --anew puts it in its place"
        )

    @staticmethod
    def _require(what: str, *, converted: bool, package: object) -> None:
        """See that what converts or runs a model is installed, before anything is fetched."""
        if converted and not (_is_there("tensorflow") and _is_there("safetensors")):
            raise MissingExtraError(f"converting {what} to LiteRT", "tensorflow")
        if isinstance(package, PackageSource) and not (_is_there(package.module) and _is_there("onnxruntime")):
            raise MissingExtraError(what, package.extra)


def _is_there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _packaged_file(package: PackageSource) -> Path:
    spec = importlib.util.find_spec(package.module)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    file = Path(folders[0], package.file) if folders else None
    if file is None or not file.is_file():
        raise ModelError(f"the package {package.module} has no file {package.file}; another version of it is installed")
    return file


def _copy(source: Path, target: Path, sha256: str) -> None:
    check_space(target.parent, source.stat().st_size)
    shutil.copyfile(source, target)
    digest = _sha256(target)
    if digest != sha256:
        target.unlink()
        raise DigestError(f"{source} has the SHA-256 {digest}, expected was {sha256}; it was not installed")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parse_sha256(text: str) -> str:
    digest = text.strip().lower().removeprefix("sha256:")
    if digest and not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise UsageError(f"--sha256: {text!r} is no SHA-256, which has 64 hexadecimal digits")
    return digest


@contextmanager
def _called(place: Path, called: str) -> Iterator[None]:
    """Name the model in messages by where it came from: the file that was looked at will be gone."""
    try:
        yield
    except ModelError as error:
        raise ModelError(re.sub(rf"{re.escape(str(place))}[^\s:,;]*", called, str(error))) from error
