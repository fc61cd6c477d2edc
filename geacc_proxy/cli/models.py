"""`geacc-proxy models`: which models there are, what they are, and how to get, convert and choose them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from geacc_proxy.cli.options import ListFormat

app = typer.Typer(help="List, describe, fetch, convert and choose models.", no_args_is_help=True)


class Via(StrEnum):
    """How to come to a model that is in more places than one."""

    AUTO = "auto"
    FILES = "files"
    NPM = "npm"


class Precision(StrEnum):
    """How the numbers of a converted model are kept."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    INT8 = "int8"


_StateDir = Annotated[
    Path | None,
    typer.Option("--state-dir", metavar="DIR", help="Where installed models lie; GEACC_STATE_DIR without it."),
]
_Name = Annotated[str, typer.Option("--name", metavar="NAME", help="What to call it.")]
_Card = Annotated[
    Path | None,
    typer.Option("--card", metavar="FILE", help="Its card, for a model that none can be inferred of."),
]


@app.command("list")
def list_(
    format: Annotated[  # noqa: A002
        ListFormat, typer.Option(help="json: one object a line.")
    ] = ListFormat.TABLE,
    state_dir: _StateDir = None,
) -> None:
    """Show the models that are installed, and those that can be pulled by name."""
    from geacc_proxy.cli.modelling import survey, write_json_lines, write_table
    from geacc_proxy.settings import state_directory

    found = survey(state_directory(state_dir))
    (write_json_lines if format is ListFormat.JSON else write_table)(found)


@app.command()
def info(
    model: Annotated[str, typer.Argument(metavar="NAME|PATH", help="A model that is installed, here, or to be had.")],
    state_dir: _StateDir = None,
) -> int:
    """Tell all that is known of a model: where it comes from, what it takes, and from where on its scores count.

    The exit code is 1 where the model is broken.
    """
    from geacc_proxy.cli.modelling import describe
    from geacc_proxy.settings import state_directory

    return describe(model, state_directory(state_dir))


@app.command()
def use(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An installed model; `embedded` goes back.")],
    state_dir: _StateDir = None,
) -> None:
    """Choose the model that judges where nobody says which."""
    from geacc_proxy.cli.modelling import choose
    from geacc_proxy.settings import prepare_state_directory, state_directory

    choose(name, prepare_state_directory(state_directory(state_dir)))


@app.command()
def pull(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="A name that `list` shows, an https address, or hf:owner/repo/file."),
    ],
    name: _Name = "",
    card: _Card = None,
    sha256: Annotated[str, typer.Option(metavar="HEX", help="What the file must be.")] = "",
    via: Annotated[
        Via, typer.Option(help="For nsfwjs: its files one by one, or its npm package where there is npm.")
    ] = Via.AUTO,
    anew: Annotated[
        bool, typer.Option("--anew", help="Fetch it although it, or another of that name, is here.")
    ] = False,
    state_dir: _StateDir = None,
) -> None:
    """Fetch a model and install it; what an interrupted pull has fetched is not fetched again.

    It is opened once before it is installed. Keras, SavedModel, TensorFlow.js and timm models are converted.
    """
    from geacc_proxy.cli.pulling import pull_and_tell
    from geacc_proxy.models.pulling import PullOrder
    from geacc_proxy.settings import prepare_state_directory, state_directory

    order = PullOrder(model, name=name, card=card, sha256=sha256, via=via.value, anew=anew)
    pull_and_tell(order, prepare_state_directory(state_directory(state_dir)))


@app.command()
def convert(
    source: Annotated[
        Path,
        typer.Argument(help="A .h5, .hdf5 or .keras file, or the folder of a SavedModel, TensorFlow.js or timm model."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to write NAME.tflite and NAME.toml; the working directory without it."),
    ] = None,
    name: _Name = "",
    precision: Annotated[
        Precision, typer.Option(help="float16: half the size; int8: a quarter, and faster.")
    ] = Precision.FLOAT32,
    samples: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Pictures to calibrate int8 with; a hundred do.")
    ] = None,
    card: _Card = None,
    install: Annotated[bool, typer.Option("--install", help="Install it in the state directory.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Put it in the place of an installed one of that name.")] = False,
    state_dir: _StateDir = None,
) -> None:
    """Convert a model to LiteRT, and write it with its card; needs the extra `tensorflow`."""
    from geacc_proxy.cli.converting import ConvertOrder, convert_and_tell
    from geacc_proxy.settings import prepare_state_directory, state_directory

    order = ConvertOrder(source, out, name, precision.value, samples, card, anew)
    convert_and_tell(order, prepare_state_directory(state_directory(state_dir)) if install else None)
