"""Addresses that models may be fetched from: which are accepted, where they may lead on, how they are shown."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from geacc_proxy.exceptions import GeaccError, UsageError

HUB = "https://huggingface.co"
"""Origin of the Hugging Face hub."""

HUB_PREFIX = "hf:"
"""What stands before `owner/repo/path` of a file on the hub."""

_HUB_FILE = re.compile(r"hf:(?P<repo>[\w.-]+/[\w.-]+?)(?:@(?P<revision>[\w./-]+?))?(?:/(?P<path>[^@?#\\]+))?", re.ASCII)


class AddressError(GeaccError):
    """An address leads to where nothing may be fetched from."""


@dataclass(frozen=True, slots=True)
class Hub:
    """A place that tells digests of its files, and may want to know who asks.

    Attributes:
        origin: scheme and host; the token goes to this origin alone, and its digests are believed from it alone.
        token: who asks; empty for nobody.
    """

    origin: str = HUB
    token: str = field(default="", repr=False)

    @classmethod
    def of_environment(cls) -> Hub:
        """The Hugging Face hub, with the token that `HF_TOKEN` in the environment holds."""
        token = os.environ.get("HF_TOKEN", "").strip()
        # A token goes into a header: what cannot be there is no token.
        return cls(token=token if re.fullmatch(r"[!-~]+", token) else "")

    def owns(self, address: str) -> bool:
        """Whether an address lies at this origin: same scheme, host and port."""
        return _origin(address) == _origin(self.origin)


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file on the hub.

    Attributes:
        repo: `owner/name`.
        revision: branch, tag or commit.
        path: of the file within the repository; empty for the repository itself.
    """

    repo: str
    revision: str
    path: str

    def address(self, path: str | None = None, origin: str = HUB) -> str:
        """Address of this file, or of another one in the same repository and revision."""
        return f"{origin}/{self.repo}/resolve/{quote(self.revision, safe='')}/{quote(path or self.path)}"


def parse_hub_file(text: str) -> HubFile:
    """Read `hf:owner/repo[@revision][/path]`; the revision is `main` where none is given.

    Raises:
        UsageError: it is nothing of that form.
    """
    found = _HUB_FILE.fullmatch(text)
    parts = PurePosixPath(found["path"] or "x").parts if found else ()
    if found is None or ".." in parts or "/" in parts or found["repo"].startswith("."):
        raise UsageError(
            f"{text!r} is no file on the hub; one is written hf:owner/repo/file or hf:owner/repo@revision/file"
        )
    return HubFile(found["repo"], found["revision"] or "main", found["path"] or "")


def check_address(address: str) -> str:
    """Accept an address that something may be fetched from.

    Args:
        address: as given. `https`, or `http` to this very machine.

    Returns:
        The address without its fragment.

    Raises:
        UsageError: another scheme, no host, a password in it, or no address at all.
    """
    wrong = "write an address such as https://example.org/model.tflite"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{address!r} is no address ({error}); {wrong}") from error
    if not host or not address.isascii() or not address.isprintable() or {" ", "\\"} & set(address):
        raise UsageError(f"{address!r} is no address; {wrong}")
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"the address of {host} holds a name or a password; write it without")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise UsageError(f"{shown(address)} is not fetched: only https addresses are")
    return urlunsplit(parts._replace(fragment=""))


def redirected(first: str, current: str, location: str) -> str:
    """Where a redirect leads.

    Args:
        first: the address that was given.
        current: the one that answered.
        location: where it says to go, absolute or not.

    Returns:
        The next address. `http` only from and to this very machine.

    Raises:
        AddressError: it leads to where nothing may be fetched from.
    """
    target = urljoin(current, location)
    try:
        return _check_target(first, target)
    except (UsageError, ValueError) as error:
        raise AddressError(
            f"{shown(first)} leads on to {shown(target)!r}, which is not fetched: only https is"
        ) from error


def _check_target(first: str, target: str) -> str:
    checked = check_address(target)
    if urlsplit(checked).scheme == "http" and urlsplit(first).scheme != "http":
        raise ValueError("from https to http")
    return checked


def is_loopback(host: str) -> bool:
    """Whether a host name or number is this very machine's."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def shown(address: str) -> str:
    """An address for messages and cards: without query (it may hold a signature), fragment or password."""
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "the address"
    text = urlunsplit((parts.scheme, host, parts.path, "", ""))
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def file_name(address: str) -> str:
    """The last part of an address's path, percent signs undone; empty if there is none or it is no plain name."""
    name = unquote(urlsplit(address).path.rpartition("/")[2])
    return "" if name in {".", ".."} or "/" in name or "\\" in name or not name.isprintable() else name


def beside(address: str, relative: str) -> str:
    """Address of a file that is named relative to another one's; the query goes along (it may hold a signature)."""
    parts = urlsplit(address)
    folder = parts.path.rpartition("/")[0]
    return urlunsplit(parts._replace(path=f"{folder}/{quote(relative)}"))


def _origin(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)
