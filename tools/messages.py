"""Collects the texts that people read and keeps the catalogues of their translations.

    python tools/messages.py update            new texts into all catalogues, texts that are gone out of them
    python tools/messages.py update --add de   the same, and begins a catalogue
    python tools/messages.py missing de        what is not translated yet, as JSON: {"text": "", "one": ["", ""]}
    python tools/messages.py fill de FILE      takes translations from such a JSON file
    python tools/messages.py check             one line for each fault; exit code 1 where there are any

Texts are marked `_("…")`, `N_("…")`, `ngettext("…", "…", n)` and `html_("…")` in Python and in templates. A translation
has the same {places}, the same markup and as many [words of a screen] as its text.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from geacc_proxy.policy.profile import READY_MADE
from geacc_proxy.verdict import Reason
from geacc_proxy.web.i18n import LOCALES

PACKAGE = Path(__file__).parent.parent / "geacc_proxy"
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_OPTIONS = {"**/templates/**.html": {"silent": "false", "encoding": "utf-8"}}
_KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "N_": None, "html_": None, "ngettext": (1, 2)}
_UNSTABLE = re.compile(
    rb'"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By|Project-Id-Version|'
    rb"Report-Msgid-Bugs-To|MIME-Version|Content-Transfer-Encoding): .*\n"
)
_PLACES = re.compile(r"\{[a-z_]+\}")
_MARKUP = re.compile(r"</?[a-z]+[^>]*>")
_ON_SCREEN = re.compile(r"\[[^\[\]]+\]")


def collect(package: Path = PACKAGE) -> Catalog:
    """All texts of the package; those of `Reason` and of the ready-made profiles, which know no catalogues, too."""
    found = Catalog(charset="utf-8")
    for file, _line, text, comments, context in sorted(
        extract_from_dir(package, _METHODS, _OPTIONS, _KEYWORDS), key=lambda entry: (entry[0], entry[1])
    ):
        if text and text != ("",):
            found.add(text, locations=[(Path(file).as_posix(), 0)], auto_comments=comments, context=context)
    for text in (*(reason.explanation for reason in Reason), *(profile.title for profile in READY_MADE)):
        found.add(text, locations=[("verdict.py", 0)])
    return found


def path_of(code: str, folder: Path = LOCALES) -> Path:
    """Where the catalogue of a language lies."""
    return folder / code / "LC_MESSAGES" / "messages.po"


def codes(folder: Path = LOCALES) -> list[str]:
    """The languages that there are catalogues for."""
    return sorted(file.parent.parent.name for file in folder.glob("*/LC_MESSAGES/messages.po"))


def read(code: str, folder: Path = LOCALES) -> Catalog:
    """The catalogue of a language; an empty one where there is none."""
    file = path_of(code, folder)
    if not file.exists():
        return Catalog(code, charset="utf-8")
    with file.open("rb") as stream:
        return read_po(stream, code)


def write(code: str, catalogue: Catalog, folder: Path = LOCALES) -> None:
    """Keep a catalogue, in an order and a form that changes no more than its texts do."""
    catalogue.header_comment = f"# The texts of geacc-proxy in {catalogue.locale.english_name}; see tools/messages.py."
    text = io.BytesIO()
    write_po(text, catalogue, width=120, sort_output=True, ignore_obsolete=True, include_lineno=False)
    file = path_of(code, folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_UNSTABLE.sub(b"", text.getvalue()))


def update(code: str, texts: Catalog, folder: Path = LOCALES) -> None:
    """Put new texts into a catalogue and take out those that are gone."""
    catalogue = read(code, folder)
    catalogue.update(texts, no_fuzzy_matching=True)
    write(code, catalogue, folder)


def missing(code: str, texts: Catalog, folder: Path = LOCALES) -> dict[str, str | list[str]]:
    """The texts that a catalogue lacks, each with nothing in its place, or as many nothings as it has plural forms."""
    catalogue = read(code, folder)
    found: dict[str, str | list[str]] = {}
    for text in texts:
        if text.id and not _is_translated(catalogue.get(text.id, text.context)):
            found[_key(text)] = [""] * catalogue.num_plurals if text.pluralizable else ""
    return found


def fill(code: str, translations: dict[str, str | list[str]], texts: Catalog, folder: Path = LOCALES) -> list[str]:
    """Take translations over; returns those whose text is not known."""
    update(code, texts, folder)
    catalogue = read(code, folder)
    by_key = {_key(message): message for message in catalogue if message.id}
    for key, translation in translations.items():
        if key in by_key:
            by_key[key].string = tuple(translation) if isinstance(translation, list) else translation
    write(code, catalogue, folder)
    return [key for key in translations if key not in by_key]


def faults(code: str, texts: Catalog, folder: Path = LOCALES) -> Iterator[str]:
    """What is wrong with a catalogue, a line each."""
    catalogue = read(code, folder)
    for text in texts:
        if not text.id:
            continue
        message = catalogue.get(text.id, text.context)
        if message is None or not _is_translated(message):
            yield f"{code}: no translation of {_key(text)!r}"
            continue
        for translation in _strings(message):
            yield from (f"{code}: {words} in {translation!r}" for words in _differences(_key(text), translation))
    known = {_key(text) for text in texts}
    for message in catalogue:
        if message.id and _key(message) not in known:
            yield f"{code}: nobody says {_key(message)!r} any more"


def _differences(text: str, translation: str) -> Iterator[str]:
    if not set(_PLACES.findall(translation)) <= set(_PLACES.findall(text)):
        yield "a {place} that the text does not have"
    if set(_PLACES.findall(text)) - set(_PLACES.findall(translation)) - {"{n}"}:
        yield "a {place} is missing"
    if sorted(_MARKUP.findall(text)) != sorted(_MARKUP.findall(translation)):
        yield "other markup"
    if len(_ON_SCREEN.findall(text)) != len(_ON_SCREEN.findall(translation)):
        yield "more or fewer [words of a screen]"


def _key(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, list | tuple) else message.id)


def _strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, list | tuple) else (message.string or "",)


def _is_translated(message: Message | None) -> bool:
    return message is not None and not message.fuzzy and all(_strings(message))


def main(arguments: list[str]) -> int:
    """Do what is asked; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("update").add_argument("--add", default=[], nargs="*", metavar="LANGUAGE")
    commands.add_parser("missing").add_argument("language")
    filling = commands.add_parser("fill")
    filling.add_argument("language")
    filling.add_argument("file", type=Path)
    commands.add_parser("check")
    given = parser.parse_args(arguments)
    texts = collect()
    match given.command:
        case "update":
            for code in sorted({*codes(), *given.add}):
                update(code, texts)
        case "missing":
            print(json.dumps(missing(given.language, texts), ensure_ascii=False, indent=1))
        case "fill":
            for key in fill(given.language, json.loads(given.file.read_text(encoding="utf-8")), texts):
                print(f"nobody says {key!r}", file=sys.stderr)
        case "check":
            found = [fault for code in codes() for fault in faults(code, texts)]
            print("\n".join(found), end="\n" if found else "")
            return 1 if found else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
