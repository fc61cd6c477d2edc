"""Refresh the exact versions in `[tool.uv] constraint-dependencies` of pyproject.toml.

    uv run --no-project tools/pin.py

Resolves all extras and groups anew, as if nothing were pinned, for every Python and system that the project allows.
No lock file is kept: it would record the host that each package came from. What the list holds is a name, a version
and the environments that it is for.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What a build of the project's metadata reads beside pyproject.toml.
BESIDE = ("README.md", "LICENSE", "NOTICE", ".python-version", "geacc_proxy/__init__.py")
EXPORT = (
    *("uv", "export", "--quiet", "--no-hashes", "--no-emit-project", "--all-extras", "--all-groups"),
    *("--no-annotate", "--no-header"),
)
PINS = re.compile(r"^constraint-dependencies = \[\n(?:  .*\n)*\]\n", re.MULTILINE)
# A name, a version and an environment; no address and no path.
PIN = re.compile(r"[a-z0-9][a-z0-9._-]*==[A-Za-z0-9.!+]+(?: ; [^/]+)?")


def main() -> None:
    """Resolve, compare, write."""
    project = ROOT / "pyproject.toml"
    before = project.read_text(encoding="utf-8")
    pins = resolve(without_pins(before))
    after = with_pins(before, pins)
    project.write_text(after, encoding="utf-8")
    print(f"{len(pins)} pins, {'unchanged' if after == before else 'refreshed'}")


def without_pins(text: str) -> str:
    """Return pyproject.toml with an empty list.

    Raises:
        SystemExit: the list is not there exactly once.
    """
    emptied, count = PINS.subn("", text)
    if count != 1:
        sys.exit("pyproject.toml: [tool.uv] has no list constraint-dependencies, one a line")
    return emptied


def with_pins(text: str, pins: list[str]) -> str:
    """Return pyproject.toml with these pins, one a line."""
    lines = "".join(f'  "{pin}",\n' for pin in pins)
    return PINS.sub(lambda _: f"constraint-dependencies = [\n{lines}]\n", text)


def resolve(project: str) -> list[str]:
    """Return the pins of a project, sorted.

    Raises:
        SystemExit: uv failed, or it named something else than a version.
    """
    with tempfile.TemporaryDirectory(prefix="geacc-pin-") as name:
        scratch = Path(name)
        (scratch / "pyproject.toml").write_text(project, encoding="utf-8")
        for file in BESIDE:
            (scratch / file).parent.mkdir(exist_ok=True)
            shutil.copyfile(ROOT / file, scratch / file)
        done = subprocess.run(EXPORT, cwd=scratch, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"uv export failed with {done.returncode}")
    pins = sorted(line.strip().replace('"', "'") for line in done.stdout.splitlines() if line.strip())
    for pin in pins:
        if not PIN.fullmatch(pin):
            sys.exit(f"uv export names {pin!r}, which is no name and version")
    return pins


if __name__ == "__main__":
    main()
