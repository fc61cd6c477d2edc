"""The commands, and what becomes of an error: one line on stderr and an exit code, never a traceback."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from geacc_proxy import __version__
from geacc_proxy.cli import (
    cert,
    dataset,
    device,
    doctor,
    evaluate,
    explain,
    log,
    models,
    password,
    predict,
    profile,
    run,
    token,
    train,
)
from geacc_proxy.cli.notices import tell_notices
from geacc_proxy.exceptions import GeaccError

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME = "geacc-proxy"

app = typer.Typer(
    name=_NAME,
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run.run)
app.command("predict")(predict.predict)
app.command("explain")(explain.explain)
app.add_typer(models.app, name="models")
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.add_typer(dataset.app, name="dataset")
app.add_typer(log.app, name="log")
app.add_typer(device.app, name="device")
app.add_typer(profile.app, name="profile")
app.add_typer(token.app, name="token")
app.command("password")(password.password)
app.add_typer(cert.app, name="cert")
app.command("doctor")(doctor.doctor)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{_NAME} {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Hides pictures unfit for a general audience before they reach the screen."""


def execute(arguments: Sequence[str]) -> int:
    """Run one command; 0 ok, 1 the work failed, 2 wrong use."""
    tell_notices()
    try:
        result = app(args=list(arguments), prog_name=_NAME, standalone_mode=False)
    except GeaccError as error:
        return _complain(str(error), error.exit_code)
    except TyperException as error:
        message = error.format_message() or "a command is missing"
        return _complain(f"{message} (see --help)" if error.exit_code == 2 else message, error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return _complain("stopped", 130)
    except BrokenPipeError:  # the reader of a pipe has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0


def _complain(message: str, code: int) -> int:
    if message.strip():
        sys.stderr.write(f"{_NAME}: {' '.join(message.split())}\n")
    return code
