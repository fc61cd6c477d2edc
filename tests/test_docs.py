"""What the documents say is what the program does."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import Enum
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import typer.main

from geacc_proxy.cli.application import app
from geacc_proxy.exceptions import UsageError
from geacc_proxy.models.registry import find
from geacc_proxy.settings import Settings, load

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("certs/*.md")])
FLAG = re.compile(r"(?<![\w-])--?[a-z][\w-]*")
ALWAYS = {"-h", "--help"}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its words, such as `log list`."""
    below = getattr(command, "commands", None)
    if below is None:
        yield " ".join(words), command
        return
    for name, child in below.items():
        yield from commands(child, (*words, name))


COMMANDS = dict(commands(typer.main.get_command(app)))


def flags_of(command: Any) -> set[str]:
    options = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)}
    return {flag for flag in options if flag.startswith("-")} - ALWAYS


def sections(text: str) -> dict[str, str]:
    """The text below each heading of the second level."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table of settings."""

    key: str
    default: str
    takes: str
    environment: str
    flag: str


def rows() -> dict[str, Row]:
    lines = [line for line in read("docs/settings.md").splitlines() if "`GEACC_" in line and line.startswith("|")]
    cells = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: Row(*row) for row in cells}


def test_readme_names_the_two_commands_word_for_word() -> None:
    lines = [line.strip() for line in read("README.md").splitlines()]
    assert "pip install uv && uv run geacc-proxy run" in lines
    assert "pip install uv && uv run --all-extras --group test pytest" in lines


def test_readme_quotes_the_false_alarms_of_the_embedded_models_card() -> None:
    text = read("README.md")
    for word, threshold in find().card.thresholds.items():
        assert threshold.false_alarm_rate is not None
        assert re.search(rf"{threshold.false_alarm_rate:.1%}".replace("%", r"\s%"), text), word


def test_every_command_has_a_section_and_every_section_a_command() -> None:
    assert set(sections(read("docs/commands.md"))) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_flags_of_a_command_are_those_in_its_section(name: str) -> None:
    table = [line for line in sections(read("docs/commands.md"))[name].splitlines() if line.startswith("|")]
    first_column = " ".join(re.split(r"(?<!\\)\|", line)[1] for line in table)
    assert set(FLAG.findall(first_column)) == flags_of(COMMANDS[name])


def test_every_setting_has_a_row_and_every_row_a_setting() -> None:
    assert set(rows()) == {field.name for field in fields(Settings)}


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_a_settings_row_tells_its_default_its_environment_and_its_flag(field: Any) -> None:
    row = rows()[field.name]
    default = field.default.value if isinstance(field.default, Enum) else field.default
    assert tomllib.loads(f"it = {row.default}")["it"] == default
    assert row.environment == f"GEACC_{field.name.upper()}"
    flag = "--" + field.name.replace("_", "-")
    assert row.flag == (flag if flag in flags_of(COMMANDS["run"]) else "–")


@pytest.mark.parametrize("key", [row.key for row in rows().values() if re.search(r": [\d.]+ to [\d.]+", row.takes)])
def test_a_range_in_the_table_is_the_range_that_is_taken(key: str, tmp_path: Path) -> None:
    found = re.search(r": ([\d.]+) to ([\d.]+)", rows()[key].takes)
    assert found is not None
    for end, step in zip(found.groups(), (-1, 1), strict=True):
        name = rows()[key].environment
        assert getattr(load(None, tmp_path, {}, {name: end}), key) == float(end)
        beyond = f"{float(end) + step / 10:g}" if "." in found.group(1) else str(int(end) + step)
        with pytest.raises(UsageError, match=name):
            load(None, tmp_path, {}, {name: beyond})


def test_every_number_among_the_settings_has_its_range_in_the_table() -> None:
    numbers = {field.name for field in fields(Settings) if type(field.default) in (int, float)}
    assert {key for key, row in rows().items() if re.search(r": [\d.]+ to [\d.]+", row.takes)} == numbers


def test_the_options_of_the_mitmproxy_script_are_those_in_the_table() -> None:
    declared = set(re.findall(r"add_option\(\s*\"(geacc_\w+)\"", read("addons/geacc_filter.py")))
    assert declared == set(re.findall(r"^\| `(geacc_\w+)`", read("docs/settings.md"), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_document_links_to_is_there(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        linked = document.parent / file if file else document
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_files_and_folders_that_architecture_names_are_there() -> None:
    named = re.findall(
        r"`((?:geacc_proxy|addons|certs|tests|tools|docs|benchmarks)/[\w./-]*)`", read("ARCHITECTURE.md")
    )
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_direct_dependency_is_pinned_to_a_version_and_no_pin_names_a_host() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    pins = project["tool"]["uv"]["constraint-dependencies"]
    assert [pin for pin in pins if "/" in pin or "@" in pin or "==" not in pin] == []
    pinned = {pin.partition("==")[0] for pin in pins}
    extras, groups = project["project"]["optional-dependencies"], project["dependency-groups"]
    wanted = chain(project["project"]["dependencies"], *extras.values(), *groups.values())
    names = {re.match(r"[\w.-]+", one).group().lower().replace("_", "-") for one in wanted}  # type: ignore[union-attr]
    assert names - pinned == set()
