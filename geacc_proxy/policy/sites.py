"""Sites: the host that a person means, sets of hosts, and a profile's three lists."""

from __future__ import annotations

import ipaddress
import re
import stringprep
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from geacc_proxy.exceptions import UsageError

_MAX_HOST, _MAX_LABEL = 253, 63  # RFC 1035, 2.3.4, without the root's dot
_SCHEMES = frozenset({"http", "https", "ws", "wss", "ftp"})
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_DOTS = str.maketrans("。．｡", "...")  # RFC 3490, 3.1: they count as dots
_JOINERS = "\u200c\u200d"
_MARKS_IN_NAMES = "-_\u00b7\u0375\u05f3\u05f4\u30fb"
"""The punctuation that a name may have: RFC 5892, A.3 to A.7, and the two of host names."""


def host_of(text: str) -> str:
    """The host that a person means.

    Args:
        text: a name or a number, also with what stands around it in an address (`https://www.Example.com/path`), a
            pattern for whole domains (`*.example.com`), or in a script of its own (`münchen.de`).

    Returns:
        Lower-case ASCII, no dot at the end; an IPv6 address in its short form, without brackets. A name of a single
        part is only taken from `*.name`, or it would be a site whose ending was forgotten; `localhost` is one.

    Raises:
        UsageError: there is no host in it.
    """
    host = _bare(text.strip(), text)
    above = host.startswith(("*.", "."))
    host = host.removeprefix("*").removeprefix(".") if above else host
    number = _number(host)
    if number is not None and not above:
        return number
    name = _ascii(host.translate(_DOTS).removesuffix("."), text)
    if "." not in name and not above and name != "localhost":
        raise UsageError(f"{_shown(text)} is not the whole name of a site; write it with its ending: {name}.com")
    return name


@dataclass(frozen=True, slots=True, init=False)
class HostSet:
    """Hosts, each standing for itself and all that is below it: `example.com` is `www.example.com` too."""

    _hosts: frozenset[str]

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        """Take hosts, each as `host_of` gives it."""
        object.__setattr__(self, "_hosts", frozenset(hosts))

    def covers(self, host: str) -> str | None:
        """The most specific entry that is the host itself or a domain above it; None if there is none.

        Args:
            host: ASCII, in upper or lower case, with or without the root's dot or an IPv6 address's brackets.
        """
        hosts = self._hosts
        return next((name for name in upwards(host) if name in hosts), None) if hosts else None

    def __len__(self) -> int:
        return len(self._hosts)

    def __iter__(self) -> Iterator[str]:
        """In the order of the alphabet."""
        return iter(sorted(self._hosts))


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """What a profile's lists say of a site.

    Attributes:
        blocked: whether it is kept away; else it is let through, whatever any block list says.
        entry: the line in the lists that says so.
    """

    blocked: bool
    entry: str


@dataclass(frozen=True, slots=True)
class SiteRules:
    """A profile's lists of sites.

    Attributes:
        allow: let through, whatever any block list says.
        block: always kept away.
        unfiltered: their pictures are shown unjudged; this opens no site.
    """

    allow: HostSet = field(default_factory=HostSet)
    block: HostSet = field(default_factory=HostSet)
    unfiltered: HostSet = field(default_factory=HostSet)

    def answer(self, host: str) -> SiteAnswer | None:
        """What holds for a host: the entry nearest to it, and `block` where both have the same; None if neither has.

        So `school.example` in `allow` and `games.school.example` in `block` leave the rest of the school open.
        """
        allowed, blocked = self.allow.covers(host), self.block.covers(host)
        if blocked is not None and (allowed is None or len(blocked) >= len(allowed)):
            return SiteAnswer(True, blocked)
        return None if allowed is None else SiteAnswer(False, allowed)

    def to_data(self) -> dict[str, list[str]]:
        """Plain data, as JSON has it: `{"allow": ["example.com"], "block": [], "unfiltered": []}`."""
        return {name: [_written(host) for host in getattr(self, name)] for name in _LISTS}

    @classmethod
    def from_data(cls, data: object, where: str = "the site lists") -> SiteRules:
        """Read what `to_data` writes; a list that is missing is empty.

        Args:
            data: plain data, from whoever; sites as people type them.
            where: what to call it in an error.

        Raises:
            UsageError: it is not of that form.
        """
        if not isinstance(data, dict) or not set(data) <= set(_LISTS):
            raise UsageError(f'{where}: {_shown(data)} is not of the form {{"{_LISTS[0]}": […], "{_LISTS[1]}": […]}}')
        return cls(**{name: HostSet(_hosts(entries, f"{where}, {name}")) for name, entries in data.items()})


