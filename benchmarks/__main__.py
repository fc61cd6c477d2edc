"""Measure; see README.md beside this file."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import environment, report
from benchmarks.cascade import CASCADE, cascade
from benchmarks.figure import Figure
from benchmarks.flooding import flooding
from benchmarks.household import household
from benchmarks.origin import Origin, running_origin
from benchmarks.passing import passing
from benchmarks.pictures import pictures
from benchmarks.predicting import predicting
from benchmarks.reporting import reporting
from benchmarks.texts import texts
from benchmarks.waiting import waiting

ALL = {
    "passing": passing,
    "pictures": pictures,
    "predicting": predicting,
    "cascade": cascade,
    "texts": texts,
    "waiting": waiting,
    "flooding": flooding,
    "reporting": reporting,
    "household": household,
}


def main() -> None:
    """Measure what is asked for, and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure what the proxy costs.")
    parser.add_argument("--only", choices=ALL, action="append", help="measure this alone; may be given more than once")
    parser.add_argument(
        "--photos", type=Path, metavar="DIR", help="benign photographs for `cascade`, and for `predicting`"
    )
    parser.add_argument(
        "--state-dir", type=Path, metavar="DIR", help=f"for `cascade`: where {CASCADE} has been pulled to"
    )
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    arguments = parser.parse_args()
    if arguments.write and arguments.only:
        parser.error("--write needs all figures: leave --only out")
    if arguments.photos and not arguments.photos.is_dir():
        parser.error(f"--photos {arguments.photos}: no such folder")
    chosen = arguments.only or list(ALL)
    if "cascade" in chosen and not (arguments.photos and arguments.state_dir):
        if arguments.only or arguments.write:
            parser.error("cascade needs --photos and --state-dir")
        chosen.remove("cascade")
        print("cascade is left out; it needs --photos and --state-dir", flush=True)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="geacc-benchmark-") as folder:
        environment.prepare(Path(folder) / "bytecode")
        for name in chosen:
            directory = Path(folder) / name
            directory.mkdir()
            figures += _measure(name, directory, arguments.photos, arguments.state_dir)
            print(f"{name} is measured", flush=True)
    report.show(figures)
    if arguments.write:
        report.write(figures)


def _measure(name: str, directory: Path, photos: Path | None, state_dir: Path | None) -> list[Figure]:
    if name == "predicting":
        return predicting(directory, photos)
    if name == "cascade" and photos and state_dir:
        return cascade(photos, state_dir)
    figure: Callable[[Origin, Path], object] = ALL[name]
    with running_origin(directory) as origin:
        return asyncio.run(figure(origin, directory))


if __name__ == "__main__":
    main()
