"""What drawing an SVG costs, told from its source."""

from __future__ import annotations

from math import inf

import pytest
from traps import filtered, nested, svg, used_again, zigzag

from geacc_proxy.images.caps import Caps
from geacc_proxy.images.svgsource import TooDeepError, read

QUICK = Caps().quick().svg_work
SHAPES = "<rect width='9' height='9'/>"


def cost(content: str) -> float:
    return read(svg(content).decode()).work


def test_an_icon_costs_next_to_nothing() -> None:
    assert cost("<path d='M3 3h18v18H3z' fill='none' stroke='#000'/>" * 12) < 2


def test_an_illustration_is_quick_to_draw() -> None:
    gradients = "".join(f"<linearGradient id='g{index}'><stop offset='1'/></linearGradient>" for index in range(9))
    shapes = "".join(f"<path d='M{index} 5c3 4 5 6 7 8s4 4 9 1z' fill='url(#g{index % 9})'/>" for index in range(30))
    assert cost(gradients + shapes * 1) < QUICK


@pytest.mark.parametrize(
    "attribute", ["mask='url(#x)'", "clip-path='url(#x)'", "style='filter: url(#x)'", "fill=\"url('#x')\""]
)
@pytest.mark.parametrize("tag", ["mask", "clipPath", "pattern", "filter"])
def test_what_is_used_is_counted_each_time(tag: str, attribute: str) -> None:
    inside = "<feGaussianBlur/>" if tag == "filter" else SHAPES * 20
    once = cost(f"<{tag} id='x'>{inside}</{tag}><rect {attribute}/>")
    assert cost(f"<{tag} id='x'>{inside}</{tag}>" + f"<rect {attribute}/>" * 10) == pytest.approx(10 * once)


def test_what_is_only_defined_costs_nothing() -> None:
    assert cost(f"<defs>{SHAPES * 50}</defs><mask id='m'>{SHAPES * 50}</mask>") == 0


def test_uses_of_uses_multiply() -> None:
    assert read(used_again(3).decode()).work == pytest.approx(1000 * read(used_again(0).decode()).work)
    assert read(used_again(11).decode()).work > 1e9


def test_what_uses_itself_ends() -> None:
    assert cost("<g id='a'><use href='#b'/><rect/></g><g id='b'><use href='#a'/><rect/></g>") < 1


def test_style_sheets_apply_what_they_name() -> None:
    mask = f"<mask id='m'>{SHAPES}</mask>"
    sheet = "<style>.a{mask:url(#m)} .b , .c{fill:#fff}</style>"
    plain = cost(mask + sheet + "<rect/><rect class='b'/>")
    assert cost(mask + sheet + "<rect/><rect class='d a'/>") > plain + 15
    assert cost(mask + "<style>rect{mask:url(#m)}</style><rect/><rect/>") > plain + 30


@pytest.mark.parametrize(
    ("cheap", "dear"),
    [
        ("<feTurbulence/>", "<feTurbulence numOctaves='50'/>"),
        ("<feMorphology radius='1'/>", "<feMorphology radius='50'/>"),
        ("<feConvolveMatrix/>", "<feConvolveMatrix order='30'/>"),
        ("<feOffset/>", "<feOffset/>" * 20),
    ],
)
def test_a_filter_costs_what_its_steps_do(cheap: str, dear: str) -> None:
    assert read(filtered(dear).decode()).work > 5 * read(filtered(cheap).decode()).work


def test_a_large_region_makes_a_filter_dearer() -> None:
    use = "<rect filter='url(#f)'/>"
    assert cost(f"<filter id='f' width='9000%'><feOffset/></filter>{use}") > 10 * cost(
        f"<filter id='f'><feOffset/></filter>{use}"
    )
    assert cost("<rect filter='blur(3px)'/>") > 50


def test_a_path_costs_by_the_way_that_it_goes() -> None:
    short = "<path d='M0 0" + "l.1 .1" * 3000 + "'/>"
    assert cost(zigzag(3000)) > 5 * cost(short)
    assert cost(f"<g transform='scale(2000)'>{short}</g>") > 5 * cost(short)
    points = " ".join(f"{index % 7},{200 * (index % 2)}" for index in range(3000))
    assert cost(f"<polyline points='{points}'/>") > 5 * cost(short)


def test_depth_counts_through_uses() -> None:
    with pytest.raises(TooDeepError):
        read(nested(200).decode())
    chain = "".join(f"<g id='a{index + 1}'><g><g><use href='#a{index}'/></g></g></g>" for index in range(60))
    assert cost(f"<g id='a0'>{SHAPES}</g>{chain}<use href='#a60'/>") == inf
    long = "".join(f"<g id='a{index + 1}'><use href='#a{index}'/></g>" for index in range(5000))
    assert cost(f"<g id='a0'>{SHAPES}</g>{long}") == inf


def test_style_sheets_of_too_many_rules_are_not_counted_out() -> None:
    assert cost("<style>" + ".a{fill:url(#b)}" * 1500 + "</style><rect class='a'/>") == inf
