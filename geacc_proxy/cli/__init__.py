"""The command line: one thin file a command; heavy imports wait inside the commands, so that `--help` is instant."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `geacc-proxy`; the entry point of the package."""
    from geacc_proxy.cli.application import execute

    sys.exit(execute(sys.argv[1:]))
