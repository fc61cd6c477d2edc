"""Fuzz the road for a while, or play inputs again; see README.md beside this file."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fuzz.seeds import TOKENS, seeds

TIMEOUT = 20
"""Seconds for one input: what takes longer hangs. The caps give up after 2."""
MEMORY = 8_000
"""Megabytes of the whole process: what takes more got round the caps."""
MOST_BYTES = 2**16
REPOSITORY = Path(__file__).parent.parent


def main() -> int:
    """The exit code: 0 without a finding."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Fuzz sniffing, decoding and embedded.")
    parser.add_argument("inputs", nargs="*", type=Path, help="play these files again instead")
    parser.add_argument("--seconds", type=int, default=60, help="how long (60)")
    parser.add_argument("--corpus", type=Path, help="a folder that keeps what was found interesting")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the chance (the time)")
    arguments = parser.parse_args()
    if arguments.inputs:
        return _play(arguments.inputs)
    return _fuzz(arguments.seconds, arguments.corpus, arguments.seed)


def _fuzz(seconds: int, corpus: Path | None, seed: int) -> int:
    with tempfile.TemporaryDirectory(prefix="geacc-fuzz-") as folder:
        temporary = Path(folder)
        started, grown, findings = temporary / "seeds", corpus or temporary / "corpus", temporary / "findings"
        for directory in (started, grown, findings):
            directory.mkdir(parents=True, exist_ok=True)
        for name, body in seeds().items():
            (started / name).write_bytes(body)
        dictionary = temporary / "tokens.dict"
        dictionary.write_text("".join(f'"{_escaped(token)}"\n' for token in TOKENS), encoding="ascii")
        print(f"fuzzing for {seconds} s with --seed {seed}", flush=True)
        ended = _run(
            grown,
            started,
            f"-dict={dictionary}",
            f"-max_total_time={seconds}",
            f"-max_len={MOST_BYTES}",
            f"-seed={seed % 2**32 or 1}",
            f"-artifact_prefix={findings}/",
            "-print_final_stats=1",
        )
        found = sorted(findings.iterdir())
        kept = [_kept(file) for file in found]
    for file in kept:
        print(f"finding: {file}\nplay it again with: python -m fuzz {file}", file=sys.stderr)
    if ended and not kept:
        print(f"the target ended with {ended} and left no input", file=sys.stderr)
    return 1 if ended or kept else 0


def _play(inputs: list[Path]) -> int:
    for file in inputs:
        ended = _run(file)
        print(f"{file}: {f'ended with {ended}' if ended else 'well'}", flush=True)
        if ended:
            return 1
    return 0


def _run(*arguments: object) -> int:
    """libFuzzer's exit code; 0 when nothing was found."""
    limits = (f"-timeout={TIMEOUT}", f"-rss_limit_mb={MEMORY}", "-detect_leaks=0")
    command = [sys.executable, "-m", "fuzz.target", *map(str, arguments), *limits]
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode  # noqa: S603  (our own program)


def _kept(file: Path) -> Path:
    """A copy that stays when the temporary folder goes."""
    folder = Path(tempfile.gettempdir()) / "geacc-fuzz-findings"
    folder.mkdir(exist_ok=True)
    return Path(shutil.copy(file, folder))


def _escaped(token: str) -> str:
    return token.replace("\\", "\\\\").replace('"', '\\"')


if __name__ == "__main__":
    sys.exit(main())
