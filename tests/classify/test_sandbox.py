"""What a worker can no longer do, once its model is loaded, and what it still must do."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pillow_heif
import pillow_jxl  # noqa: F401  (writes JPEG XL for Pillow)
import probes
import pytest
from PIL import AvifImagePlugin, Image  # noqa: F401  (writes AVIF for Pillow)

from geacc_proxy.classify import sandbox
from geacc_proxy.classify.limits import Limits
from geacc_proxy.classify.process import WorkerProcess
from geacc_proxy.models import registry
from geacc_proxy.verdict import Scores, Unjudged

pytestmark = [
    pytest.mark.xdist_group("pool"),
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are resource limits alone"),
]
pillow_heif.register_heif_opener()


@pytest.fixture(scope="module")
def process() -> Iterator[WorkerProcess]:
    """A worker like all others, but that what it loads knows what to try."""
    process = WorkerProcess(probes.Prober, Limits())
    assert process.ready() == []
    yield process
    process.end()


def _without_sandbox(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, probes.__file__, *arguments], capture_output=True, text=True, check=True, timeout=60
    )


def test_a_worker_can_do_none_of_what_works_outside(process: WorkerProcess) -> None:
    outside_forbidden, outside_needed = json.loads(_without_sandbox().stdout)
    assert set(outside_forbidden.values()) == {""}
    assert set(outside_needed.values()) == {""}
    verdict = process.judge(probes.PROBE, "")
    assert isinstance(verdict, Unjudged)
    forbidden, needed = json.loads(verdict.detail)
    assert {name for name, error in forbidden.items() if error not in {"EPERM", "EACCES", "EMFILE"}} == set()
    assert forbidden.keys() == outside_forbidden.keys()
    assert set(needed.values()) == {""}
    assert isinstance(process.judge(_picture("PNG"), ""), Scores)


def test_a_worker_cannot_become_another_program(process: WorkerProcess) -> None:
    assert _without_sandbox("exec").stdout == ""
    verdict = process.judge(probes.EXEC, "")
    assert isinstance(verdict, Unjudged)
    assert "PermissionError" in verdict.detail
    assert isinstance(process.judge(_picture("PNG"), ""), Scores)


def test_a_worker_holds_its_pipes_its_model_and_nothing_else(process: WorkerProcess) -> None:
    held = [str(entry.readlink()).partition(":")[0] for entry in Path(f"/proc/{process.pid}/fd").iterdir()]
    assert sorted(held) == sorted(["/dev/null"] * 3 + ["pipe"] * 2 + [str(registry.find().path)])


def _picture(format_: str, **options: object) -> bytes:
    file = io.BytesIO()
    image = Image.effect_noise((64, 64), 60).convert("RGB")
    image.save(file, format_, **options)
    return file.getvalue()


MOVES = {"save_all": True, "append_images": [Image.new("RGB", (64, 64), "red"), Image.new("RGB", (64, 64), "blue")]}


def _svg() -> bytes:
    """Shapes, text and a picture."""
    shapes = "".join(f"<rect x='{at}' y='{at}' width='50' height='40' fill='#{at:06x}'/>" for at in range(0, 150, 5))
    picture = base64.b64encode(_picture("PNG")).decode()
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='300' height='200'>{shapes}<text x='9' y='50'>text</text>"
        f"<image width='64' height='64' href='data:image/png;base64,{picture}'/></svg>"
    ).encode()


FORMATS = {
    "png": lambda: _picture("PNG"),
    "apng": lambda: _picture("PNG", **MOVES),
    "jpeg": lambda: _picture("JPEG"),
    "jpeg-progressive": lambda: _picture("JPEG", progressive=True),
    "gif": lambda: _picture("GIF"),
    "gif-that-moves": lambda: _picture("GIF", **MOVES),
    "webp": lambda: _picture("WEBP"),
    "webp-that-moves": lambda: _picture("WEBP", lossless=True, **MOVES),
    "avif": lambda: _picture("AVIF"),
    "avif-that-moves": lambda: _picture("AVIF", **MOVES),
    "heic": lambda: _picture("HEIF"),
    "jxl": lambda: _picture("JXL"),
    "bmp": lambda: _picture("BMP"),
    "ico": lambda: _picture("ICO"),
    "tiff": lambda: _picture("TIFF"),
    "tiff-lzw": lambda: _picture("TIFF", compression="tiff_lzw"),
    "tiff-jpeg": lambda: _picture("TIFF", compression="jpeg"),
    "jpeg2000": lambda: _picture("JPEG2000"),
    "svg": _svg,
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_decodes_in_the_sandbox(name: str, process: WorkerProcess) -> None:
    verdict = process.judge(FORMATS[name](), "")
    assert isinstance(verdict, Scores), verdict


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_cut_short_does_not_ask_for_anything_either(name: str, process: WorkerProcess) -> None:
    body = FORMATS[name]()
    verdict = process.judge(body[: len(body) * 2 // 3], "")
    assert isinstance(verdict, Scores) or verdict.failure.depends_on_bytes_alone, verdict


def test_what_a_system_does_not_offer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise OSError("Landlock: ENOSYS")

    def unknown() -> None:
        raise NotImplementedError("none for riscv64")

    monkeypatch.setattr(sandbox.landlock, "enter", missing)
    monkeypatch.setattr(sandbox.seccomp, "enter", unknown)
    monkeypatch.setattr(sandbox.limits, "enter", lambda bounds: None)
    monkeypatch.setattr(sandbox, "_no_new_privileges", lambda: None)
    lacking = sandbox.enter(Limits())
    assert lacking == ["no Landlock (Landlock: ENOSYS)", "no filter on system calls (none for riscv64)"]
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    assert sandbox.enter(Limits()) == ["no sandbox beyond resource limits (darwin)"]
