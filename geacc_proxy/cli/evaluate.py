"""`geacc-proxy evaluate`: how good models are on labelled pictures."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class GroupBy(StrEnum):
    """What pictures can be grouped by without a table."""

    PARENT = "parent"
    FORMAT = "format"


def evaluate(
    data: Annotated[
        Path, typer.Argument(help="A folder with a folder a class, or a CSV file with a path and a label.")
    ],
    model: Annotated[
        list[str] | None,
        typer.Option("-m", "--model", "--model_path", help="A model; several to compare them; the default without it."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Write a report, pictures and scores there.")
    ] = None,
    malign: Annotated[
        str | None,
        typer.Option(metavar="NAME[,NAME]", help="Classes that are malign; all but benign, neutral, drawing… without."),
    ] = None,
    cut_off: Annotated[float, typer.Option(min=0, max=1, help="Malign from this score on.")] = 0.5,
    false_alarm_rates: Annotated[
        str, typer.Option(metavar="A,B,C", help="Find the thresholds for these rates: strict, balanced, lenient.")
    ] = "0.05,0.037,0.023",
    write_card: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a copy of the model's card with those thresholds.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="--write-card may write over a file.")] = False,
    group: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Figures by this column of the CSV file; repeatable.")
    ] = None,
    group_by: Annotated[
        GroupBy | None, typer.Option(help="Figures by the folder that holds a picture, or by its name's ending.")
    ] = None,
    mistakes: Annotated[int, typer.Option(min=0, max=200, help="So many of the worst of each kind are shown.")] = 12,
    show_pictures: Annotated[
        bool, typer.Option("--show-pictures", help="Show the mistakes as they are, not blurred.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws for the intervals.")] = 23,
    workers: Annotated[
        int, typer.Option(min=0, max=64, help="Processes that judge at most; one more for every 150 files.")
    ] = 0,
    state_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where models are installed and converted ones are kept.")
    ] = None,
) -> int:
    """Measure models on labelled pictures: accuracy, false alarms, curves, calibration, groups; all with intervals.

    Pictures that cannot be judged are named on standard error and counted; the exit code is 1 then.
    """
    from geacc_proxy.cli.evaluation import Request, run

    return run(
        Request(
            data=data,
            models=tuple(model or ("",)),
            out=out,
            malign=None if malign is None else tuple(name.strip() for name in malign.split(",") if name.strip()),
            cut_off=cut_off,
            false_alarm_rates=false_alarm_rates,
            card=write_card,
            force=force,
            groups=tuple(group or ()),
            group_by=group_by.value if group_by else None,
            mistakes=mistakes,
            show_pictures=show_pictures,
            seed=seed,
            workers=workers,
            state_dir=state_dir,
        )
    )
