"""The least that judging a picture can cost: draft decode, resize, one LiteRT call, in a process that does no more.

Reads a count a line, judges that many pictures, answers with the milliseconds of processor time that one took.
"""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import samples


class Bare:
    """The running process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def cost(self, count: int) -> float:
        """Milliseconds of processor time a picture."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(count, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())


@contextmanager
def bare_process(side: int) -> Iterator[Bare]:
    """A process that judges pictures of `side`²."""
    command = [sys.executable, "-m", "benchmarks.bare", str(side)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        yield Bare(process)


def main(side: int) -> None:
    """Answer until the input ends."""
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter
    from PIL import Image

    from geacc_proxy.models.registry import find

    interpreter = Interpreter(model_path=str(find(None).path), num_threads=1)
    interpreter.allocate_tensors()
    (given,), (got,) = interpreter.get_input_details(), interpreter.get_output_details()

    def judge(body: bytes) -> None:
        with Image.open(io.BytesIO(body)) as image:
            image.draft("RGB", (224, 224))
            pixels = np.asarray(image.resize((224, 224), Image.Resampling.BILINEAR), np.float32)
        interpreter.set_tensor(given["index"], (pixels / np.float32(255))[None])
        interpreter.invoke()
        interpreter.get_tensor(got["index"])

    for number in range(samples.SCENES):
        judge(samples.numbered_photo(number, side))
    for line in sys.stdin:
        bodies = [samples.numbered_photo(number, side) for number in range(int(line))]
        start = time.process_time()
        for body in bodies:
            judge(body)
        print((time.process_time() - start) / len(bodies) * 1e3, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
