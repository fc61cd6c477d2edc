"""The folder of models: places to work in, models that appear whole, and one process at a time for each.

Under the state directory, `models/<name>/` holds an installed model and its card, `models/partial/<name>/` what is on
its way to be one.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.models.registry import MODELS, PARTIAL, RESERVED_NAMES

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_LONGEST_NAME = 100


def models_folder(state_dir: Path) -> Path:
    """The folder of models in a state directory."""
    return state_dir / MODELS


def check_name(name: str) -> str:
    """Accept a name that a model can be installed under.

    Raises:
        UsageError: it cannot be the name of a model, or means something else.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name, re.ASCII) or len(name) > _LONGEST_NAME:
        raise UsageError(f"{name!r} cannot be the name of a model; letters, digits, '.', '_' and '-' can be in one")
    if name.lower() in RESERVED_NAMES:
        raise UsageError(f"no model can be installed under the name {name!r}, which means something else; take another")
    return name


def name_from(text: str) -> str:
    """A name for a model from the name of a file or repository; empty if nothing is left of it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("._-")[:_LONGEST_NAME]


@contextmanager
def workplace(
    models: Path, name: str, *, wait: Callable[[], None], keeps: tuple[type[BaseException], ...]
) -> Iterator[Path]:
    """A folder to prepare a model in, for this process alone.

    Args:
        models: the folder of models; made if it is missing.
        name: of the model.
        wait: called if another process is preparing it, before waiting for that.
        keeps: after these errors what lies in the folder stays for the next attempt; else it is deleted.

    Raises:
        GeaccError: it cannot be made.
    """
    place = models / PARTIAL / name
    with _disk(models):
        lock = _Lock(place.with_name(f"{name}.lock"), wait)
        place.mkdir(exist_ok=True)
    keep = False
    try:
        yield place
    except keeps:
        keep = _holds_bytes(place)
        raise
    finally:
        if not keep:
            shutil.rmtree(place, ignore_errors=True)
        lock.release()
        with suppress(OSError):
            place.parent.rmdir()


def install(staged: Path, models: Path, name: str) -> Path:
    """Put a finished folder in its place, whole, instead of what may be there.

    Args:
        staged: the folder, on the same file system; it is gone afterwards.
        models: the folder of models.
        name: of the model.

    Returns:
        Its place.

    Raises:
        GeaccError: the disk does not allow it; what was there is there still.
    """
    target = models / name
    former = staged.with_name("former")
    with _disk(models):
        for file in [*staged.iterdir(), staged]:
            _sync(file)
        shutil.rmtree(former, ignore_errors=True)
        if target.exists():
            target.rename(former)
        try:
            staged.rename(target)
        except OSError:
            if former.exists():
                former.rename(target)
            raise
        _sync(models)
    shutil.rmtree(former, ignore_errors=True)
    return target


def kept_bytes(models: Path) -> int:
    """How many bytes lie here of downloads that were interrupted."""
    return sum(file.stat().st_size for file in (models / PARTIAL).rglob("*.part") if file.is_file())


def _holds_bytes(folder: Path) -> bool:
    return any(file.is_file() and file.stat().st_size for file in folder.rglob("*"))


def _sync(path: Path) -> None:
    if sys.platform == "win32":
        return  # folders cannot be opened there
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Lock:
    """A lock that ends with the process, whatever ends it."""

    def __init__(self, path: Path, wait: Callable[[], None]) -> None:
        self._path = path
        while True:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b")
            if not _try_lock(self._file.fileno()):
                wait()
                _lock(self._file.fileno())
            # Who held it before has deleted the file: a lock on that is no lock.
            with suppress(OSError):
                if os.path.samestat(path.stat(), os.fstat(self._file.fileno())):
                    return
            self._file.close()

    def release(self) -> None:
        with suppress(OSError):
            self._path.unlink()
        self._file.close()


if sys.platform == "win32":

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _lock(descriptor: int) -> None:
        while True:
            with suppress(OSError):  # after ten seconds
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
                return

else:

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GeaccError(f"cannot write to {folder}: {error.strerror or error}") from error
