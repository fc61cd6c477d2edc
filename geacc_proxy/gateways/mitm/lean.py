"""mitmproxy's addons, one by one.

The package `mitmproxy.addons` imports every addon there is as soon as one is asked for, and with them a web framework,
LDAP, YAML and a grammar parser: two fifths of what mitmproxy takes to import. Here only the files that are asked for
are read.
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
