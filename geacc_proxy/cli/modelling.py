"""What `models list`, `info` and `use` do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from geacc_proxy.exceptions import GeaccError, ModelError, UsageError
from geacc_proxy.models.card import ModelCard
from geacc_proxy.models.catalogue import catalogue
from geacc_proxy.models.fetching import megabytes
from geacc_proxy.models.opening import read_card
from geacc_proxy.models.registry import (
    EMBEDDED,
    EMBEDDED_STEM,
    PARTIAL,
    InstalledModel,
    broken,
    default_name,
    find,
    installed,
    set_default,
)
from geacc_proxy.models.store import kept_bytes, models_folder
from geacc_proxy.settings import load

COLUMNS = ("Name", "Version", "Engine", "Size", "Licence", "False alarms", "State")
_ENGINES = {".tflite": "LiteRT", ".onnx": "ONNX"}


@dataclass(frozen=True, slots=True)
class Line:
    """One model of the list.

    Attributes:
        name: of the model.
        version: its version; empty where it is broken.
        engine: what runs it, or `cascade`; empty where it is broken.
        bytes: size of its file, or of what is to be fetched; None where unknown.
        licence: of its weights.
        false_alarm_rate: at the threshold `strict`, 0…1; None where nobody measured it.
        installed: whether it is here.
        in_use: whether it judges where nobody says which.
        problem: why it cannot be used, one line; empty where it can.
    """

    name: str
    version: str = ""
    engine: str = ""
    bytes: int | None = None
    licence: str = ""
    false_alarm_rate: float | None = None
    installed: bool = True
    in_use: bool = False
    problem: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """As text, in the order of `COLUMNS`."""
        rate = "" if self.false_alarm_rate is None else f"{self.false_alarm_rate:.1%}"
        size = "" if not self.bytes else megabytes(self.bytes)
        return (self.name, self.version, self.engine, size, self.licence, rate, self._state)

    @property
    def _state(self) -> str:
        if self.problem:
            return "broken, in use" if self.in_use else "broken"
        if self.in_use:
            return "in use"
        return "installed" if self.installed else "to pull"


@dataclass(frozen=True, slots=True)
class Survey:
    """The list.

    Attributes:
        lines: the embedded model, those installed, those that can be pulled.
        remarks: what a person should know beside that.
    """

    lines: tuple[Line, ...]
    remarks: tuple[str, ...]


def survey(state_dir: Path) -> Survey:
    """Look at what is installed in a state directory, and at the catalogue.

    Raises:
        GeaccError: settings or the folder of models cannot be read.
    """
    setting = load(None, state_dir, {}).model
    chosen = _plain(setting or default_name(state_dir) or EMBEDDED)
    here = [_installed_line(model, chosen) for model in installed(state_dir)]
    bad = [Line(one.name, in_use=one.name == chosen, problem=one.problem) for one in broken(state_dir)]
    names = {line.name for line in (*here, *bad)}
    remarks = [f"{line.name} is broken: {line.problem}" for line in bad]
    if setting:
        remarks.append(f"The setting model = {setting!r} says which is in use.")
    elif chosen not in names:
        remarks.append(f"{chosen} should be in use and is not installed; choose another: geacc-proxy models use NAME")
    if kept := kept_bytes(models_folder(state_dir)):
        partial = models_folder(state_dir) / PARTIAL
        remarks.append(f"{megabytes(kept)} of interrupted pulls lie in {partial}; the same pull goes on from there.")
    there = [
        Line(
            entry.name,
            entry.card.version,
            entry.kind,
            entry.size,
            entry.card.licence,
            entry.card.thresholds["strict"].false_alarm_rate,
            installed=False,
        )
        for entry in catalogue().values()
        if entry.name not in names
    ]
    return Survey((*here, *bad, *there), tuple(remarks))


def _plain(name_or_path: str) -> str:
    """A name without its version; the embedded model's own."""
    name = name_or_path.partition("@")[0]
    return EMBEDDED_STEM if name == EMBEDDED else name


def _installed_line(model: InstalledModel, chosen: str) -> Line:
    card = model.card
    return Line(
        card.name,
        card.version,
        engine_of(model),
        _size(model.path),
        card.licence,
        card.thresholds["strict"].false_alarm_rate,
        in_use=card.name == chosen,
    )


def engine_of(model: InstalledModel) -> str:
    """What runs a model, in a word or two."""
    if model.card.second is not None:
        return "cascade"
    return _ENGINES.get(model.path.suffix.lower(), "LiteRT, converted")


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def write_json_lines(found: Survey) -> None:
    """Print one object a line."""
    for line in found.lines:
        sys.stdout.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")


def write_table(found: Survey) -> None:
    """Print a table, quiet colours on a terminal, and what there is to know beside it."""
    rows = [line.cells for line in found.lines]
    if sys.stdout.isatty():
        _write_rich(rows)
    else:
        _write_plain([COLUMNS, *rows])
    for remark in found.remarks:
        typer.echo(remark)
    if any(not line.installed for line in found.lines):
        typer.echo("What is to pull comes with: geacc-proxy models pull NAME")


