"""A card with thresholds as they were measured here."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.models.card import STRICTNESSES, Threshold, format_card

if TYPE_CHECKING:
    from geacc_proxy.lab.evaluation.figures import Figures


def measured_card(figures: Figures, data: str) -> str:
    """The model's card as TOML, with the thresholds found for strict, balanced and lenient in this order.

    Args:
        figures: with one threshold for each strictness.
        data: the pictures that they were measured on, for a person.

    Raises:
        GeaccError: these pictures cannot tell one of the thresholds.
    """
    thresholds, remarks = {}, []
    for word, found in zip(STRICTNESSES, figures.thresholds, strict=True):
        if found.malign is None:
            raise GeaccError(f"--write-card: no threshold for a false-alarm rate of {found.wanted:g}: {found.problem}")
        alarms = found.false_alarms
        thresholds[word] = Threshold(found.malign, alarms.value)
        caught = f"; {found.recall.count:,} of {found.recall.number:,} malign ones" if found.recall.number else ""
        remarks.append(f"#   {word}: {alarms.count:,} of {alarms.number:,} benign pictures hidden{caught}")
    card = replace(figures.scores.card, thresholds=MappingProxyType(thresholds))
    head = [f"# Thresholds measured by `geacc-proxy evaluate` on {data}:", *remarks]
    return "\n".join(head) + "\n" + format_card(card)
