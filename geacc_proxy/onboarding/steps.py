"""What a guide is made of, and how a step is split into plain words and words of the screen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from geacc_proxy.onboarding.platforms import Platform
    from geacc_proxy.onboarding.reach import Reach

_ON_SCREEN = re.compile(r"\[([^\[\]]+)\]")
_VALUE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words.

    Attributes:
        text: the words, with all values in place; not escaped.
        on_screen: whether the device's screen says so.
    """

    text: str
    on_screen: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    Attributes:
        text: what to do, marked for translation. `[…]` are words that the screen says; `{host}`, `{port}`,
            `{pages}`, `{pac_url}`, `{certificate_name}`, `{fingerprint}` and `{home_name}` stand for this home's
            values.
        file: name of a setup file that this step needs, or empty.
    """

    text: str
    file: str = ""

    def pieces(self, reach: Reach, translate: Callable[[str], str] = str) -> tuple[Piece, ...]:
        """Return the step's words in order.

        Args:
            reach: this home's values.
            translate: gives the text in the reader's language, with the same marks.
        """
        parts = _ON_SCREEN.split(translate(self.text))
        values = _values(reach)

        def filled(text: str) -> str:
            # A translation may lack a value or misspell it; the mark then stays for all to see.
            return _VALUE.sub(lambda match: values.get(match[1], match[0]), text)

        return tuple(Piece(filled(part), bool(at % 2)) for at, part in enumerate(parts) if part)


@dataclass(frozen=True, slots=True)
class Guide:
    """How to put a device behind the filter, and how to take it off again.

    Attributes:
        platform: what it is for.
        title: its name, marked for translation.
        files: names of the setup files that do it, in the order in which a parent should think of them.
        by_file: with those files.
        proxy: by hand: the proxy.
        certificate: by hand: the certificate.
        check: how to see that it works.
        removal: how to take everything off again.
        notes: what does not work there, or differs.
    """

    platform: Platform
    title: str
    files: tuple[str, ...]
    by_file: tuple[Step, ...]
    proxy: tuple[Step, ...]
    certificate: tuple[Step, ...]
    check: tuple[Step, ...]
    removal: tuple[Step, ...]
    notes: tuple[Step, ...] = ()


def _values(reach: Reach) -> dict[str, str]:
    return {
        "host": reach.host,
        "port": str(reach.port),
        "pages": reach.pages,
        "pac_url": reach.pac_url,
        "certificate_name": reach.certificate_name,
        "fingerprint": reach.fingerprint,
        "home_name": reach.home_name,
    }
