"""How large a browser shows an SVG."""

import pytest

from geacc_proxy.images.svgsize import svg_size


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ("width='80' height='40'", (80, 40)),
        ('width="80px" height="1in"', (80, 96)),
        ("viewBox='0 0 20 10'", (300, 150)),
        ("viewBox='0 0 10 20' width='50'", (50, 100)),
        ("viewBox='0,0,10,20' height='50%'", (300, 600)),
        ("width='100%' height='100%'", (300, 150)),
        ("viewBox='nonsense' width='-3'", (300, 150)),
        ("", (300, 150)),
    ],
)
def test_the_root_element_tells_the_size(attributes: str, size: tuple[int, int]) -> None:
    assert svg_size(f"<?xml version='1.0'?><svg {attributes}><rect width='7'/></svg>") == size
