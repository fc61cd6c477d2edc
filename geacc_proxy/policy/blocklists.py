"""Block lists as others keep them: lines of text to a set that is asked for each request.

Understood, in one file as they come: hosts files (`0.0.0.0 example.com`), one name a line, `*.example.com`, and those
rules of ad blockers that mean a whole domain (`||example.com^`, `@@||example.com^`). Their syntax:
https://github.com/AdguardTeam/AdGuardHome/wiki/Hosts-Blocklists, https://help.adblockplus.org/hc/articles/360062733293.
Anything else (parts of a page, addresses with a path, rules for some requests alone) is counted and left out: taken for
a whole domain it would close what nobody wanted closed.
"""

from __future__ import annotations

import ipaddress
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby

from geacc_proxy.exceptions import UsageError
from geacc_proxy.policy.sites import host_of, upwards

_NOWHERE = frozenset({"0.0.0.0", "127.0.0.1", "::", "::1", "0"})  # noqa: S104  (no address to listen at)
"""Where a hosts file sends the names that it blocks."""
_ITSELF = _NOWHERE | {
    *("localhost", "localhost.localdomain", "local", "broadcasthost", "ip6-localhost", "ip6-loopback"),
    *("ip6-localnet", "ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters", "ip6-allhosts"),
}
"""What every hosts file has for the machine itself."""
_WHOLE_DOMAIN = frozenset({"important", "document", "doc", "all"})
"""Modifiers with which a rule still means the domain and all that is there."""
_NAME = re.compile(r"[a-z0-9_][a-z0-9_.-]*")
_COMMENT = re.compile(r"\s#")
_UNSEEN = "\ufeff\0 \t"  # a byte order mark, and what else is about it
_LONGEST = 253  # RFC 1035, 2.3.4
_IN_ADDRESSES = frozenset("/?#:@\\*")
_RULE = re.compile(r"(@@)?\|\|(?:\*\.)?([^/^*|$:?=&\s]+)([\^|]{0,2})(?:\$(.+))?")


class Names:
    """A set of names in 8 bytes each: their digests, sorted.

    Two names have the same digest of 64 bits by chance once in 10^13 look-ups in a set of a million. What is asked for
    is known to whoever asks, so the set need not hold it.
    """

    __slots__ = ("_keys",)

    def __init__(self, keys: Iterable[int] = ()) -> None:
        """Take digests, as `key_of` gives them, in any order, some of them twice."""
        self._keys = array("Q", (key for key, _ in groupby(sorted(keys))))

    def has(self, key: int) -> bool:
        """Whether a digest is here."""
        keys = self._keys
        place = bisect_left(keys, key)
        return place < len(keys) and keys[place] == key

    def __contains__(self, name: str) -> bool:
        return self.has(key_of(name))

    def __len__(self) -> int:
        return len(self._keys)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Names) and self._keys == other._keys

    def __hash__(self) -> int:
        return hash(self._keys.tobytes())


@dataclass(frozen=True, slots=True)
class BlockList:
    """A block list.

    Attributes:
        hosts: names that are blocked, but not what is below them.
        domains: names that are blocked with all that is below them.
        exceptions: names that are not, with all that is below them, whatever else the list says.
        rules: how many were understood.
        skipped: how many lines were not.
        important: as `domains`, of rules that no exception of the list undoes.
    """

    hosts: Names = field(default_factory=Names)
    domains: Names = field(default_factory=Names)
    exceptions: Names = field(default_factory=Names)
    rules: int = 0
    skipped: int = 0
    important: Names = field(default_factory=Names)

    def covers(self, host: str) -> str | None:
        """The entry that blocks a host: the host itself or a domain above it; None if it is not blocked.

        Args:
            host: ASCII, in upper or lower case, with or without the root's dot or an IPv6 address's brackets.
        """
        names = [(name, key_of(name)) for name in upwards(host)]
        for name, key in names:
            if self.important.has(key):
                return name
        if len(self.exceptions) and any(self.exceptions.has(key) for _, key in names):
            return None
        if self.hosts.has(names[0][1]):
            return names[0][0]
        return next((name for name, key in names if self.domains.has(key)), None)


def parse(lines: Iterable[str]) -> BlockList:
    """Read a block list.

    A name that stands alone on its line means all that is below it too, as in the lists of domains that schools use; in
    a hosts file it does not, for there each name has its line.

    Args:
        lines: decoded, with or without their ends; what could not be decoded replaced by anything.
    """
    reader = _Reader()
    for line in lines:
        reader.read(line)
    return reader.result()


class _Reader:
    def __init__(self) -> None:
        self.hosts, self.domains, self.exceptions, self.important = (array("Q") for _ in range(4))
        self.rules = self.skipped = 0

    def result(self) -> BlockList:
        return BlockList(
            Names(self.hosts),
            Names(self.domains),
            Names(self.exceptions),
            self.rules,
            self.skipped,
            Names(self.important),
        )

    def read(self, line: str) -> None:
        line = line.strip().strip(_UNSEEN)
        if not line or line[0] in "!#[":
            return
        if line.startswith(("||", "@@")):
            self._rule(line)
            return
        words = (_COMMENT.split(line, maxsplit=1)[0] if "#" in line else line).split()
        if not words:
            return
        if len(words) == 1:
            name = words[0].removeprefix("*").removeprefix(".")
            is_word = name == words[0] and not {".", ":"} & set(name)
            self._take(self.domains, "" if is_word else name)
        elif words[0] in _NOWHERE:
            for word in words[1:]:
                if word.lower() not in _ITSELF:
                    self._take(self.hosts, word)
        elif not _ITSELF.issuperset(words[1:]):
            self.skipped += 1

    def _rule(self, line: str) -> None:
        found = _RULE.fullmatch(line)
        modifiers = set(found[4].split(",")) if found is not None and found[4] else set()
        if found is None or not modifiers <= _WHOLE_DOMAIN or _goes_on(found[2], found[3]):
            self.skipped += 1
        elif found[1]:
            self._take(self.exceptions, found[2])
        else:
            self._take(self.important if "important" in modifiers else self.domains, found[2])

    def _take(self, names: array[int], text: str) -> None:
        name = _plain(text)
        if name is None:
            self.skipped += 1
        else:
            names.append(key_of(name))
            self.rules += 1


def _goes_on(name: str, end: str) -> bool:
    """Whether a rule is for all names that begin like it, such as `||example.`: nothing ends it, nor is it whole."""
    return not end and (name.endswith(".") or "." not in name)


def _plain(text: str) -> str | None:
    """A name or a number as it is asked for; None if it is neither."""
    name = text.lower().removesuffix(".")
    if not _NAME.fullmatch(name):
        return _foreign(name)
    if name[-1].isdigit() and name.rpartition(".")[2].isdigit():
        return _number(name)
    return None if ".." in name or len(name) > _LONGEST else name


def _foreign(name: str) -> str | None:
    """A name in a script of its own, or an IPv6 address."""
    if name.isascii():
        return _number(name)
    try:
        return None if _IN_ADDRESSES & set(name) else host_of(f"*.{name}")
    except UsageError:
        return None


def _number(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def key_of(name: str) -> int:
    """The digest of a name: BLAKE2b of 64 bits."""
    return int.from_bytes(blake2b(name.encode(errors="replace"), digest_size=8).digest())
