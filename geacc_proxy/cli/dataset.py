"""`geacc-proxy dataset`: pictures for training and for judging models. `download` is Geacc's download.py."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Fetch pictures for training and for judging models.", no_args_is_help=True)

_POLITENESS = "Politeness and patience"
_LIMITS = "Limits"


@app.callback()
def _group() -> None:
    """Fetch pictures for training and for judging models."""


@app.command()
def download(
    list_or_folder: Annotated[
        str,
        typer.Argument(
            metavar="CSV",
            help="The list: a CSV file, or its address, with columns OriginalURL and ClassID. With -m, the folder, as "
            "Geacc's script had it.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the folders of the classes go. [dataset]")
    ] = None,
    metadata: Annotated[
        str | None, typer.Option("-m", "--metadata", metavar="CSV", help="The list, where the argument is the folder.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("-o", "--overwrite", help="Fetch also what is there.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Fetch also what failed before.")] = False,
    resize: Annotated[
        str,
        typer.Option(
            "-r",
            "--resize",
            metavar="N|WxH",
            help="Scale larger pictures down to edges of no less than so many pixels, as JPEG of quality 80.",
        ),
    ] = "",
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="ID=NAME,…",
            help="Folder by ClassID. Without it 0, 1 and 2, if there are no others, are Geacc's benign, explicit and "
            "suggestive; any other ClassID is its own folder.",
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option("-w", "--workers", min=1, max=256, help="Pictures that are fetched at once.")
    ] = 16,
    per_host: Annotated[
        int, typer.Option(min=1, max=64, help="Of them from one host.", rich_help_panel=_POLITENESS)
    ] = 2,
    delay: Annotated[
        float, typer.Option(min=0, max=3600, help="Seconds between requests to a host.", rich_help_panel=_POLITENESS)
    ] = 0.1,
    tries: Annotated[
        int,
        typer.Option(min=1, max=20, help="How often a picture is asked for, at most.", rich_help_panel=_POLITENESS),
    ] = 4,
    user_agent: Annotated[
        str, typer.Option(metavar="TEXT", help="How to name yourself to origins.", rich_help_panel=_POLITENESS)
    ] = "",
    timeout: Annotated[
        float, typer.Option(min=1, max=3600, help="Seconds for one attempt.", rich_help_panel=_LIMITS)
    ] = 60,
    max_megabytes: Annotated[
        int, typer.Option(min=1, max=512, help="MiB of one picture.", rich_help_panel=_LIMITS)
    ] = 32,
    allow_private: Annotated[
        bool,
        typer.Option(
            "--allow-private", help="Fetch also from addresses of the local network.", rich_help_panel=_LIMITS
        ),
    ] = False,
) -> int:
    """Fetch the pictures of a list into a folder a class. Run it again to go on.

    What is there is not fetched again; what failed is remembered, and fetched with --retry-failed. download.jsonl in
    the folder tells what became of each row. The exit code is 1 while a row has no picture.
    """
    from geacc_proxy.cli.gathering import agent, gather, read_classes, read_size
    from geacc_proxy.lab.dataset.manner import Manner

    if metadata is None:
        source, folder = list_or_folder, out or Path("dataset")
    else:
        source, folder = metadata, out or Path(list_or_folder)
    manner = Manner(
        agent=agent(user_agent),
        workers=workers,
        per_host=per_host,
        delay=delay,
        tries=tries,
        seconds=timeout,
        most_bytes=max_megabytes * 2**20,
        size=read_size(resize),
        allow_private=allow_private,
        overwrite=overwrite,
        retry_failed=retry_failed,
    )
    return gather(source, folder, manner, read_classes(classes))
