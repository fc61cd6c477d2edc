"""Options that several commands have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class ListFormat(StrEnum):
    """How a list looks."""

    TABLE = "table"
    JSON = "json"


StateDir = Annotated[
    Path | None,
    typer.Option("--state-dir", metavar="DIR", help="Where all that must survive lies; GEACC_STATE_DIR without it."),
]