def _write_rich(rows: Iterable[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, padding=0, collapse_padding=True, pad_edge=False)
    for column in COLUMNS:
        right = column in ("Size", "False alarms")
        table.add_column(column, justify="right" if right else "left", no_wrap=column != "Name", overflow="fold")
    for row in rows:
        style = "bold" if "in use" in row[-1] else "dim" if row[-1] == "to pull" else ""
        table.add_row(*map(Text, row), style=style)
    Console().print(table)


def _write_plain(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if title in ("Size", "False alarms") else cell.ljust(width)
            for title, cell, width in zip(COLUMNS, row, widths, strict=True)
        ]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def describe(name_or_path: str, state_dir: Path) -> int:
    """Print a model's card in words.

    Returns:
        0; 1 where the model is broken.

    Raises:
        UsageError: there is no such model.
        ModelError: it is broken, and has no card that could be told of.
    """
    from geacc_proxy.cli.notices import tell_notices

    tell_notices()
    problem = ""
    try:
        model = find(name_or_path, state_dir)
    except UsageError:
        entry = catalogue().get(name_or_path.partition("@")[0])
        if entry is None or name_or_path not in (entry.name, entry.card.identity):
            raise
        size = f", {megabytes(entry.size)} to fetch" if entry.size else ""
        _write_facts(entry.card, [("About", entry.about), ("Engine", f"{entry.kind}{size}")])
        typer.echo(f"\nIt is not installed. Get it with: geacc-proxy models pull {entry.name}")
        return 0
    except ModelError as error:
        card_path = _card_path(name_or_path, state_dir)
        if card_path is None:
            raise
        card = read_card(card_path)
        model, problem = InstalledModel(card, card_path.with_name(card.file)), str(error)
    size = megabytes(_size(model.path)) if model.path.exists() else "no file"
    digest = model.card.sha256
    facts = [("Engine", f"{engine_of(model)}, {size}"), ("File", str(model.path))]
    _write_facts(model.card, facts, inferred=model.inferred)
    if problem:
        typer.echo(f"Digest          {digest} on the card")
        typer.echo(f"\nIt is broken: {problem}")
        return 1
    agrees = "" if model.inferred else ", the file agrees"
    typer.echo(f"Digest          {digest} (SHA-256){agrees}")
    return 0


def _card_path(name_or_path: str, state_dir: Path) -> Path | None:
    """Where the card of a broken model is, if it has one that can be read."""
    name = name_or_path.partition("@")[0]
    candidates = [
        models_folder(state_dir) / name / f"{name}.toml",
        Path(name_or_path).expanduser().with_suffix(".toml"),
    ]
    for path in candidates:
        try:
            read_card(path)
        except GeaccError:
            continue
        return path
    return None


def _write_facts(card: ModelCard, facts: Sequence[tuple[str, str]], *, inferred: bool = False) -> None:
    typer.echo(f"{card.identity}{'  (it has no card; this one is inferred)' if inferred else ''}\n")
    for key, value in [*facts, *_facts(card)]:
        typer.echo(f"{key:<15} {value}")


def _facts(card: ModelCard) -> list[tuple[str, str]]:
    low, high = card.value_range
    size = card.input_size
    steps = [f"{card.resize} to {size} x {size}", f"{card.colour_order}, {low:g}…{high:g}"]
    if any(card.mean):
        steps.append(f"less {_numbers(card.mean)}")
    if card.std != (1.0, 1.0, 1.0):
        steps.append(f"divided by {_numbers(card.std)}")
    facts = [
        ("Licence", card.licence),
        ("Source", card.source),
        ("Published", card.published or "no accuracy is stated on its card"),
        ("Pictures", f"whole, {', '.join(steps)}, {card.layout}"),
        ("Answers", f"{', '.join(card.labels)} ({card.outputs})"),
        ("Malign", " + ".join(card.malign_labels)),
    ]
    for number, (word, threshold) in enumerate(card.thresholds.items()):
        rate = threshold.false_alarm_rate
        cost = "false alarms not measured" if rate is None else f"hides {rate:.1%} of benign pictures"
        facts.append(("" if number else "Thresholds", f"{word}: malign from {threshold.malign:g}; {cost}"))
    if card.second is not None:
        least, most = card.second.doubt
        facts.append(("Second opinion", f"{card.second.model}, on pictures that score {least:g} to {most:g}"))
    return facts


def _numbers(values: Iterable[float]) -> str:
    return "/".join(f"{value:g}" for value in values)


def choose(name: str, state_dir: Path) -> None:
    """Make a model the default, once it has been seen to work.

    Raises:
        UsageError: no model of that name is installed.
        ModelError: it cannot be opened.
    """
    from geacc_proxy.models.trial import try_model

    plain = name.partition("@")[0]
    is_here = plain in (EMBEDDED, EMBEDDED_STEM) or (models_folder(state_dir) / plain).is_dir()
    if not is_here and plain in catalogue():
        raise UsageError(f"{plain} is not installed; get it with: geacc-proxy models pull {plain}")
    if not is_here and Path(name).exists():
        raise UsageError(f"{name} is a path, and use takes the name of an installed model; --model takes paths")
    model = find(name, state_dir)
    try_model(name, state_dir)
    set_default(state_dir, name)
    setting = load(None, state_dir, {}).model
    if setting:
        typer.echo(f"{model.card.identity} is the default now, but the setting model = {setting!r} wins over it.")
    else:
        typer.echo(f"{model.card.identity} judges from now on; a proxy that runs takes it when it starts next.")
        typer.echo("The setting `model` and the flag --model win over this.")
