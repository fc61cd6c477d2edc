"""Plots as SVG: what a person reads off them is what was given."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geacc_proxy.web.plots import HEIGHT, Plot, Series, bars, share, week


def plot(*values: float | None, more: tuple[float | None, ...] = (), labels: tuple[str, ...] = ()) -> Plot:
    series = [Series("shown", values)]
    if more:
        series.append(Series("hidden", more))
    names = labels or tuple(f"{hour}:00" for hour in range(len(values)))
    return Plot("hours", "By hour", "Most at noon.", names, tuple(series))


def parse(markup: str) -> ET.Element:
    return ET.fromstring(markup)


def heights(svg: ET.Element, style: str) -> list[float]:
    return [float(rect.get("height", "")) for rect in svg.iter("rect") if rect.get("class") == style]


def ticks(svg: ET.Element) -> list[str]:
    return [text.text or "" for text in svg.iter("text") if text.get("text-anchor") == "end"]


def test_bars_are_as_high_as_their_values():
    found = heights(parse(bars(plot(10, 20, 40))), "plot-bar plot-1")

    assert found[1] == pytest.approx(2 * found[0], rel=0.01)
    assert found[2] == pytest.approx(4 * found[0], rel=0.01)


def test_series_stand_upon_each_other_without_covering_each_other():
    below, above = (
        next(rect for rect in parse(bars(plot(6, more=(4,)))).iter("rect") if rect.get("class") == f"plot-bar plot-{n}")
        for n in (1, 2)
    )

    assert float(above.get("y", "")) + float(above.get("height", "")) == pytest.approx(
        float(below.get("y", "")), abs=0.2
    )


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=31))
def test_no_bar_leaves_the_plot_and_the_axis_is_as_high_as_the_highest(values):
    svg = parse(bars(plot(*values)))

    for rect in svg.iter("rect"):
        if rect.get("class") == "plot-bar plot-1":
            assert float(rect.get("y", "")) >= 0
            assert float(rect.get("y", "")) + float(rect.get("height", "")) <= HEIGHT
            assert float(rect.get("x", "").rstrip("%")) + float(rect.get("width", "").rstrip("%")) <= 100.01
    assert 2 <= len(ticks(svg)) <= 6
    assert float(ticks(svg)[-1]) >= max(values) * 0.99999


@pytest.mark.parametrize(
    ("highest", "expected"),
    [(1, ["0", "1"]), (3, ["0", "1", "2", "3"]), (10, ["0", "5", "10"]), (87, ["0", "50", "100"]), (0, ["0", "1"])],
)
def test_the_ticks_of_whole_figures_are_round_and_whole(highest, expected):
    assert ticks(parse(bars(plot(highest)))) == expected


def test_the_ticks_of_broken_figures_may_be_broken():
    assert ticks(parse(bars(plot(0.4, 0.9)))) == ["0", "0.5", "1"]


def test_the_table_has_the_figures_of_the_plot_and_a_dash_where_there_is_none():
    assert list(plot(1, None, more=(3, 4)).rows) == [("0:00", ("1", "3")), ("1:00", ("–", "4"))]


def test_screen_readers_get_a_title_and_a_description():
    svg = parse(bars(plot(1)))

    assert svg.get("role") == "img"
    titles = {element.get("id"): element.text for element in svg if element.tag in ("title", "desc")}
    assert titles[svg.get("aria-labelledby")] == "By hour"
    assert titles[svg.get("aria-describedby")] == "Most at noon."


def test_each_place_tells_its_figures_when_it_is_pointed_at():
    told = [title.text for title in parse(bars(plot(5, more=(2,)))).iter("title")][1:]

    assert told == ["0:00: shown 5, hidden 2"]


def test_labels_are_thinned_until_they_fit_a_phone():
    svg = parse(bars(plot(*range(24))))

    assert 4 <= len([text for text in svg.iter("text") if text.get("text-anchor") == "middle"]) <= 8


def test_what_people_have_typed_stays_text():
    svg = bars(plot(1, labels=("<script>alert(1)</script>",)))

    assert "<script" not in svg
    assert "&lt;script&gt;" in svg


def test_nothing_needs_an_inline_style():
    drawn = bars(plot(1, more=(2,))) + share(0.5) + week("w", "Week", "Open", [("Mon", [(0, 60)])])

    assert "style=" not in drawn


def test_a_plot_of_zeros_is_empty():
    assert plot(0, None).is_empty
    assert not plot(0, 1).is_empty


@pytest.mark.parametrize(("part", "width"), [(0.25, "25.00%"), (-1, "0.00%"), (7, "100.00%")])
def test_a_share_is_filled_within_its_bar(part, width):
    filled = [rect.get("width") for rect in parse(share(part)).iter("rect") if rect.get("class") == "plot-bar plot-1"]

    assert filled == [width]


def test_a_week_has_a_band_for_each_open_time():
    svg = parse(week("w", "Week", "Open in the afternoon", [("Mon", [(0, 360), (720, 1440)]), ("Tue", [])]))
    bands = [(rect.get("x"), rect.get("width")) for rect in svg.iter("rect") if rect.get("class") == "plot-bar plot-1"]

    assert bands == [("0.00%", "25.00%"), ("50.00%", "50.00%")]
