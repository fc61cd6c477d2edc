"""The table of formats, and that the document has the same."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from geacc_proxy.images.caps import Caps
from geacc_proxy.images.formats import FORMATS, SUFFIXES, Browser, Facts, Format

DOCUMENT = Path(__file__).parents[2] / "docs" / "formats.md"


def row(facts: Facts) -> str:
    """The line of the document's table that says the same."""
    shown = ["yes" if browser in facts.shown_by else "–" for browser in Browser]
    words = [f"`{word}`" for word in facts.media_types], [f"`{word}`" for word in facts.suffixes]
    cells = [facts.name, *(", ".join(part) for part in words), *shown, facts.decoder, facts.judged, facts.otherwise]
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("format_", Format)
def test_every_format_has_its_facts_in_the_document(format_: Format) -> None:
    assert row(FORMATS[format_]) in DOCUMENT.read_text(encoding="utf-8").splitlines()


def test_the_document_has_no_format_that_the_table_lacks() -> None:
    table = re.search(r"^\| format \|.*?\n\n", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert table is not None
    assert len(table.group().strip().splitlines()) == len(FORMATS) + 2


def test_no_suffix_and_no_type_belongs_to_two_formats() -> None:
    assert len(SUFFIXES) == sum(len(facts.suffixes) for facts in FORMATS.values())
    assert len({kind for facts in FORMATS.values() for kind in facts.media_types}) == sum(
        len(facts.media_types) for facts in FORMATS.values()
    )


def test_what_the_proxy_process_reads_loads_no_decoder() -> None:
    code = (
        "import sys, geacc_proxy.images.sniff, geacc_proxy.images.formats, geacc_proxy.images.caps;"
        "sys.exit(any(name in sys.modules for name in ('PIL', 'numpy', 'resvg_py')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


NUMBER = re.compile(r"^([\d,]+)( million| MiB| KiB|)$")
FACTORS = {"": 1, " million": 1_000_000, " MiB": 2**20, " KiB": 2**10}


def number(text: str) -> float:
    found = NUMBER.match(text)
    assert found is not None, text
    return int(found[1].replace(",", "")) * FACTORS[found[2]]


def test_the_document_has_the_caps_of_both_lanes() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for name, *_ in rows} == set(Caps.__slots__) - {"frames", "tiles", "tiny_pixels"}
    for name, full, quick in rows:
        assert number(full) == getattr(Caps(), name)
        assert number(quick) == getattr(Caps().quick(), name)
