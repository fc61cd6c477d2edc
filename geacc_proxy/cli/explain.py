"""`geacc-proxy explain`: the road of one picture, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def explain(
    target: Annotated[str, typer.Argument(metavar="URL|FILE", help="An http(s) address, or a file.")],
    model: Annotated[str | None, typer.Option(metavar="NAME|PATH", help="The model that judges.")] = None,
    strictness: Annotated[
        str | None, typer.Option(help="strict, balanced or lenient; the profile's without it.")
    ] = None,
    profile: Annotated[
        str, typer.Option(help="Whose rules hold, with the answers that hold for all devices.")
    ] = "under-12",
    state_dir: Annotated[Path | None, typer.Option(help="Where settings and installed models lie.")] = None,
) -> int:
    """Show every step of the road of one picture, and the verdict."""
    import asyncio

    from geacc_proxy import settings
    from geacc_proxy.cli.explanation import fetch, judge, rules_of, tell

    folder = settings.state_directory(state_dir)
    chosen = settings.load(None, folder, {"model": model, "strictness": strictness, "workers": 1})
    rules = rules_of(profile, folder, strictness)
    found = fetch(target, chosen.max_picture_megabytes * 2**20)
    tell(found, *asyncio.run(judge(found, chosen, folder, rules)))
    return 0
