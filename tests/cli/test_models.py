"""The commands around models: what they print, what they refuse, and what Ctrl-C leaves."""

from __future__ import annotations

import hashlib
import json
import math
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

import geacc_proxy.models.conversion as conversion_room
from geacc_proxy.cli.models import app
from geacc_proxy.exceptions import GeaccError, MissingExtraError, ModelError, UsageError
from geacc_proxy.models.card import format_card, parse_card
from geacc_proxy.models.conversion import Conversion
from geacc_proxy.models.description import ModelDescription
from geacc_proxy.models.engines import load_engine
from geacc_proxy.models.registry import find
from tests.models.conftest import CARD
from tests.models.origin import Origin, serving, stalling_after

WEIGHTS = find().path.read_bytes()
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
ALONE = """
import sys
from typer.testing import CliRunner
from geacc_proxy.cli import models
from geacc_proxy.exceptions import GeaccError
try:
    models.app(sys.argv[1:], standalone_mode=False)
except GeaccError as error:
    sys.stderr.write(f"{error}\\n")
    sys.exit(error.exit_code)
"""
"""The commands in a process of their own."""


@pytest.fixture
def origin() -> Iterator[Origin]:
    with serving() as server:
        yield server


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with the model `small`."""
    folder = tmp_path / "state" / "models" / "small"
    folder.mkdir(parents=True)
    (folder / "small.tflite").write_bytes(WEIGHTS)
    (folder / "small.toml").write_text(CARD.format(sha256=SHA256), encoding="utf-8")
    return tmp_path / "state"


def run(*arguments: str | Path, state: Path) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--state-dir", str(state)])


def printed(*arguments: str | Path, state: Path) -> str:
    result = run(*arguments, state=state)
    assert (result.exception, result.exit_code, result.stderr) == (None, 0, "")
    return result.stdout


def refused(*arguments: str | Path, state: Path, kind: type[GeaccError]) -> str:
    error = run(*arguments, state=state).exception
    assert isinstance(error, kind)
    assert "\n" not in str(error)
    return str(error)


def states(state: Path) -> dict[str, str]:
    lines = [json.loads(line) for line in printed("list", "--format", "json", state=state).splitlines()]
    return {
        line["name"]: "broken" if line["problem"] else "in use" if line["in_use"] else str(line["installed"])
        for line in lines
    }


def test_the_table_shows_what_is_in_use_installed_and_to_be_had(state: Path) -> None:
    lines = printed("list", state=state).splitlines()
    assert lines[0].split("  ")[0] == "Name"
    assert lines[1].split() == ["nsfwjs-mobilenet_v2", "4.4.0", "LiteRT", "5.4", "MB", "MIT", "5.1%", "in", "use"]
    assert lines[2].split() == ["small", "1.0", "LiteRT", "5.4", "MB", "MIT", "5.0%", "installed"]
    assert any(line.split()[0] == "open_nsfw" and line.endswith("to pull") for line in lines)
    assert lines[-1] == "What is to pull comes with: geacc-proxy models pull NAME"
    assert max(map(len, lines)) <= 100


def test_a_state_directory_that_is_not_there_is_no_error_and_is_not_made(tmp_path: Path) -> None:
    assert states(tmp_path / "none")["nsfwjs-mobilenet_v2"] == "in use"
    assert not (tmp_path / "none").exists()


def test_a_model_of_the_catalogue_that_is_installed_is_listed_once(state: Path) -> None:
    shutil.copytree(state / "models" / "small", state / "models" / "open_nsfw")
    assert states(state)["open_nsfw"] == "broken"
    assert printed("list", state=state).count("\nopen_nsfw  ") == 1


def test_a_broken_model_is_listed_with_what_is_wrong(state: Path) -> None:
    (state / "models" / "small" / "small.tflite").write_bytes(b"cut short")
    assert states(state)["small"] == "broken"
    assert "small is broken: model file " in printed("list", state=state)


def test_a_model_is_chosen_and_the_way_back_is_open(state: Path) -> None:
    text = printed("use", "small", state=state)
    assert text.splitlines()[0] == ("small@1.0 judges from now on; a proxy that runs takes it when it starts next.")
    assert find(None, state).card.name == "small"
    assert states(state)["small"] == "in use"
    printed("use", "embedded", state=state)
    assert states(state) | {"small": "True", "nsfwjs-mobilenet_v2": "in use"} == states(state)


def test_a_setting_that_wins_is_told(state: Path) -> None:
    (state / "config.toml").write_text('model = "nsfwjs-mobilenet_v2@4.4.0"\n', encoding="utf-8")
    assert "but the setting model = 'nsfwjs-mobilenet_v2@4.4.0' wins over it" in printed("use", "small", state=state)
    assert states(state)["nsfwjs-mobilenet_v2"] == "in use"
    assert "says which is in use" in printed("list", state=state)


def test_a_choice_that_is_gone_is_told(state: Path) -> None:
    printed("use", "small", state=state)
    shutil.rmtree(state / "models" / "small")
    assert "small should be in use and is not installed" in printed("list", state=state)


def test_only_what_works_can_be_chosen(state: Path) -> None:
    card = state / "models" / "small" / "small.toml"
    card.write_text(card.read_text().replace("224", "299"), encoding="utf-8")
    assert "its input has the shape" in refused("use", "small", state=state, kind=ModelError)
    assert "get it with: geacc-proxy models pull open_nsfw" in refused("use", "open_nsfw", state=state, kind=UsageError)
    assert "unknown model 'nix'" in refused("use", "nix", state=state, kind=UsageError)
    assert "takes the name" in refused("use", card, state=state, kind=UsageError)
    assert "there is 'small@1.0'" in refused("use", "small@2", state=state, kind=UsageError)
    assert states(state)["nsfwjs-mobilenet_v2"] == "in use"


def test_info_tells_the_whole_card_in_words(state: Path) -> None:
    card = state / "models" / "small" / "small.toml"
    more = 'mean = [1.0, 2.0, 3.5]\nstd = [1.0, 2.0, 1.0]\npublished = "99 % somewhere"\n'
    second = '\n[second]\nmodel = "embedded"\ndoubt = [0.1, 0.9]\n'
    card.write_text(more + card.read_text() + second, encoding="utf-8")
    text = printed("info", "small", state=state)
    for fact in (
        "small@1.0\n",
        "cascade, 5.4 MB",
        str(state / "models" / "small" / "small.tflite"),
        "MIT",
        "made for a test",
        "99 % somewhere",
        "whole, bilinear to 224 x 224, RGB, 0…1, less 1/2/3.5, divided by 1/2/1, NHWC",
        "drawing, hentai, neutral, porn, sexy (probabilities)",
        "hentai + porn + sexy",
        "strict: malign from 0.5; hides 5.0% of benign pictures",
        "lenient: malign from 0.85; false alarms not measured",
        "embedded, on pictures that score 0.1 to 0.9",
        f"{SHA256} (SHA-256), the file agrees",
    ):
        assert fact in text


def test_info_of_what_is_not_here_yet_says_how_to_get_it(state: Path) -> None:
    text = printed("info", "nsfwjs-inception_v3", state=state)
    assert "93 %" in text
    assert "LiteRT, 23 MB to fetch" in text
    assert text.endswith("It is not installed. Get it with: geacc-proxy models pull nsfwjs-inception_v3\n")


def test_info_of_a_path_without_card_says_that_it_is_inferred(state: Path, tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(WEIGHTS)
    assert "it has no card; this one is inferred" in printed("info", tmp_path / "net.tflite", state=state)


def test_info_of_a_broken_model_tells_its_card_and_fails(state: Path) -> None:
    (state / "models" / "small" / "small.tflite").write_bytes(b"cut short")
    result = run("info", "small", state=state)
    assert "made for a test" in result.stdout
    assert f"It is broken: model file {state}" in result.stdout
    value = CliRunner().invoke(app, ["info", "small", "--state-dir", str(state)], standalone_mode=False).return_value
    assert value == 1
    (state / "models" / "small" / "small.toml").write_text("no card")
    assert "is no TOML" in refused("info", "small", state=state, kind=ModelError)


def test_info_of_nothing_names_what_there_is(state: Path) -> None:
    assert "'small'" in refused("info", "nix", state=state, kind=UsageError)
    assert "does not exist" in refused("info", "nix.tflite", state=state, kind=ModelError)


def test_a_pull_says_in_two_lines_what_came(state: Path, origin: Origin) -> None:
    address = origin.put("/net.tflite", WEIGHTS)
    assert printed("pull", address, "--sha256", SHA256, state=state).splitlines() == [
        f"net@{SHA256[:12]} is installed: 5.4 MB, fetched.",
        "Licence: unknown. Choose it with: geacc-proxy models use net",
    ]
    assert printed("pull", address, state=state) == (
        f"net@{SHA256[:12]} is installed already; --anew fetches it again.\n"
    )


def test_a_pull_makes_the_state_directory_for_its_owner_alone(tmp_path: Path, origin: Origin) -> None:
    printed("pull", origin.put("/net.tflite", WEIGHTS), state=tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_what_cannot_be_pulled_is_one_line(state: Path, origin: Origin) -> None:
    assert "there is no such file" in refused("pull", f"{origin.address}/x.tflite", state=state, kind=GeaccError)
    assert "only https" in refused("pull", "http://example.org/x.tflite", state=state, kind=UsageError)
    assert not (state / "models" / "partial").exists()


def start(*arguments: str | Path, **streams: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", ALONE, *map(str, arguments)], text=True, **streams)


def test_ctrl_c_says_what_is_kept_and_the_same_command_goes_on(state: Path, origin: Origin) -> None:
    address = origin.put("/net.tflite", WEIGHTS)
    origin.mischief = [stalling_after(3_000_000)]
    child = start("pull", address, "--state-dir", state, stderr=subprocess.PIPE)
    arrived = threading.Event()
    while child.poll() is None and not any(
        part.stat().st_size == 3_000_000 for part in state.glob("models/partial/net/source/*.part")
    ):
        arrived.wait(0.02)
    child.send_signal(signal.SIGINT)
    _, error = child.communicate(timeout=30)
    assert error == "stopped, nothing was installed; 3.0 MB are kept, the same command goes on from there\n"
    assert child.returncode == 130
    assert states(state).keys().isdisjoint({"net", "partial"})
    assert "3.0 MB of interrupted pulls lie in" in printed("list", state=state)
    printed("pull", address, state=state)
    assert origin.ranges_asked == [None, "bytes=3000000-"]


def test_two_pulls_of_one_model_at_once_fetch_it_once(state: Path, origin: Origin) -> None:
    address = origin.put("/net.tflite", WEIGHTS)
    children = [start("pull", address, "--state-dir", state, stdout=subprocess.PIPE) for _ in range(2)]
    outputs = sorted(child.communicate(timeout=60)[0] for child in children)
    assert [child.returncode for child in children] == [0, 0]
    assert "is installed already" in outputs[0]
    assert "is installed: 5.4 MB" in outputs[1]
    assert len(origin.asked) == 1


def test_a_terminal_shows_a_bar_and_what_it_waits_for(state: Path, origin: Origin) -> None:
    address = origin.put("/net.tflite", WEIGHTS)
    origin.mischief = [stalling_after(3_000_000)]
    ours, theirs = pty.openpty()
    child = start("pull", address, "--state-dir", state, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # which is how a terminal ends
        while block := os.read(ours, 4096):
            shown += block
            if b"3.0 MB of 5.4 MB" in shown:
                origin.released.set()
    output, _ = child.communicate(timeout=30)
    os.close(ours)
    assert b"net.tflite" in shown
    assert b"the connection was cut; again in 1 s" in shown
    assert output.startswith("net@")


def test_a_list_on_a_terminal_keeps_within_it(state: Path) -> None:
    ours, theirs = pty.openpty()
    child = start("list", "--state-dir", state, stdout=theirs, env={**os.environ, "COLUMNS": "80", "TERM": "xterm"})
    os.close(theirs)
    child.wait(timeout=30)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert "nsfwjs-mobilenet_v2" in shown
    assert "─" in shown


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model to convert, and in place of the conversion one whose result is the embedded model."""

    def convert(source: Path, into: Path, *, precision: Any, **_: Any) -> Conversion:
        into.mkdir()
        (into / "model.tflite").write_bytes(WEIGHTS)
        seen = ModelDescription(224, "NHWC", 5, "softmax", "mobilenet_v2")
        digest = conversion_room.source_digest(source)
        return Conversion(into / "model.tflite", SHA256, digest, precision, seen, 0.00012)

    monkeypatch.setattr(conversion_room, "convert", convert)
    path = tmp_path / "net.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    return path


