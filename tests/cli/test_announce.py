"""What `run` tells a person at its start."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from geacc_proxy.cli.announce import JsonAnnouncer, Start, TerminalAnnouncer
from geacc_proxy.cli.hosting import start_code
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home
from geacc_proxy.home.storage import open_store


def a_start(**more: Any) -> Start:
    values = {
        "proxy": "192.168.1.20:8080",
        "admin": "http://192.168.1.20:8081/",
        "certificate": "/state/ca/mitmproxy-ca-cert.pem",
        "model": "m@1",
        "strictness": "strict",
        "threshold": 0.5,
        "false_alarms": 0.051,
        "workers": 2,
    }
    return Start(**values | more)


def told(start: Start, *, terminal: bool) -> str:
    sink = io.StringIO()
    TerminalAnnouncer(Console(file=sink, force_terminal=terminal, width=100, highlight=False)).started(start)
    return sink.getvalue()


def test_the_code_for_the_first_password_is_told_with_a_code_to_scan() -> None:
    said = told(a_start(start_code="1234-5678"), terminal=True)
    assert "1234-5678" in said
    assert "http://192.168.1.20:8081/" in said
    assert "█" in said


@pytest.mark.parametrize(
    ("terminal", "admin"), [(False, "http://192.168.1.20:8081/"), (True, "http://127.0.0.1:8081/")]
)
def test_nothing_is_drawn_where_nobody_can_scan_it(terminal: bool, admin: str) -> None:
    said = told(a_start(start_code="1234-5678", admin=admin), terminal=terminal)
    assert "1234-5678" in said
    assert "█" not in said


def test_once_there_is_a_password_no_code_is_told() -> None:
    assert "code" not in told(a_start(), terminal=True)


def test_a_machine_is_told_the_code_too(capsys: pytest.CaptureFixture[str]) -> None:
    JsonAnnouncer().started(a_start(start_code="1234-5678"))
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["start_code"]) == ("started", "1234-5678")


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    opened = await Home.open(lambda: open_store(tmp_path / "geacc.db"), zone=UTC)
    yield opened
    await opened.close()


async def test_there_is_a_new_code_at_each_start_until_there_is_a_password(home: Home) -> None:
    at_home: Any = SimpleNamespace(home=home)
    first, second = start_code(at_home), start_code(at_home)
    assert re.fullmatch(r"\d{4}-\d{4}", first)
    assert first != second
    await home.keep({(Kind.SECRET, "password"): {"hash": "x"}})
    assert start_code(at_home) == ""
