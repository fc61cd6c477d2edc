"""`geacc-proxy password`: a new password for the pages, set at the machine itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def password(
    stdin: Annotated[
        bool, typer.Option("--password-stdin", "--stdin", help="Read the password from standard input.")
    ] = False,
    state_dir: Annotated[
        Path | None,
        typer.Option(
            "--state-dir", metavar="DIR", help="Where all that must survive lies; GEACC_STATE_DIR without it."
        ),
    ] = None,
) -> None:
    """Set the password of the pages, also where the old one is forgotten; whoever is logged in is logged out."""
    from geacc_proxy.cli.homekeeping import WHO, at_home
    from geacc_proxy.cli.homekeeping import password as asked
    from geacc_proxy.web.sessions import Sessions, check_password

    new = asked("the pages", from_stdin=stdin)
    check_password(new)
    at_home(state_dir, lambda home: Sessions(home).set_password(WHO, new))
    typer.echo("The password is set; whoever was logged in is logged out.")
