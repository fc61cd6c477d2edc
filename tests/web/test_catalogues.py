"""Every text that people read is in the catalogues, in every language that there is."""

import re
from pathlib import Path

import pytest

import geacc_proxy.web.pages
from tools import messages as tool

TEMPLATES = Path(geacc_proxy.web.pages.__file__).parent / "templates"
NAMES = ("geacc-proxy", "CSV", "JSON")


@pytest.fixture(scope="module")
def texts():
    return tool.collect()


@pytest.mark.parametrize("code", tool.codes())
def test_a_catalogue_is_complete_and_breaks_no_page(texts, code):
    assert list(tool.faults(code, texts)) == []


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.html")), ids=lambda file: file.relative_to(TEMPLATES).as_posix()
)
def test_a_template_has_no_words_but_those_of_the_catalogues(template):
    source = template.read_text(encoding="utf-8")
    for code in (r"\{#.*?#\}", r"\{%.*?%\}", r"\{\{.*?\}\}"):
        source = re.sub(code, " ", source, flags=re.DOTALL)
    source = re.sub(r"(\?|&amp;)\w+=", " ", source)  # parts of addresses
    attributes = re.findall(r'\s(?:alt|title|placeholder|aria-label|label)="([^"]*)"', source)
    plain = re.sub(r"<[^>]*>", " ", re.sub(r"<code>.*?</code>", " ", source, flags=re.DOTALL))
    words = re.findall(r"[^\W\d_]{2,}[-\w]*", re.sub(r"&\w+;", " ", " ".join([plain, *attributes])))
    assert [word for word in words if word not in NAMES] == []
