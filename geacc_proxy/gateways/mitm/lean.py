"""mitmproxy without what a filter has no use for.

The package `mitmproxy.addons` imports every addon there is as soon as one is asked for, and with them a web framework,
LDAP, YAML and a grammar parser: two fifths of what mitmproxy takes to import. Here only the files that are asked for
are read.

And mitmproxy checks the type of each field of each message it makes, for the sake of scripts that make their own; it
leaves that out under `python -O`. A tenth of the CPU of a request; nobody scripts this process.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import mitmproxy

_PACKAGE = "mitmproxy.addons"


def import_addons_one_by_one() -> None:
    """Put an empty package in the place of `mitmproxy.addons`, unless somebody needed the whole one already."""
    if _PACKAGE in sys.modules:
        return
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(Path(folder) / "addons") for folder in mitmproxy.__path__]
    sys.modules[_PACKAGE] = package


def leave_out_type_checks() -> None:
    """Do for messages what `python -O` does."""
    from mitmproxy.http import MessageData

    MessageData.__post_init__ = _unchecked  # type: ignore[method-assign]


def _unchecked(_message: object) -> None:
    """In the place of the check."""
