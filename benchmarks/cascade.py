"""A second opinion: the embedded model alone against a cascade that begins with it, on benign photographs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figure import Figure

CASCADE = "nsfwjs-cascade"
_SUFFIXES = {".jpg", ".jpeg", ".png"}
_WARM_UP = 20


def cascade(photos: Path, state_dir: Path) -> list[Figure]:
    command = [sys.executable, "-m", "benchmarks.cascade", photos, state_dir]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    alone, both, count = found["alone"], found["both"], found["photos"]
    flagged = f"{both['flagged']} against {alone['flagged']} of {count:,} photographs at {found['threshold']}"
    further = "; ".join(
        f"{counts[1]} against {counts[0]} at {threshold}" for threshold, counts in found["further"].items()
    )
    cost = f"{both['ms']:.1f} ms against {alone['ms']:.1f} ms a photograph; {found['asked']} were shown to both"
    return [
        Figure(
            "False alarms of a cascade, of the quick model's alone",
            both["flagged"] / max(1, alone["flagged"]),
            0.60,
            "×",
            f"{flagged}; {further}",
        ),
        Figure("CPU of judging with a cascade, of the quick model alone", both["ms"] / alone["ms"], 1.60, "×", cost),
    ]


def main(photos: Path, state_dir: Path) -> None:
    """Judge every photograph both ways, in turn and in one process, and print what came out as JSON."""
    from geacc_proxy.classify.judging import ModelJudge
    from geacc_proxy.images.caps import Caps
    from geacc_proxy.models.registry import find
    from geacc_proxy.verdict import Scores

    judges = {"alone": ModelJudge(find("embedded"), Caps()), "both": ModelJudge(find(CASCADE, state_dir), Caps())}
    files = sorted(path for path in photos.iterdir() if path.suffix.lower() in _SUFFIXES)
    seconds = dict.fromkeys(judges, 0.0)
    malign: dict[str, list[float]] = {name: [] for name in judges}
    asked = 0
    for number, file in enumerate(files[:_WARM_UP] + files):
        body = file.read_bytes()
        for name, judge in judges.items():
            start = time.process_time()
            verdict = judge.verdict(body, "")
            took = time.process_time() - start
            if number >= _WARM_UP and isinstance(verdict, Scores):
                seconds[name] += took
                malign[name].append(verdict.malign)
                asked += bool(verdict.opinions)
    count = len(malign["alone"])

    def flagged(name: str, threshold: float) -> int:
        return sum(score >= threshold for score in malign[name])

    strict, *further = (threshold.malign for threshold in judges["alone"].card.thresholds.values())
    answer = {name: {"flagged": flagged(name, strict), "ms": seconds[name] / count * 1e3} for name in judges} | {
        "photos": count,
        "asked": asked,
        "threshold": strict,
        "further": {threshold: (flagged("alone", threshold), flagged("both", threshold)) for threshold in further},
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
