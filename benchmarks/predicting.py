"""`geacc-proxy predict` on a folder of photographs, against Keras as Geacc's script uses it."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks import samples
from benchmarks.cpu_of import cpu_of
from benchmarks.figure import Figure
from benchmarks.proxies import PROGRAMS

PHOTOS = 100
SIDE = 1000
_SUFFIXES = {".jpg", ".jpeg", ".png"}


def predicting(directory: Path, photos: Path | None) -> list[Figure]:
    folder, single = directory / "photos", directory / "one"
    _fill(folder, photos)
    single.mkdir()
    shutil.copy(next(folder.iterdir()), single)
    model = directory / "model.keras"
    subprocess.run([sys.executable, "-m", "benchmarks.keras_way", "save", model], check=True, stdout=subprocess.DEVNULL)
    keras = [sys.executable, "-m", "benchmarks.keras_way", "predict", model]
    ours = [PROGRAMS / "geacc-proxy", "predict"]
    for command in (ours, keras):  # the first start compiles, and fills the disk's cache
        cpu_of(*command, single)
    our_start, our_all = cpu_of(*ours, single), cpu_of(*ours, folder)
    keras_start, keras_all = cpu_of(*keras, single), cpu_of(*keras, folder)
    count = len(list(folder.iterdir()))
    detail = (
        f"{our_all:.1f} s against {keras_all:.1f} s for {count} files, {our_start:.1f} and {keras_start:.1f} s of it "
        f"for start and first file; a further file {_each(our_start, our_all, count):.1f} ms against "
        f"{_each(keras_start, keras_all, count):.1f} ms"
    )
    what = f"CPU of Keras, one by one, of `predict` on {count} photos, start included"
    return [Figure(what, keras_all / our_all, 8.0, "×", detail, at_least=True)]


def _each(start: float, total: float, count: int) -> float:
    return (total - start) / (count - 1) * 1e3


def _fill(folder: Path, photos: Path | None) -> None:
    folder.mkdir()
    if photos is None:
        for number in range(PHOTOS):
            (folder / f"{number:03d}.jpg").write_bytes(samples.numbered_photo(number, SIDE))
        return
    found = sorted(path for path in photos.iterdir() if path.suffix.lower() in _SUFFIXES)
    if len(found) < 2:
        raise SystemExit(f"--photos {photos}: fewer than two JPEG or PNG files in it")
    # A short folder is gone through again, and each copy gets bytes of its own at its end.
    for number, path in enumerate(itertools.islice(itertools.cycle(found), PHOTOS)):
        (folder / f"{number:03d}{path.suffix.lower()}").write_bytes(path.read_bytes() + f"{number:010d}".encode())
