"""`geacc-proxy token`: keys to the REST API, for programs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from geacc_proxy.cli.options import ListFormat, StateDir

app = typer.Typer(help="Make, list and revoke tokens for the REST API.", no_args_is_help=True)


class Scope(StrEnum):
    """What a token may do."""

    READ = "read"
    LOG = "log"
    DEVICES = "devices"
    PROFILES = "profiles"
    REQUESTS = "requests"
    ADMIN = "admin"


_Name = Annotated[str, typer.Argument(metavar="NAME", help="Which program it is for, such as home-assistant.")]


@app.command()
def create(
    name: _Name,
    scope: Annotated[list[Scope], typer.Option(help="What it may do; may be given several times.")],
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="How long; until it is revoked without it.")] = None,
    state_dir: StateDir = None,
) -> None:
    """Make a token and print it. It is told this once."""
    from geacc_proxy.cli.homekeeping import WHO, at_home
    from geacc_proxy.home import tokens

    secret = at_home(state_dir, lambda home: tokens.create(home, WHO, name, scope, days))
    typer.echo("This is the token; it cannot be shown again:", err=True)
    typer.echo(secret)


@app.command("list")
def list_(
    format: Annotated[  # noqa: A002
        ListFormat, typer.Option(help="json: one object a line.")
    ] = ListFormat.TABLE,
    state_dir: StateDir = None,
) -> None:
    """Show the names of all tokens, and what they may do."""
    from geacc_proxy.cli.homekeeping import at_home, when, write_json_lines, write_table
    from geacc_proxy.home.data import written
    from geacc_proxy.home.home import Home
    from geacc_proxy.home.tokens import all_of

    async def work(home: Home) -> None:
        found = all_of(home)
        if format is ListFormat.JSON:
            write_json_lines(
                {
                    "name": token.name,
                    "scopes": sorted(token.scopes),
                    "made": written(token.made),
                    "until": written(token.until),
                }
                for token in found
            )
        elif found:
            rows = [
                (token.name, ", ".join(sorted(token.scopes)), when(token.made), when(token.until) or "it is revoked")
                for token in found
            ]
            write_table(("Token", "May", "Made", "Until"), rows)
        else:
            typer.echo("There are no tokens; `geacc-proxy token create` makes one.")

    at_home(state_dir, work)


@app.command()
def revoke(name: _Name, state_dir: StateDir = None) -> None:
    """Have a token be good for nothing from now on."""
    from geacc_proxy.cli.homekeeping import WHO, at_home
    from geacc_proxy.home import tokens

    at_home(state_dir, lambda home: tokens.revoke(home, WHO, name))
    typer.echo(f"{name} revoked.")
