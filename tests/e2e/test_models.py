"""A model of 2019 in the place of the embedded one: converted once, and then no process has TensorFlow in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from .client import fetched
from .origin import Origin
from .pictures import exhibits
from .processes import Proxy, geacc_proxy, running_geacc_proxy

pytestmark = pytest.mark.xdist_group("browser")

DATA = Path(__file__).parents[1] / "data"
MODEL = DATA / "geacc-2019-functional.h5"
PICTURE = DATA / "malign-synthetic-1.png"


@pytest.fixture(scope="module")
def proxy(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    flags = ["--model", str(MODEL), "--json"]
    with running_geacc_proxy(tmp_path_factory.mktemp("model"), origin.ca_file, *flags) as proxy:
        yield proxy


def programs(group: int) -> Iterator[str]:
    """What the processes of a group have loaded, a text each."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, its_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                yield (folder / "maps").read_text()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue


def test_the_model_judges_and_no_process_of_the_proxy_has_tensorflow(origin: Origin, proxy: Proxy) -> None:
    started = next(line for line in proxy.output.read_text().splitlines() if line.startswith("{"))
    assert json.loads(started)["model"].startswith("geacc-2019-functional@")
    assert fetched(proxy, f"{origin.url}{exhibits()[0].path}")
    maps = list(programs(proxy.process.pid))
    assert any("litert" in text for text in maps)
    assert [text for text in maps if "tensorflow" in text] == []


def test_what_was_assumed_of_a_model_without_a_card_is_said_once(proxy: Proxy) -> None:
    lines = [line for line in proxy.output.read_text().splitlines() if "has no card" in line]
    assert len(lines) == 1
    assert "benign, malign" in lines[0]


def test_a_converted_model_is_there_for_every_command(proxy: Proxy) -> None:
    for command in (["predict", "-m", MODEL, PICTURE], ["explain", "--model", MODEL, PICTURE]):
        ended = geacc_proxy(*command, "--state-dir", proxy.state)
        assert ended.returncode == 0, ended.stderr
        assert "converting" not in ended.stderr


@pytest.mark.parametrize("command", ["predict -m", "explain --model"])
def test_a_file_that_is_no_model_is_one_line(command: str, tmp_path: Path) -> None:
    for name in ("model.h5", "model.keras", "model.onnx", "model.tflite", "model.json"):
        (tmp_path / name).write_bytes(b"no model at all")
        ended = geacc_proxy(*command.split(), tmp_path / name, PICTURE, "--state-dir", tmp_path / "state")
        assert ended.returncode == 1, ended.stderr
        said = [line for line in ended.stderr.splitlines() if "converting" not in line]
        assert len(said) == 1, ended.stderr
        assert name in said[0]
