"""The target as libFuzzer runs it: `python -m fuzz.target CORPUS… -flags`. `python -m fuzz` sets it up."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["geacc_proxy.images", "PIL"]):
    from fuzz.road import travel


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    atheris.Setup(sys.argv, travel)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
