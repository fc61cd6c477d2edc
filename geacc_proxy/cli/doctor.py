"""`geacc-proxy doctor`: is everything in place, and does filtering really happen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def doctor(
    host: Annotated[str | None, typer.Option(help="Address of the running proxy; this machine without it.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the proxy. [8080]")] = None,
    admin_port: Annotated[int | None, typer.Option(help="Port of the admin pages. [8081]")] = None,
    state_dir: Annotated[Path | None, typer.Option(help="Where all that must survive lies.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings in TOML; config.toml in the state directory without it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")] = False,
) -> int:
    """Check a running proxy: one line a check; 0 unless one of them failed."""
    from geacc_proxy import settings
    from geacc_proxy.cli.checkup import examine, write_json, write_lines

    folder = settings.state_directory(state_dir)
    chosen = settings.load(config, folder, {"host": host, "port": port, "admin_port": admin_port})
    findings = examine(chosen, folder)
    return write_json(findings) if as_json else write_lines(findings)
