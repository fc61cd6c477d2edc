"""What a container runs, tried with a real sh."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from geacc_proxy.cli.application import app

SCRIPT = Path(__file__).parents[2] / "docker" / "entrypoint.sh"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with a geacc-proxy and a tool that tell how they were called."""
    for name in ("geacc-proxy", "tool"):
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\nprintf "%s" "{name}"; for word in "$@"; do printf "|%s" "$word"; done\nexit 7\n')
        path.chmod(0o755)
    return tmp_path


def start(programs: Path, *arguments: str) -> tuple[int, str]:
    path = f"{programs}:/usr/bin:/bin"
    done = subprocess.run(
        ["sh", str(SCRIPT), *arguments], capture_output=True, text=True, env={"PATH": path}, check=False, timeout=30
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_it_can_be_started_as_it_is() -> None:
    assert os.access(SCRIPT, os.X_OK)
    assert SCRIPT.read_text(encoding="utf-8").startswith("#!/bin/sh\n")


@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        ((), "geacc-proxy|run"),
        (("run", "--port", "3128"), "geacc-proxy|run|--port|3128"),
        (("predict", "/myimages/"), "geacc-proxy|predict|/myimages/"),
        (("--version",), "geacc-proxy|--version"),
        (("-h",), "geacc-proxy|-h"),
        (("predict", "a b", "*", ""), "geacc-proxy|predict|a b|*|"),
        (("tool", "-x", "a b"), "tool|-x|a b"),
        (("pedict", "x"), "geacc-proxy|pedict|x"),
        (("",), "geacc-proxy|"),
    ],
)
def test_arguments_reach_the_right_program_as_they_were_given(
    programs: Path, arguments: tuple[str, ...], called: str
) -> None:
    assert start(programs, *arguments) == (7, called)


def test_a_program_is_found_by_its_path(programs: Path) -> None:
    assert start(programs, str(programs / "tool"), "x") == (7, "tool|x")


@pytest.mark.parametrize("name", sorted(getattr(typer.main.get_command(app), "commands", {})))
def test_a_command_goes_to_geacc_proxy_even_where_a_program_has_its_name(programs: Path, name: str) -> None:
    (programs / name).write_text("#!/bin/sh\necho the other one\n")
    (programs / name).chmod(0o755)
    assert start(programs, name) == (7, f"geacc-proxy|{name}")


def test_the_program_takes_the_place_of_the_script_and_gets_its_signals(programs: Path) -> None:
    (programs / "geacc-proxy").write_text('#!/bin/sh\ntrap "exit 42" TERM\necho $$\nwhile :; do sleep 0.05; done\n')
    with subprocess.Popen(
        ["sh", str(SCRIPT)], stdout=subprocess.PIPE, text=True, env={"PATH": f"{programs}:/usr/bin:/bin"}
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 42


def test_the_real_program_is_started(tmp_path: Path) -> None:
    (tmp_path / "geacc-proxy").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m geacc_proxy "$@"\n')
    (tmp_path / "geacc-proxy").chmod(0o755)
    code, told = start(tmp_path, "--version")
    assert code == 0
    assert told.startswith("geacc-proxy ")
