"""The image as it is written down: what hadolint's rules ask for, and what the documents promise."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, its continued lines joined."""

    name: str
    rest: str
    stage: int


def instructions(text: str) -> Iterator[Instruction]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    stage = -1
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        name, _, rest = line.strip().partition(" ")
        stage += name == "FROM"
        yield Instruction(name, " ".join(rest.split()), stage)


ALL = list(instructions(TEXT))
LAST = max(one.stage for one in ALL)


def of(name: str, stage: int | None = None) -> list[str]:
    return [one.rest for one in ALL if one.name == name and stage in (None, one.stage)]


def environment(stage: int) -> dict[str, str]:
    return dict(pair.split("=", 1) for rest in of("ENV", stage) for pair in rest.split())


def test_every_instruction_is_one_and_in_capitals() -> None:
    known = "ARG FROM RUN ENV WORKDIR COPY LABEL USER VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD"
    assert {one.name for one in ALL} <= set(known.split())


def test_bases_are_pinned_to_a_slim_python_of_the_projects_version() -> None:
    arguments = dict(rest.split("=", 1) for rest in of("ARG") if "=" in rest)
    names = [rest.split()[0] for rest in of("FROM")]
    bases = [arguments[name[2:-1]] if name.startswith("${") else name for name in names]
    wanted = (ROOT / ".python-version").read_text().strip()
    for base in bases:
        assert re.fullmatch(rf"python:{re.escape(wanted)}\.\d+-slim-[a-z]+", base), base


def test_it_is_built_in_two_stages_and_the_tools_of_the_first_stay_there() -> None:
    assert LAST == 1
    assert of("RUN", LAST)
    assert not [run for run in of("RUN", LAST) if re.search(r"\b(?:pip|uv|apt-get)\b", run)]


def test_what_pip_installs_is_pinned_and_leaves_no_cache() -> None:
    for run in of("RUN"):
        for wanted in re.findall(r"(?<!uv )pip install ([^&]+)", run):
            assert "--no-cache-dir" in wanted
            assert all("==" in word for word in wanted.split() if not word.startswith("-")), wanted
    assert environment(0)["UV_NO_CACHE"] == "1"


def test_nothing_is_done_that_hadolint_warns_of() -> None:
    for run in of("RUN"):
        assert not re.search(r"\b(?:sudo|ssh|vim|cd|curl|wget)\b", run), run
        assert "|" not in run.replace("||", ""), f"a pipe hides a failure without pipefail: {run}"
        if "apt-get install" in run:
            assert "--no-install-recommends" in run
            assert "rm -rf /var/lib/apt/lists" in run
    assert all(rest.startswith(("/", "${")) for rest in of("WORKDIR"))
    assert not re.search(r":latest\b", TEXT)
    assert not of("ADD")
    assert len(of("CMD")) == len(of("ENTRYPOINT")) == len(of("HEALTHCHECK")) == 1


def test_it_runs_as_a_numbered_user_who_is_not_root() -> None:
    assert of("USER", LAST) == ["10001:10001"]
    (making,) = [run for run in of("RUN", LAST) if "useradd" in run]
    assert "--uid 10001" in making
    assert "--gid 10001" in making
    assert "--no-log-init" in making


def test_programs_are_started_without_a_shell_between() -> None:
    for name in ("ENTRYPOINT", "CMD"):
        assert all(isinstance(word, str) for word in json.loads(of(name, LAST)[0]))
    assert json.loads(of("HEALTHCHECK", LAST)[0].partition("CMD ")[2])[0] == "python"
    assert json.loads(of("CMD", LAST)[0]) == ["run"]


def test_state_ports_and_signal_are_those_of_the_program() -> None:
    assert of("VOLUME", LAST) == ["/state"]
    assert environment(LAST)["GEACC_STATE_DIR"] == "/state"
    assert of("EXPOSE", LAST) == ["8080 8081"]
    assert of("STOPSIGNAL", LAST) == ["SIGTERM"]


@pytest.mark.parametrize("line", [rest for rest in of("COPY") if "--from" not in rest])
def test_what_is_copied_is_there_and_let_through(line: str) -> None:
    *sources, _ = [word for word in line.split() if not word.startswith("--")]
    rules = [rule for rule in (ROOT / ".dockerignore").read_text().splitlines() if rule and not rule.startswith("#")]
    for source in sources:
        assert (ROOT / source).exists()
        assert is_let_through(source.rstrip("/"), rules), source


def is_let_through(path: str, rules: list[str]) -> bool:
    """As Docker reads .dockerignore: the last rule that matches counts."""
    let = True
    for rule in rules:
        pattern = rule.removeprefix("!").rstrip("/")
        if fnmatch(path, pattern) or fnmatch(path, f"{pattern}/*"):
            let = rule.startswith("!")
    return let


def test_the_context_has_no_more_than_the_image_needs() -> None:
    rules = [rule for rule in (ROOT / ".dockerignore").read_text().splitlines() if rule and not rule.startswith("#")]
    for name in (".git", ".venv", "tests", "uv.lock", "benchmarks", "docker/compose.yaml"):
        assert not is_let_through(name, rules), name


def test_the_extras_that_the_comments_name_are_the_projects() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = re.findall(r"EXTRAS=([a-z,]+)", TEXT)
    assert named
    assert {extra for names in named for extra in names.split(",")} == set(extras)


def test_no_host_of_a_registry_is_named() -> None:
    for file in (ROOT / "Dockerfile", *sorted((ROOT / "docker").iterdir()), ROOT / "docs" / "docker.md"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"\b(?:docker\.io|ghcr\.io|quay\.io|gcr\.io|pypi\.org|npmjs)\b", text), file
