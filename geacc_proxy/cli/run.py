"""`geacc-proxy run`: the proxy and the admin pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_NETWORK = "Network"
_JUDGEMENT = "Judgement"


def run(
    host: Annotated[
        str | None,
        typer.Option(help="Address to listen on; all interfaces without it.", rich_help_panel=_NETWORK),
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port of the proxy. [8080]", rich_help_panel=_NETWORK)] = None,
    admin_port: Annotated[
        int | None, typer.Option(help="Port of the admin pages. [8081]", rich_help_panel=_NETWORK)
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            help="regular, socks5, transparent, wireguard or upstream:URL. [regular]",
            rich_help_panel=_NETWORK,
        ),
    ] = None,
    upstream_ca: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="PEM file of further authorities to trust upstream.",
            rich_help_panel=_NETWORK,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH",
            help="The model that judges; the embedded one without it.",
            rich_help_panel=_JUDGEMENT,
        ),
    ] = None,
    strictness: Annotated[
        str | None, typer.Option(help="strict, balanced or lenient. [strict]", rich_help_panel=_JUDGEMENT)
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes that judge; as many as processors without it.", rich_help_panel=_JUDGEMENT),
    ] = None,
    state_dir: Annotated[Path | None, typer.Option(help="Where all that must survive lies.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings in TOML; config.toml in the state directory without it.")
    ] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="Print JSON lines, for machines.")] = False,
) -> int:
    """Filter: start the proxy and the admin pages. Ctrl-C ends it."""
    from geacc_proxy import settings
    from geacc_proxy.cli.service import serve

    folder = settings.prepare_state_directory(settings.state_directory(state_dir))
    flags = {
        "host": host,
        "port": port,
        "admin_port": admin_port,
        "mode": mode,
        "upstream_ca": upstream_ca,
        "model": model,
        "strictness": strictness,
        "workers": workers,
    }
    return serve(settings.load(config, folder, flags), folder, json_lines=json_lines)
