"""`geacc-proxy explain`, as a person runs it: the steps of the road, and the verdict."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from geacc_proxy.home.documents import Kind
from geacc_proxy.home.storage import open_store
from geacc_proxy.models.card import SecondOpinion, format_card
from geacc_proxy.models.registry import find
from tests.e2e.processes import geacc_proxy

pytestmark = pytest.mark.xdist_group("predict")

MALIGN = Path(__file__).parents[1] / "data" / "malign-synthetic-1.png"
STEPS = ("Source", "Body", "Format", "Digest", "Decoded", "Model", "Scores", "Malign", "Threshold", "Decision")


def explained(*arguments: str | Path, state: Path) -> str:
    ended = geacc_proxy("explain", *arguments, "--state-dir", state, COLUMNS="160")
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def test_every_step_is_told_in_the_order_of_the_road(tmp_path: Path) -> None:
    said = explained(MALIGN, state=tmp_path)
    places = [said.find(f"{step} ") for step in STEPS]
    assert -1 not in places
    assert places == sorted(places)
    assert "HIDDEN" in said
    assert "nsfwjs-mobilenet_v2@4.4.0" in said


def test_what_is_no_picture_says_so(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no picture")
    said = explained(text, state=tmp_path / "state")
    assert "none that a browser shows" in said
    assert "no: " in said


def test_of_two_opinions_both_are_told_and_the_second_counts(tmp_path: Path) -> None:
    quick = find("embedded")
    for name, changes in {
        "quick": {"second": SecondOpinion("contrary.tflite", (0.9, 1.0))},
        "contrary": {"malign_labels": ("drawing", "neutral")},
    }.items():
        shutil.copy(quick.path, tmp_path / f"{name}.tflite")
        card = replace(quick.card, name=name, file=f"{name}.tflite", **changes)  # type: ignore[arg-type]
        (tmp_path / f"{name}.toml").write_text(format_card(card), encoding="utf-8")
    said = explained("--model", tmp_path / "quick.tflite", MALIGN, state=tmp_path / "state")
    first, second = (next(line for line in said.splitlines() if word in line) for word in ("First op", "Second op"))
    assert "0.99" in first
    assert "quick@" in first
    assert "0.00" in second
    assert "contrary@" in second
    assert "SHOWN" in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere.png"], 2, "nowhere.png"),
        (["--profile", "severe", str(MALIGN)], 2, "under-12"),
        (["--strictness", "much", str(MALIGN)], 2, "strict, balanced, lenient"),
        (["http://127.0.0.1:9/picture.png"], 1, "http://127.0.0.1:9/picture.png"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], code: int, said: str, tmp_path: Path) -> None:
    ended = geacc_proxy("explain", *arguments, "--state-dir", tmp_path)
    assert ended.returncode == code, ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert said in ended.stderr


def test_the_profiles_and_answers_of_the_home_hold(tmp_path: Path) -> None:
    said = explained(MALIGN, "--profile", "adult", state=tmp_path)
    assert "SHOWN" in said
    assert "filtering is off" in said
    store = open_store(tmp_path / "geacc.db")
    store.save({(Kind.PROFILE, "careful"): {"limits": {"malign": 0.999999}}}, None)
    answer = {"action": "hide", "scope": "address", "value": str(MALIGN)}
    store.save({(Kind.OVERRIDE, "1"): answer}, None)
    store.close()
    said = explained(MALIGN, "--profile", "careful", state=tmp_path)
    assert "HIDDEN" in said
    assert "a parent has hidden it" in said
