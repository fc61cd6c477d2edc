"""Texts are collected, and catalogues kept, by a tool."""

import json

import pytest

from geacc_proxy.web.i18n import Languages
from tools import messages as tool

PYTHON = """
from geacc_proxy.marking import N_
WHAT = N_("Renamed {before} to {device}")
def f(_, ngettext, n):
    return _("Saved."), ngettext("{n} entry", "{n} entries", n), g(""), _("")
"""
PAGE = """
{% macro m() %}<p title="{{ _('A title') }}">{{ html_("<b>{name}</b> asks", name=1) }}</p>{% endmacro %}
{{ _(step.text) }} {{ ngettext("{n} day", "{n} days", 2) }} {{ _("Open [Settings]") }}
"""


@pytest.fixture
def texts(tmp_path):
    package = tmp_path / "package"
    (package / "web" / "templates").mkdir(parents=True)
    (package / "a.py").write_text(PYTHON)
    (package / "web" / "templates" / "a.html").write_text(PAGE)
    return tool.collect(package)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "locales"


def test_texts_are_found_in_python_and_in_templates(texts):
    for text in ("Saved.", "Renamed {before} to {device}", "A title", "<b>{name}</b> asks", "{n} entry", "{n} day"):
        assert texts.get(text) is not None, text
    assert texts.get("not fit for a general audience") is not None


def test_what_is_missing_is_told_as_json_and_taken_back_filled_in(texts, folder):
    tool.update("de", texts, folder)
    empty = tool.missing("de", texts, folder)
    assert empty["Saved."] == ""
    assert empty["{n} entry"] == ["", ""]
    filled = json.loads(json.dumps(empty)) | {"Saved.": "Gespeichert.", "{n} entry": ["{n} Eintrag", "{n} Einträge"]}
    assert tool.fill("de", filled | {"Gone": "Weg"}, texts, folder) == ["Gone"]
    assert set(tool.missing("de", texts, folder)) == set(empty) - {"Saved.", "{n} entry"}
    german = Languages(folder).get("de").texts
    assert german.gettext("Saved.") == "Gespeichert."
    assert german.ngettext("{n} entry", "{n} entries", 3) == "{n} Einträge"


def test_a_catalogue_changes_only_with_its_texts(texts, folder):
    tool.fill("es", {"Saved.": "Guardado."}, texts, folder)
    before = tool.path_of("es", folder).read_bytes()
    tool.update("es", texts, folder)
    assert tool.path_of("es", folder).read_bytes() == before
    assert b"Date" not in before


def test_texts_that_are_gone_leave_the_catalogue(texts, folder, tmp_path):
    tool.fill("de", {"Saved.": "Gespeichert."}, texts, folder)
    fewer = tool.collect(tmp_path / "nothing")
    assert any("any more" in fault for fault in tool.faults("de", fewer, folder))
    tool.update("de", fewer, folder)
    assert "Gespeichert" not in tool.path_of("de", folder).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "translation", "fault"),
    [
        ("Saved.", "", "no translation"),
        ("Renamed {before} to {device}", "{device} umbenannt", "missing"),
        ("Renamed {before} to {device}", "{before} {device} {x}", "does not have"),
        ("<b>{name}</b> asks", "{name} fragt", "other markup"),
        ("Open [Settings]", "Einstellungen öffnen", "screen"),
        ("{n} day", ["ein Tag", ""], "no translation"),
    ],
)
def test_a_translation_that_would_break_a_page_is_told(texts, folder, text, translation, fault):
    tool.fill("de", {text: translation}, texts, folder)
    about = [found for found in tool.faults("de", texts, folder) if text in found or str(translation) in found]
    assert any(fault in found for found in about)


def test_a_translation_of_one_may_leave_the_number_out(texts, folder):
    tool.fill("de", {"{n} day": ["ein Tag", "{n} Tage"]}, texts, folder)
    assert not [found for found in tool.faults("de", texts, folder) if "Tag" in found]
