"""Cards for models that come from elsewhere: given by a person, inferred, or fitted to what a source says of itself."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from geacc_proxy.exceptions import ModelError, UsageError
from geacc_proxy.models.card import ModelCard, parse_card
from geacc_proxy.models.conversion import Conversion
from geacc_proxy.models.fetching import DigestError
from geacc_proxy.models.inferred import infer_card

_ANY_DIGEST = "0" * 64
_MOST_CARD_BYTES = 2**20
_OUTPUTS = {"softmax": "probabilities", "linear": "logits"}


def read_given_card(path: Path) -> ModelCard:
    """Read a card that a person gives for a model that is not here yet.

    Args:
        path: the card. It may do without `file` and `sha256`: what they are is seen when the model is here.

    Raises:
        UsageError: there is no such file.
        ModelError: it is no card.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_CARD_BYTES).decode()
        keys = tomllib.loads(text).keys()
    except OSError as error:
        raise UsageError(f"--card: {path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"model card {path} is no TOML: {' '.join(str(error).split())}") from error
    # Keys that stand before all tables are the document's own, wherever else it has some.
    missing = {"file": "model", "sha256": _ANY_DIGEST}
    lines = [f'{key} = "{value}"\n' for key, value in missing.items() if key not in keys]
    return parse_card("".join(lines) + text, str(path))


def check_given(card: ModelCard, digest: str, called: str) -> None:
    """See that a card which names a digest means this model.

    Args:
        card: as `read_given_card` or the catalogue has it.
        digest: SHA-256 of the model as it came.
        called: the model, for the message.

    Raises:
        DigestError: it means another.
    """
    if card.sha256 not in (_ANY_DIGEST, digest):
        raise DigestError(
            f"{called}: its card is of another model: it says SHA-256 {card.sha256}, this one has {digest}"
        )


def card_of_conversion(conversion: Conversion, name: str, source: str) -> ModelCard:
    """Infer the card of a converted model.

    Args:
        conversion: the model.
        name: for the card.
        source: where it comes from, for a person.

    Raises:
        ModelError: what its outputs mean cannot be known; says what a card must say.
    """
    with _asking_for_a_card(name):
        return infer_card(
            conversion.description,
            name=name,
            file=conversion.path.name,
            sha256=conversion.sha256,
            source=source,
            labels=conversion.labels,
            value_range=conversion.value_range,
            mean=conversion.mean,
            std=conversion.std,
        )


def fit_to_conversion(card: ModelCard, conversion: Conversion) -> ModelCard:
    """Let a card follow what its source says of itself: order of the labels, preparation of pictures, kind of outputs.

    Args:
        card: written without the source at hand.
        conversion: what was seen in the source.

    Raises:
        ModelError: the source names other labels than the card.
    """
    labels = card.labels
    if conversion.labels is not None:
        spelling = {label.casefold(): label for label in card.labels}
        found = [label.casefold() for label in conversion.labels]
        if sorted(found) != sorted(spelling):
            raise ModelError(
                f"model {card.name} names the labels {', '.join(conversion.labels)}, "
                f"its card {', '.join(card.labels)}: it is another model than the card means"
            )
        labels = tuple(spelling[label] for label in found)
    return replace(
        card,
        labels=labels,
        value_range=conversion.value_range or card.value_range,
        mean=conversion.mean or card.mean,
        std=conversion.std or card.std,
        outputs=_OUTPUTS.get(conversion.description.activation, card.outputs),
    )


def card_of_file(file: Path, name: str, sha256: str, source: str) -> ModelCard:
    """Infer the card of a file that an engine runs.

    Args:
        file: the model.
        name: for the card.
        sha256: digest of the file.
        source: where it comes from, for a person.

    Raises:
        ModelError: it is no model, or what its outputs mean cannot be known.
    """
    from geacc_proxy.models.describing import describe

    description = describe(file)
    with _asking_for_a_card(name):
        return infer_card(description, name=name, file=file.name, sha256=sha256, source=source)


@contextmanager
def _asking_for_a_card(name: str) -> Iterator[None]:
    """Add to what is wrong with a model that has no card, how one is given.

    Raises:
        ModelError: what was wrong.
    """
    try:
        yield
    except ModelError as error:
        raise ModelError(f"{name} has no card: {error}; --card FILE gives it, without file and sha256") from error
