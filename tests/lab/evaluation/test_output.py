import builtins
import csv
import io
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from geacc_proxy.exceptions import GeaccError, MissingExtraError
from geacc_proxy.lab.evaluation import charts, output
from geacc_proxy.lab.evaluation.evaluation import evaluate
from geacc_proxy.lab.evaluation.figures import Options
from geacc_proxy.lab.evaluation.scored import Sample, Samples
from tests.lab.evaluation.made_up import scores_of

OPTIONS = Options(cut_off=0.5, rates=(0.05, 0.037, 0.023), mistakes=3, seed=1)
MOMENT = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>&.png"


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    """Two models on 60 pictures of three classes, one of which cannot be judged, one with a hostile name."""
    folder = tmp_path_factory.mktemp("pictures")
    generator = np.random.default_rng(0)
    samples = []
    for number in range(60):
        label = ("neutral", "neutral", "<b>porn</b>")[number % 3]
        path = folder / (HOSTILE.replace("/", "\N{FRACTION SLASH}") if number == 0 else f"{number}.png")
        Image.new("RGB", (40, 30), (number * 4, 100, 50)).save(path)
        samples.append(Sample(path, label, (("site", "home" if number % 2 else "<i>web</i>"),)))
    found = Samples(tuple(samples), ("<b>porn</b>",), ("labels.csv, line 3: <u>none</u>",))
    malign = np.array([sample.label != "neutral" for sample in samples])
    models = []
    for name, better in (("first", 0.5), ("second", 0.2)):
        values = np.clip(generator.normal(0.25 + better * malign, 0.2), 0, 1).tolist()
        values[0], values[1] = 1.0, None
        models.append(scores_of(found, values, name))
    return evaluate("pictures & labels", found, models, OPTIONS)


@pytest.fixture(scope="module")
def folder(evaluation, tmp_path_factory):
    where = tmp_path_factory.mktemp("out") / "deep" / "down"
    output.prepare(where)
    output.write(where, evaluation, MOMENT, blurred=True)
    return where


class Elements(HTMLParser):
    """What an HTML file is made of, and whether it is well nested."""

    EMPTY = frozenset({"meta", "br", "img", "path", "use", "rect", "line"})

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.text = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


@pytest.fixture(scope="module")
def page(folder):
    return Elements((folder / "report.html").read_text(encoding="utf-8"))


def test_the_folder_has_all_that_was_promised(folder):
    assert {path.name for path in folder.iterdir()} == {
        "report.html",
        "figures.json",
        "scores-first.csv",
        "scores-second.csv",
        "mistakes.png",
        *(f"{chart.name}.png" for chart in charts.CHARTS),
    }
    for path in folder.glob("*.png"):
        with Image.open(path) as image:
            assert min(image.size) > 200
            assert np.asarray(image.convert("L")).std() > 5, path.name
    with (folder / "scores-first.csv").open(newline="") as stream:
        assert len(list(csv.reader(stream))) == 61
    assert json.loads((folder / "figures.json").read_text())["models"][1]["name"] == "second"


def test_the_report_needs_nobody_else_and_runs_nothing(folder, page):
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert page.open == []
    assert not page.all("script")
    assert not page.all("link")
    assert not re.search(r"https?://|@import|url\((?!#)", text)
    assert all(one["src"].startswith("data:image/jpeg;base64,") for one in page.all("img"))
    assert all(one["href"].startswith("#") for one in page.all("use"))
    policy = next(one["content"] for one in page.all("meta") if "http-equiv" in one)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_names_of_files_classes_and_groups_are_text_and_never_markup(page):
    text = "".join(page.text)
    for words in ("<script>alert(1)", "<b>porn</b>", "<i>web</i>", "<u>none</u>", "pictures & labels"):
        assert words in text
    assert {"i", "u"}.isdisjoint(tag for tag, _ in page.found)


def test_tables_have_headers_and_charts_have_names(page):
    assert len(page.all("table")) == len([one for one in page.all("div") if one.get("class") == "scroll"]) > 8
    assert all(one.get("scope") in ("col", "row") for one in page.all("th"))
    assert all(one.get("aria-label") for one in page.all("table"))
    assert [one["aria-label"] for one in page.all("svg")] == [chart.title for chart in charts.CHARTS]
    names = [attrs["id"] for _, attrs in page.found if "id" in attrs]
    assert len(names) == len(set(names))
    assert page.all("html") == [{"lang": "en"}]


def test_charts_take_their_colours_from_the_page(page):
    styles = [attrs["style"] for tag, attrs in page.found if tag in ("path", "text", "use") and "style" in attrs]
    assert styles
    assert not [style for style in styles if re.search(r"#[0-9a-f]{3,6}", style)]


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_text_and_lines_can_be_read_in_the_light_and_in_the_dark(folder):
    text = (folder / "report.html").read_text(encoding="utf-8")
    themes = [dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in re.findall(r":root {(.*?)}", text, re.DOTALL)]
    light, dark = themes[0], themes[0] | themes[1]
    for theme in (light, dark):
        colours = {name: "#fff" + "fff" if value == "#fff" else value for name, value in theme.items()}
        for back in ("page", "card", "well"):
            assert contrast(colours["text"], colours[back]) >= 4.5
            assert contrast(colours["quiet"], colours[back]) >= 4.5
        for number in range(4):
            assert contrast(colours[f"series-{number}"], colours["card"]) >= 3


def test_the_same_figures_are_drawn_by_the_same_bytes(evaluation, folder):
    chart = next(chart for chart in charts.CHARTS if chart.name == "calibration")
    assert charts.as_png(chart, evaluation.models) == (folder / "calibration.png").read_bytes()
    assert charts.as_svg(chart, evaluation.models) in (folder / "report.html").read_text(encoding="utf-8")


def test_charts_that_cannot_be_drawn_any_more_are_removed(tmp_path, folder):
    samples = Samples((Sample(folder / "roc.png", "benign"),), ())
    result = evaluate("one", samples, [scores_of(samples, [0.2])], OPTIONS)
    (tmp_path / "roc.png").write_bytes(b"old")
    (tmp_path / "mine.png").write_bytes(b"kept")
    output.write(tmp_path, result, MOMENT, blurred=False)
    names = {path.name for path in tmp_path.glob("*.png")}
    assert names == {"confusion.png", "calibration.png", "scores.png", "mistakes.png", "mine.png"}
    assert "no malign pictures" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_contact_sheet_has_a_place_for_each_mistake(evaluation, folder):
    with Image.open(io.BytesIO((folder / "mistakes.png").read_bytes())) as sheet:
        assert sheet.width == 1078
        rows = 4  # false alarms and misses of two models
        assert sheet.height > rows * 100
    assert len(evaluation.models[0].false_alarms) == 3


def test_without_matplotlib_one_line_says_what_to_install(monkeypatch, tmp_path):
    real = builtins.__import__

    def blocked(name, *rest, **more):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", blocked)
    with pytest.raises(MissingExtraError, match=r"a report with pictures \(--out\) needs the extra 'lab'"):
        output.prepare(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_refused_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GeaccError, match="choose another folder with --out"):
        output.prepare(tmp_path / "file" / "out")
