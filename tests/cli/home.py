"""Runs commands on a state directory, as a person would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner, Result

from geacc_proxy.home.home import Home
from geacc_proxy.home.storage import open_store


def runner(app: typer.Typer, state: Path) -> Callable[..., Result]:
    """What runs a command with arguments; what it raises is in the result's `exception`."""

    def run(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, [*arguments, "--state-dir", str(state)], input=stdin)

    return run


def look(state: Path, work: Callable[[Home], Any]) -> Any:
    """What a function finds in the home of a state directory."""

    async def done() -> Any:
        home = await Home.open(lambda: open_store(state / "geacc.db"))
        try:
            found = work(home)
            return await found if asyncio.iscoroutine(found) else found
        finally:
            await home.close()

    return asyncio.run(done())
