"""The model card: what a model is called, what it eats, what its answers mean, and from where they count."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, TypeGuard

from geacc_proxy.exceptions import ModelError

STRICTNESSES = ("strict", "balanced", "lenient")
"""The words for strictness, in falling order; every card has a threshold for each."""

RESIZES = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")
"""Resize filters that a card may ask for; the whole picture is resized, its aspect is not kept."""

COLOUR_ORDERS = ("RGB", "BGR")
"""Orders of the colour channels that a model may have been trained with."""

LAYOUTS = ("NHWC", "NCHW")
"""Orders of a model's input axes: number, height, width, channel; or channel before height and width."""

OUTPUTS = ("probabilities", "logits", "sigmoid")
"""What a model answers with: scores; logits, one a label, of which softmax makes scores; or one number p, where the
first of two labels gets 1 - p and the second p."""

_MAX_INPUT_SIZE = 4096


@dataclass(frozen=True, slots=True)
class Threshold:
    """From where on a score counts, and what that costs.

    Attributes:
        malign: the malign score from which a picture is hidden, above 0 and at most 1.
        false_alarm_rate: share of benign pictures that it hides, 0…1; None where nobody measured it.
    """

    malign: float
    false_alarm_rate: float | None = None


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """A slower and better model, which is asked about the pictures that this one is in doubt of.

    Attributes:
        model: its name, or the path of its file, which a relative one takes from the card's folder.
        doubt: the band of malign scores that are doubtful, both ends within it; 0 <= low < high <= 1.
    """

    model: str
    doubt: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything the program knows of a model without opening it.

    What becomes of a picture on its way in: resized, `value_range`, `colour_order`, less `mean`, divided by `std`,
    `layout`. The fields from `mean` on may be missing from a card.

    Attributes:
        name: short name without spaces.
        version: its version; name and version together key the cache of scores.
        licence: SPDX name of the weights' licence.
        source: where the model comes from, for a person.
        file: name of the model file beside the card.
        sha256: digest of that file, 64 lower-case hexadecimal digits.
        input_size: width and height of the input, pixels.
        resize: filter that brings the whole picture to that size, one of `RESIZES`.
        value_range: what the bytes 0 and 255 become.
        colour_order: one of `COLOUR_ORDERS`.
        labels: names of the outputs, in the model's order.
        malign_labels: those whose scores add up to the malign score.
        thresholds: by strictness, one for each of `STRICTNESSES`; read-only.
        mean: subtracted from the three channels, in the order of `colour_order`, after `value_range`.
        std: what they are divided by then, above 0.
        layout: order of the input's axes, one of `LAYOUTS`.
        outputs: what the model answers with, one of `OUTPUTS`; `sigmoid` has two labels.
        published: the accuracy that its author states, for a person; empty where unknown.
        second: whom to ask in doubt; None for nobody.
    """

    name: str
    version: str
    licence: str
    source: str
    file: str
    sha256: str
    input_size: int
    resize: str
    value_range: tuple[float, float]
    colour_order: str
    labels: tuple[str, ...]
    malign_labels: tuple[str, ...]
    thresholds: Mapping[str, Threshold]
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    layout: str = "NHWC"
    outputs: str = "probabilities"
    published: str = ""
    second: SecondOpinion | None = None

    @property
    def identity(self) -> str:
        """Name and version, such as `nsfwjs-mobilenet_v2@4.4.0`."""
        return f"{self.name}@{self.version}"

    def __reduce__(self) -> tuple[Any, ...]:
        # A card travels to worker processes, and a mapping proxy cannot be pickled.
        values = {name: getattr(self, name) for name in self.__slots__}
        return _rebuild, ({**values, "thresholds": dict(self.thresholds)},)


def parse_card(text: str, where: str) -> ModelCard:
    """Read a card from TOML.

    Args:
        text: the TOML document; its keys are the attributes of `ModelCard` and no others. Those that have no default
            there must be given.
        where: the card's path, for messages.

    Returns:
        The card, every field checked.

    Raises:
        ModelError: no TOML, a key missing, unknown or with a value that cannot be.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # beside TOMLDecodeError: numbers and nesting without end
        raise ModelError(f"model card {where} is no TOML: {_one_line(error)}") from error
    return _Reader(document, where).card()


