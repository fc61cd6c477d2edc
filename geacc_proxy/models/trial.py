"""A model is opened once, in a process of its own, before it is installed or chosen.

Files that came from elsewhere are first loaded here: one that crashes its engine, or eats all memory, costs a process.

    python -m geacc_proxy.models.trial MODEL [STATE_DIR]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from geacc_proxy.exceptions import GeaccError, ModelError
from geacc_proxy.models.registry import InstalledModel, find

TIME_LIMIT = 120.0
"""Seconds that a model may take to load and to judge one picture."""

_MEMORY = 8 * 2**30  # bytes of address space; engines reserve several times what they use


def try_model(name_or_path: str, state_dir: Path | None) -> None:
    """Load a model, and its second opinion, and have each judge a grey picture.

    Args:
        name_or_path: as `find` takes it.
        state_dir: as `find` takes it.

    Raises:
        ModelError: it cannot be loaded or does not judge; the message is the engine's.
    """
    arguments = [name_or_path, *([str(state_dir)] if state_dir else [])]
    try:
        done = subprocess.run(  # noqa: S603 - this very Python, and a path that is an argument and no more
            [sys.executable, "-m", __name__, *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=TIME_LIMIT,
            check=False,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"model {name_or_path} took more than {TIME_LIMIT:.0f} s to judge one picture") from error
    if done.returncode == 0:
        return
    try:
        problem = str(json.loads(done.stdout)["problem"])
    except (ValueError, KeyError, TypeError):
        how = f"ended by signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
        problem = f"model {name_or_path} cannot be opened: its engine crashed ({how})"
    raise ModelError(problem)


def _judge_grey(model: InstalledModel) -> None:
    import numpy as np

    from geacc_proxy.models.engines import load_engine

    size = model.card.input_size
    load_engine(model).predict(np.full((1, size, size, 3), 128, np.uint8))
    if model.second is not None:
        _judge_grey(model.second)


def _main(arguments: list[str]) -> int:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _judge_grey(find(arguments[0], Path(arguments[1]) if len(arguments) > 1 else None))
    except GeaccError as error:
        problem = str(error)
    except MemoryError:
        problem = f"model {arguments[0]} needs more than {_MEMORY // 2**30} GiB"
    else:
        return 0
    sys.stdout.write(json.dumps({"problem": problem}))
    return 1


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