def test_a_conversion_is_written_with_its_card(source: Path, state: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    lines = printed("convert", source, "--out", out, state=state).splitlines()
    assert lines == [
        f"net@{SHA256[:12]}: 5.4 MB, float32, in {out}/net.tflite",
        f"SHA-256 {SHA256}",
        "Its scores differ from the original's by at most 1.2e-04 on made-up pictures.",
    ]
    assert sorted(path.name for path in out.iterdir()) == ["net.tflite", "net.toml"]
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    assert find(str(out / "net.tflite")).card.source == f"net.h5, SHA-256 {digest}; converted to LiteRT float32"


def test_a_conversion_takes_over_the_card_beside_it_but_no_rates_that_hold_no_longer(
    source: Path, state: Path, tmp_path: Path
) -> None:
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    card = CARD.format(sha256=digest).replace("small.tflite", "net.h5")
    source.with_suffix(".toml").write_text(card, encoding="utf-8")
    printed("convert", source, "--precision", "int8", "--out", tmp_path / "out", state=state)
    written = find(str(tmp_path / "out" / "small.tflite")).card
    assert written.identity == "small@1.0+int8"
    assert written.thresholds["strict"].false_alarm_rate is None
    source.write_bytes(source.read_bytes() + b"changed")
    assert "its card is of another model" in refused("convert", source, state=state, kind=GeaccError)


def test_a_conversion_is_installed_under_a_name_of_its_own(source: Path, state: Path) -> None:
    text = printed("convert", source, "--install", "--name", "mine", state=state)
    assert text.endswith("Choose it with: geacc-proxy models use mine\n")
    assert find("mine", state).card.name == "mine"
    assert "installed already" in refused(
        "convert", source, "--install", "--name", "mine", state=state, kind=UsageError
    )
    printed("convert", source, "--install", "--name", "mine", "--anew", state=state)
    assert not (state / "models" / "partial").exists()


def test_what_cannot_be_converted_is_one_line(source: Path, state: Path, tmp_path: Path) -> None:
    small = state / "models" / "small" / "small.tflite"
    assert "nothing is to convert" in refused("convert", small, state=state, kind=UsageError)
    assert "does not exist" in refused("convert", tmp_path / "nix.h5", state=state, kind=ModelError)
    assert "for --precision int8" in refused("convert", source, "--samples", tmp_path, state=state, kind=UsageError)
    assert "cannot be the name" in refused("convert", source, "--name", "a b", state=state, kind=UsageError)
    assert "cannot write to" in refused("convert", source, "--out", small, state=state, kind=GeaccError)
    assert "--card" in refused("convert", source, "--card", tmp_path / "nix", state=state, kind=UsageError)


def test_without_tensorflow_the_extra_is_named(tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    path = tmp_path / "net.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    out = tmp_path / "out"
    assert "extra 'tensorflow'" in refused("convert", path, "--out", out, state=state, kind=MissingExtraError)
    assert list(out.iterdir()) == []


TINY = {
    "class_name": "Model",
    "config": {
        "name": "tiny",
        "layers": [
            {
                "name": "picture",
                "class_name": "InputLayer",
                "config": {"batch_input_shape": [None, 8, 8, 3], "dtype": "float32", "name": "picture"},
                "inbound_nodes": [],
            },
            {
                "name": "pool",
                "class_name": "GlobalAveragePooling2D",
                "config": {"name": "pool", "data_format": "channels_last"},
                "inbound_nodes": [[["picture", 0, 0, {}]]],
            },
            {
                "name": "answer",
                "class_name": "Dense",
                "config": {"name": "answer", "units": 5, "activation": "softmax", "use_bias": True},
                "inbound_nodes": [[["pool", 0, 0, {}]]],
            },
        ],
        "input_layers": [["picture", 0, 0]],
        "output_layers": [["answer", 0, 0]],
    },
}
WEIGHTS_OF_TINY = [
    {"name": "answer/kernel", "shape": [3, 5], "dtype": "float32"},
    {"name": "answer/bias", "shape": [5], "dtype": "float32"},
]


@pytest.mark.xdist_group("tensorflow-models")
def test_a_model_of_tensorflow_js_is_pulled_converted_and_judges(tmp_path: Path, state: Path, origin: Origin) -> None:
    pytest.importorskip("tensorflow")
    description = {
        "modelTopology": {"keras_version": "2.2.4", "backend": "tensorflow", "model_config": TINY},
        "weightsManifest": [{"paths": ["group1-shard1of1"], "weights": WEIGHTS_OF_TINY}],
    }
    origin.put("/tiny/group1-shard1of1", struct.pack("<20f", *[0.0] * 15, 0.0, 0.0, math.log(6), 0.0, 0.0))
    address = origin.put("/tiny/model.json", json.dumps(description).encode())
    card = tmp_path / "card.toml"
    free = [line for line in CARD.splitlines() if not line.startswith(("file", "sha256"))]
    card.write_text("\n".join(free).replace("224", "8").replace('"small"', '"tiny"'), encoding="utf-8")
    printed("pull", address, "--card", card, state=state)
    scores = load_engine(find("tiny", state)).predict(np.zeros((1, 8, 8, 3), np.uint8))
    assert scores[0] == pytest.approx([0.1, 0.1, 0.6, 0.1, 0.1], abs=1e-5)


def test_a_card_that_is_written_is_one_that_is_read(state: Path) -> None:
    card = find("small", state).card
    assert parse_card(format_card(card), "test") == card


def test_help_needs_neither_a_model_runtime_nor_a_network_library() -> None:
    program = (
        "import sys; from typer.testing import CliRunner; from geacc_proxy.cli.models import app\n"
        "for command in ('list', 'info', 'use', 'pull', 'convert'):\n"
        "    assert CliRunner().invoke(app, [command, '--help']).exit_code == 0\n"
        "assert not {'numpy', 'urllib3', 'tensorflow', 'ai_edge_litert'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