_LISTS = ("allow", "block", "unfiltered")


def upwards(host: str) -> Iterator[str]:
    """A host, then each domain above it; a number has none above it.

    Args:
        host: as for `HostSet.covers`.
    """
    name = host.lower().removesuffix(".").strip("[]")
    yield name
    if name[-1:].isdigit() or ":" in name:  # no top-level domain ends in a digit
        return
    while dot := name.find(".") + 1:
        name = name[dot:]
        yield name


def _hosts(entries: object, where: str) -> list[str]:
    if not isinstance(entries, list | tuple) or not all(isinstance(entry, str) for entry in entries):
        raise UsageError(f'{where}: {_shown(entries)} is no list of sites; write ["example.com"]')
    hosts = []
    for number, entry in enumerate(entries, 1):
        try:
            hosts.append(host_of(entry))
        except UsageError as error:
            raise UsageError(f"{where}, entry {number}: {error}") from None
    return hosts


def _written(host: str) -> str:
    """As `host_of` reads it."""
    return host if "." in host or ":" in host or host == "localhost" else f"*.{host}"


def _bare(text: str, whole: str) -> str:
    """The host alone, of an address or of a name with a port."""
    scheme, found, rest = text.partition("://")
    if found and scheme.lower() not in _SCHEMES:
        raise _no_host(whole)
    authority = re.split(r"[/?#\\]", rest if found else text.removeprefix("//"), maxsplit=1)[0]
    _, at, host = authority.rpartition("@")
    if at and not found:
        raise UsageError(f"{_shown(whole)} is an address of mail, not a site; write a name such as example.com")
    if host.startswith("["):
        inside, closed, port = host[1:].partition("]")
        if not closed or not re.fullmatch(r"(:[0-9]*)?", port) or _number(inside) is None:
            raise _no_host(whole)
        return inside
    if host.count(":") > 1:
        return host
    name, colon, port = host.partition(":")
    if colon and port.strip("0123456789"):
        raise _no_host(whole)
    return name


def _number(host: str) -> str | None:
    if "%" in host:  # a network card of this very machine (RFC 4007, 11)
        return None
    try:
        return str(ipaddress.ip_address(host.removesuffix(".")))
    except ValueError:
        return None


def _ascii(host: str, whole: str) -> str:
    labels = [_label(label, whole) for label in host.split(".")]
    name = ".".join(labels)
    # Browsers take a name for a number if its last part is one (https://url.spec.whatwg.org/#ends-in-a-number-checker).
    if len(name) > _MAX_HOST or _NUMBER.fullmatch(labels[-1]):
        raise _no_host(whole)
    return name


def _label(label: str, whole: str) -> str:
    """A part of a name, as browsers ask for it: UTS #46 without transitional processing, so that ß stays ß."""
    if not label.isascii():
        kept = (c for c in label if c in _JOINERS or not stringprep.in_table_b1(c))
        # Letter by letter: as a word, Greek's capital sigma would become another letter at its end.
        label = unicodedata.normalize("NFKC", "".join(c.lower() for c in kept))
        if any(c not in _MARKS_IN_NAMES and c not in _JOINERS and unicodedata.category(c)[0] in "CPZ" for c in label):
            raise _no_host(whole)
    label = label.lower() if label.isascii() else f"xn--{label.encode('punycode').decode()}"
    if not _LABEL.fullmatch(label) or len(label) > _MAX_LABEL:
        raise _no_host(whole)
    return label


def _no_host(text: str) -> UsageError:
    return UsageError(
        f"{_shown(text)} names no site; write a name such as example.com, or an address such as 192.0.2.7"
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
