"""`geacc-proxy predict`: Geacc's predict.py, flag for flag and column for column."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def predict(
    input_path: Annotated[Path, typer.Argument(help="A picture, or a folder of pictures.")],
    model_path: Annotated[
        str | None,
        typer.Option("-m", "--model_path", "--model", help="A model's name or path; the one in use without it."),
    ] = None,
    csv_path: Annotated[
        Path | None,
        typer.Option("-c", "--csv_path", "--csv", help="Save the results as CSV instead of printing a table."),
    ] = None,
    recursive: Annotated[bool, typer.Option("-r", "--recursive", help="Look into the folders below, too.")] = False,
    workers: Annotated[
        int, typer.Option(min=0, max=64, help="Processes that judge at most; one more for every 150 files.")
    ] = 0,
    state_dir: Annotated[Path | None, typer.Option(help="Where installed models lie.")] = None,
) -> int:
    """Judge a picture or a folder of pictures: benign below a malign score of 0.5.

    Files that are no pictures or cannot be read are named on standard error; the others are done, and the exit code
    is 1.
    """
    import asyncio

    from geacc_proxy import settings
    from geacc_proxy.cli.prediction import judge_files, pictures_below, write_csv, write_table

    files = pictures_below(input_path, recursive=recursive)
    folder = settings.state_directory(state_dir)
    chosen = settings.load(None, folder, {"model": model_path, "workers": workers})
    results = asyncio.run(judge_files(files, chosen, folder))
    good = [result for result in results if result.prediction]
    if csv_path is None:
        write_table(good)
    else:
        write_csv(csv_path, good)
    for result in results:
        if not result.prediction:
            typer.echo(f"geacc-proxy: {result.file}: {result.problem}", err=True)
    if failed := len(results) - len(good):
        typer.echo(f"geacc-proxy: {failed} of {len(results)} files could not be judged", err=True)
    return 1 if failed else 0
