"""Languages: texts, dates, numbers, and the direction of reading."""

from datetime import UTC, datetime, time, timedelta

import pytest
from babel import Locale

from geacc_proxy.home import devices, preferences
from geacc_proxy.web import i18n
from geacc_proxy.web.app import create_app
from geacc_proxy.web.i18n import Language, Languages, speaking

from .browsing import Browser

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
CATALOGUE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Log in"
msgstr "{login}"

msgid "{{n}} wait"
msgid_plural "{{n}} waits"
msgstr[0] "{{n}} eins"
msgstr[1] "{{n}} viele"

msgid "Renamed {{before}} to {{device}}"
msgstr "{{device}} hieß {{before}}"
"""


def catalogue(folder, code, login):
    file = folder / code / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True)
    file.write_text(CATALOGUE.format(login=login), encoding="utf-8")


@pytest.fixture
def languages(tmp_path):
    """German and Arabic, made up."""
    folder = tmp_path / "locales"
    catalogue(folder, "de", "Anmelden")
    catalogue(folder, "ar", "تسجيل الدخول")
    return Languages(folder)


@pytest.fixture
async def browser(make_site, languages):
    app = create_app(make_site(), languages=languages)
    await app.state.sessions.set_password("parent", "correct horse battery")
    return Browser(app, ("192.168.1.20", 50_000), "192.168.1.2:8081")


@pytest.mark.parametrize(
    ("wanted", "accepted", "code"),
    [
        ("", "de-AT,de;q=0.9,en;q=0.5", "de"),
        ("", "fr, en;q=0.3, de;q=0.7", "de"),
        ("", "fr", "en"),
        ("", "", "en"),
        ("", "de;q=0, ar", "ar"),
        ("", "de;q=x, *;q=0.5", "en"),
        ("", "</b>,;;q=,é", "en"),
        ("de", "ar", "de"),
        ("xx", "ar", "ar"),
    ],
)
def test_a_parents_choice_comes_first_then_the_browsers(languages, wanted, accepted, code):
    assert languages.choose(wanted, accepted) == code


async def test_pages_speak_the_language_of_the_browser(browser):
    page = await browser.get("/login", accept_language="de-DE")
    assert 'lang="de-DE" dir="ltr"' in page.text
    assert "Anmelden" in page.words
    assert 'lang="en" dir="ltr"' in (await browser.get("/login")).text


async def test_pages_are_read_from_the_right_where_the_language_is(browser):
    page = await browser.get("/login", accept_language="ar")
    assert 'lang="ar" dir="rtl"' in page.text
    assert "تسجيل الدخول" in page.words


async def test_a_parents_choice_holds_for_all_browsers(browser, home):
    await preferences.save(home, "parent", language="ar")
    assert 'lang="ar"' in (await browser.get("/login", accept_language="de")).text


def test_one_and_many_are_told_apart_and_numbers_written_as_people_do(languages):
    with speaking(languages.get("de")):
        assert i18n.ngettext("{n} wait", "{n} waits", 1) == "1 eins"
        assert i18n.ngettext("{n} wait", "{n} waits", 12_345) == "12.345 viele"
        assert i18n.number(1234.5, 1) == "1.234,5"
        assert i18n.percent(0.041, 1) == "4,1\xa0%"
    assert i18n.ngettext("{n} page", "{n} pages", 1_000) == "1,000 pages"
    assert i18n.percent(0.5) == "50%"


@pytest.mark.parametrize(
    ("locale", "written"),
    [("en", "Mar 4, 2026, 3:30\u202fPM"), ("en_GB", "4 Mar 2026, 15:30"), ("de", "04.03.2026, 15:30")],
)
def test_moments_are_written_as_where_one_lives(locale, written):
    with speaking(Language(Locale.parse(locale), zone=UTC)):
        assert i18n.moment(NOW) == written
        assert i18n.moment(None) == i18n.clock(None) == i18n.day(None) == ""


def test_lengths_of_time_are_written_in_words():
    assert i18n.minutes(0) == "0 min"
    assert i18n.minutes(60) == "1 hr"
    assert i18n.minutes(90) == "1 hr 30 min"
    assert i18n.ago(NOW - timedelta(minutes=5), NOW) == "5 minutes ago"
    assert i18n.ago(NOW - timedelta(seconds=5), NOW) == "just now"
    assert i18n.ago(None, NOW) == "never"
    assert i18n.clock(time(7, 5)) == "7:05\u202fAM"
    assert i18n.weekday(0) == "Monday"
    assert i18n.weekday(6, "abbreviated") == "Sun"


def test_values_in_texts_with_markup_are_escaped():
    assert i18n.html_("<b>{name}</b>", name="<i>") == "<b>&lt;i&gt;</b>"
    assert i18n._("") == ""


async def test_the_audit_trail_is_told_in_the_readers_language(home, languages):
    device = await devices.add(home, "parent", name="Old", profile="teen")
    await devices.edit(home, "parent", device.key, name="New {x}")
    number = (await home.deeds(limit=1))[0].number
    await home.undo(number, "parent")
    undone, renamed = (await home.deeds(limit=2))[:2]
    with speaking(languages.get("de")):
        assert i18n.deed_text(renamed) == "New {x} hieß Old"
        assert "hieß Old" in i18n.deed_text(undone)
