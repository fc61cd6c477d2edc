"""What `models convert` does."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import typer

from geacc_proxy.cli.pulling import watcher
from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.models.card import ModelCard, Threshold, format_card
from geacc_proxy.models.fetching import megabytes
from geacc_proxy.models.opening import RUNNABLE_ENDINGS
from geacc_proxy.models.origins import title_of
from geacc_proxy.models.store import check_name, install, models_folder, workplace
from geacc_proxy.models.trial import try_model

if TYPE_CHECKING:
    from geacc_proxy.models.conversion import Conversion, Precision


@dataclass(frozen=True, slots=True)
class ConvertOrder:
    """What a person wants.

    Attributes:
        source: file or folder.
        out: where the result goes; None for the working directory, or for nowhere if it is installed.
        name: what to call it; empty for its card's name, or its own.
        precision: how its numbers are kept.
        samples: pictures to calibrate int8 with.
        card: its card; None for the one beside it, or for one that is inferred.
        anew: put it in the place of an installed model of that name.
    """

    source: Path
    out: Path | None
    name: str
    precision: Precision
    samples: Path | None
    card: Path | None
    anew: bool


def convert_and_tell(order: ConvertOrder, install_in: Path | None) -> None:
    """Convert a model, try the result, write or install it, and say how it differs.

    Args:
        order: what and how.
        install_in: the state directory to install it in; None to write it alone.

    Raises:
        UsageError: the order contradicts itself, or a name is taken.
        ModelError: it cannot be converted, or what comes of it is no model.
        GeaccError: it cannot be written.
    """
    from geacc_proxy.models.conversion import convert

    if order.source.suffix.lower() in RUNNABLE_ENDINGS and order.source.is_file():
        raise UsageError(f"{order.source}: an engine runs it as it is, nothing is to convert; --model takes its path")
    if order.samples is not None and order.precision != "int8":
        raise UsageError(f"--samples are for --precision int8; for {order.precision} nothing is calibrated")
    given = _given_card(order)
    name = check_name(
        order.name or (given.name if given else "") or title_of(order.source.absolute().parts[1:]) or "model"
    )
    if install_in is not None and not order.anew and (models_folder(install_in) / name).exists():
        raise UsageError(
            f"a model {name!r} is installed already; --name gives this one another name, --anew puts it in its place"
        )
    out = order.out or (None if install_in else Path())
    with watcher() as watching, _scratch(install_in, out, name, watching.doing) as scratch:
        watching.doing("Converting it to LiteRT, which can take some minutes")
        conversion = convert(
            order.source, scratch / "conversion", precision=order.precision, samples=order.samples, card=given
        )
        staged = scratch / "staged"
        staged.mkdir()
        file = conversion.path.replace(staged / f"{name}.tflite")
        card = replace(_card_for(conversion, given, order, name), name=name, file=file.name, sha256=conversion.sha256)
        file.with_suffix(".toml").write_text(format_card(card), encoding="utf-8")
        watching.doing("Opening it once")
        try_model(str(file), install_in)
        size = file.stat().st_size
        places = []
        if out is not None:
            places.append(_write_out(staged, out, name))
        if install_in is not None:
            places.append(install(staged, models_folder(install_in), name) / file.name)
    typer.echo(f"{card.identity}: {megabytes(size)}, {order.precision}, in {' and '.join(map(str, places))}")
    typer.echo(f"SHA-256 {conversion.sha256}")
    typer.echo(f"Its scores differ from the original's by at most {conversion.difference:.1e} on made-up pictures.")
    if install_in is not None:
        typer.echo(f"Choose it with: geacc-proxy models use {name}")


def _given_card(order: ConvertOrder) -> ModelCard | None:
    from geacc_proxy.models.conversion import source_digest
    from geacc_proxy.models.fitting import check_given, read_given_card

    digest = source_digest(order.source)  # before the card: a source that is none is the greater mistake
    beside = order.source.absolute().with_suffix(".toml")
    if order.card is None and not beside.is_file():
        return None
    given = read_given_card(order.card or beside)
    # A card beside it may tell of another form of the same model, as training leaves it: x.h5, x.tflite, x.toml.
    if order.card is not None or given.file == order.source.name:
        check_given(given, digest, str(order.source))
    return given


def _card_for(conversion: Conversion, given: ModelCard | None, order: ConvertOrder, name: str) -> ModelCard:
    from geacc_proxy.models.fitting import card_of_conversion

    came = f"{order.source.name}, SHA-256 {conversion.source_sha256}; converted to LiteRT {order.precision}"
    if given is None:
        return card_of_conversion(conversion, name, came)
    card = replace(given, source=f"{given.source}; from {came}")
    if order.precision == "float32":
        return card
    # Other numbers make other scores: another version, so that no cache confuses them.
    card = replace(card, version=f"{card.version}+{order.precision}")
    if order.precision == "int8":
        rates = {word: Threshold(threshold.malign) for word, threshold in card.thresholds.items()}
        card = replace(card, thresholds=MappingProxyType(rates))
    return card


@contextmanager
def _scratch(install_in: Path | None, out: Path | None, name: str, tell: Callable[[str], None]) -> Iterator[Path]:
    """A folder on the disk where the result goes; gone afterwards."""
    if install_in is not None:
        wait = partial(tell, f"Waiting for another process that is at {name}")
        with workplace(models_folder(install_in), name, wait=wait, keeps=()) as place:
            yield place
        return
    folder = out or Path()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder))
    except OSError as error:
        raise GeaccError(f"cannot write to {folder}: {error.strerror or error}") from error
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write_out(staged: Path, out: Path, name: str) -> Path:
    """Copy the model and its card; each appears whole, and the card, which vouches for the model, last."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for ending in ("tflite", "toml"):
            part = out / f".{name}.{ending}.part"
            try:
                shutil.copyfile(staged / f"{name}.{ending}", part)
                part.replace(out / f"{name}.{ending}")
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise GeaccError(f"cannot write to {out}: {error.strerror or error}") from error
    return out / f"{name}.tflite"