def format_card(card: ModelCard) -> str:
    """The card as TOML, of which `parse_card` makes an equal card; fields that hold their default are left out."""
    lines = [f"{key} = {_toml(getattr(card, key))}" for key in _PLAIN]
    lines += [
        f"{key} = {_toml(getattr(card, key))}" for key, default in _OPTIONAL.items() if getattr(card, key) != default
    ]
    if card.second is not None:
        lines += ["", "[second]", f"model = {_toml(card.second.model)}", f"doubt = {_toml(card.second.doubt)}"]
    for word, threshold in card.thresholds.items():
        lines += ["", f"[thresholds.{word}]", f"malign = {_toml(threshold.malign)}"]
        if threshold.false_alarm_rate is not None:
            lines.append(f"false_alarm_rate = {_toml(threshold.false_alarm_rate)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # JSON's escapes are TOML's, for all that `parse_card` lets pass
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return repr(value if isinstance(value, int) else float(value))


def _rebuild(values: dict[str, Any]) -> ModelCard:
    return ModelCard(**{**values, "thresholds": MappingProxyType(values["thresholds"])})


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # a whole number that Python thinks too long to write down
        return "a number of thousands of digits"
    return text if len(text) <= 120 else text[:119] + "…"


def _one_line(error: object) -> str:
    return " ".join(str(error).split())


_PLAIN = tuple(field.name for field in fields(ModelCard) if field.default is MISSING and field.name != "thresholds")
_OPTIONAL = {field.name: field.default for field in fields(ModelCard) if field.default is not MISSING}
del _OPTIONAL["second"]  # a table of its own


class _Reader:
    """Takes a parsed document apart, with one message a mistake."""

    def __init__(self, document: dict[str, Any], where: str) -> None:
        self._document = document
        self._where = where

    def card(self) -> ModelCard:
        self._only_known_keys(self._document, ModelCard.__slots__, "")
        labels = self._names("labels")
        return ModelCard(
            name=self._match("name", r"[A-Za-z0-9][A-Za-z0-9._-]*", "letters, digits, '.', '_' and '-'"),
            version=self._match("version", r"[A-Za-z0-9][A-Za-z0-9._+-]*", 'a version such as "1.0.0"'),
            licence=self._text("licence"),
            source=self._text("source"),
            file=self._file(),
            sha256=self._match("sha256", r"[0-9a-f]{64}", "64 lower-case hexadecimal digits"),
            input_size=self._input_size(),
            resize=self._choice("resize", RESIZES),
            value_range=self._value_range(),
            colour_order=self._choice("colour_order", COLOUR_ORDERS),
            labels=labels,
            malign_labels=self._malign_labels(labels),
            thresholds=self._thresholds(),
            mean=self._triple("mean"),
            std=self._std(),
            layout=self._choice("layout", LAYOUTS),
            outputs=self._outputs(labels),
            published=self._published(),
            second=self._second(),
        )

    def _bad(self, key: str, value: object, right: str) -> ModelError:
        return ModelError(f"model card {self._where}: {key} = {_shown(value)} is wrong; it must be {right}")

    def _get(self, key: str) -> Any:
        if key in self._document:
            return self._document[key]
        if key in _OPTIONAL:
            return _OPTIONAL[key]
        raise ModelError(f"model card {self._where}: the key {key!r} is missing")

    def _only_known_keys(self, table: Mapping[str, Any], known: tuple[str, ...], prefix: str) -> None:
        for key in table:
            if key not in known:
                raise ModelError(
                    f"model card {self._where}: unknown key {prefix + key!r}; known are {', '.join(known)}"
                )

    def _text(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise self._bad(key, value, "one line of text")
        return value

    def _match(self, key: str, pattern: str, right: str) -> str:
        value = self._text(key)
        if not re.fullmatch(pattern, value):
            raise self._bad(key, value, right)
        return value

    def _choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self._text(key)
        if value not in choices:
            raise self._bad(key, value, f"one of {', '.join(choices)}")
        return value

    def _file(self) -> str:
        value = self._text("file")
        if PurePath(value).name != value or value == ".." or "\\" in value:
            raise self._bad("file", value, "the name of a file beside the card, without a folder")
        return value

    def _input_size(self) -> int:
        value = self._get("input_size")
        if type(value) is not int or not 1 <= value <= _MAX_INPUT_SIZE:
            raise self._bad("input_size", value, f"a whole number of pixels, 1 to {_MAX_INPUT_SIZE}")
        return value

    def _value_range(self) -> tuple[float, float]:
        value = self._get("value_range")
        if isinstance(value, list) and len(value) == 2 and all(_is_number(item) for item in value):
            low, high = float(value[0]), float(value[1])
            if low < high:
                return low, high
        raise self._bad("value_range", value, "two numbers, the lower first, such as [0.0, 1.0]")

    def _triple(self, key: str) -> tuple[float, float, float]:
        value = self._get(key)
        if isinstance(value, list | tuple) and len(value) == 3 and all(_is_number(item) for item in value):
            return float(value[0]), float(value[1]), float(value[2])
        raise self._bad(key, value, "three numbers, one a channel in the order of colour_order")

    def _std(self) -> tuple[float, float, float]:
        std = self._triple("std")
        if min(std) <= 0:
            raise self._bad("std", list(std), "three numbers above 0")
        return std

    def _outputs(self, labels: tuple[str, ...]) -> str:
        outputs = self._choice("outputs", OUTPUTS)
        if outputs == "sigmoid" and len(labels) != 2:
            raise self._bad(
                "labels", list(labels), "two labels where outputs is sigmoid: one number p means 1 - p and p"
            )
        return outputs

    def _published(self) -> str:
        value = self._get("published")
        return "" if value == "" else self._text("published")

    def _second(self) -> SecondOpinion | None:
        if "second" not in self._document:
            return None
        table = self._document["second"]
        if not isinstance(table, dict):
            raise self._bad("second", table, "a table with model and doubt")
        self._only_known_keys(table, SecondOpinion.__slots__, "second.")
        model, doubt = table.get("model"), table.get("doubt")
        if not isinstance(model, str) or not model.strip() or not model.isprintable():
            raise self._bad("second.model", model, "the name of a model or the path of its file")
        if isinstance(doubt, list) and len(doubt) == 2 and all(_is_number(item) for item in doubt):
            low, high = float(doubt[0]), float(doubt[1])
            if 0 <= low < high <= 1:
                return SecondOpinion(model, (low, high))
        raise self._bad("second.doubt", doubt, "two numbers from 0 to 1, the lower first, such as [0.1, 0.9]")

    def _names(self, key: str) -> tuple[str, ...]:
        value = self._get(key)
        right = "a list of different names"
        if not isinstance(value, list) or not value:
            raise self._bad(key, value, right)
        if not all(isinstance(item, str) and item.strip() and item.isprintable() for item in value):
            raise self._bad(key, value, right)
        if len(set(value)) != len(value):
            raise self._bad(key, value, right)
        return tuple(value)

    def _malign_labels(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        malign = self._names("malign_labels")
        for label in malign:
            if label not in labels:
                raise self._bad("malign_labels", list(malign), f"some of the labels {', '.join(labels)}")
        return malign

    def _thresholds(self) -> Mapping[str, Threshold]:
        tables = self._get("thresholds")
        if not isinstance(tables, dict):
            raise self._bad("thresholds", tables, f"a table with {', '.join(STRICTNESSES)}")
        self._only_known_keys(tables, STRICTNESSES, "thresholds.")
        thresholds: dict[str, Threshold] = {}
        lowest = 0.0
        for word in STRICTNESSES:
            if word not in tables:
                raise ModelError(f"model card {self._where}: the table [thresholds.{word}] is missing")
            threshold = self._threshold(f"thresholds.{word}", tables[word])
            if threshold.malign < lowest:
                right = f"at least {lowest}: a stricter word may not have the higher threshold"
                raise self._bad(f"thresholds.{word}.malign", threshold.malign, right)
            lowest = threshold.malign
            thresholds[word] = threshold
        return MappingProxyType(thresholds)

    def _threshold(self, key: str, table: object) -> Threshold:
        if not isinstance(table, dict):
            raise self._bad(key, table, "a table with malign and, where measured, false_alarm_rate")
        self._only_known_keys(table, ("malign", "false_alarm_rate"), f"{key}.")
        malign = table.get("malign")
        if not _is_number(malign) or not 0 < malign <= 1:
            raise self._bad(f"{key}.malign", malign, "a number above 0 and at most 1")
        rate = table.get("false_alarm_rate")
        if rate is None:
            return Threshold(float(malign))
        if not _is_number(rate) or not 0 <= rate <= 1:
            raise self._bad(f"{key}.false_alarm_rate", rate, "a number from 0 to 1")
        return Threshold(float(malign), float(rate))


def _is_number(value: object) -> TypeGuard[int | float]:
    # bool is an int to Python; TOML knows nan and inf, and whole numbers that are too large for a float.
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
