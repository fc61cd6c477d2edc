"""A subscription as a form: what a parent has typed, as it was typed, and what is to be made of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home.subscriptions import check_source
from geacc_proxy.web.i18n import _

_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form's fields.

    Attributes:
        name: what the list is to be called; made of its source where empty.
        source: an address or a path.
        file: name of a file that came with the form; empty where none did.
    """

    name: str = ""
    source: str = ""
    file: str = ""

    def read(self, taken: Collection[str]) -> tuple[str, dict[str, str]]:
        """The list's name; and, by the name of the field, what cannot be understood, in the page's language.

        Args:
            taken: names of the lists that there are.
        """
        problems: dict[str, str] = {}
        if self.source and self.file:
            problems["source"] = _("Give an address or a file, not both.")
        elif not self.file:
            try:
                check_source(self.source)
            except UsageError:
                problems["source"] = _(
                    "Write an https address such as https://example.org/list.txt, or the path of a file here."
                )
        name = slug(self.name)
        if self.name and not name:
            problems["name"] = _("Use letters from a to z, digits and hyphens.")
        elif name in taken:
            problems["name"] = _("There is a list {list} already; choose another name.", list=name)
        return name or _free(slug(self._stem()) or "list", taken), problems

    def _stem(self) -> str:
        """What the source is called: the file's name without its ending, or the host where that says nothing."""
        if self.file:
            return PurePosixPath(self.file).stem
        try:
            parts = urlsplit(self.source)
        except ValueError:
            return ""
        stem = PurePosixPath(parts.path).stem
        return stem if slug(stem) not in ("", "hosts", "list", "blocklist", "domains") else parts.hostname or stem


def slug(text: str) -> str:
    """A name for a list: up to 40 small letters, digits and hyphens; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-")


def _free(name: str, taken: Collection[str]) -> str:
    numbered = (f"{name[: _LONGEST - 3]}-{number}" for number in range(2, len(taken) + 3))
    return next(free for free in (name, *numbered) if free not in taken)
