"""Cards and models to break."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from geacc_proxy.models.registry import InstalledModel, find

CARD = """\
name = "small"
version = "1.0"
licence = "MIT"
source = "made for a test"
file = "small.tflite"
sha256 = "{sha256}"
input_size = 224
resize = "bilinear"
value_range = [0.0, 1.0]
colour_order = "RGB"
labels = ["drawing", "hentai", "neutral", "porn", "sexy"]
malign_labels = ["hentai", "porn", "sexy"]

[thresholds.strict]
malign = 0.5
false_alarm_rate = 0.05

[thresholds.balanced]
malign = 0.7

[thresholds.lenient]
malign = 0.85
"""

WriteModel = Callable[..., Path]


@pytest.fixture(scope="session")
def embedded() -> InstalledModel:
    """The model in the package."""
    return find()


@pytest.fixture
def write_model(tmp_path: Path, embedded: InstalledModel) -> WriteModel:
    """Write a model and a card that fits it, but for `change` (a piece of the card) made `into` another."""

    def write(content: bytes | None = None, change: str = "", into: str = "") -> Path:
        content = embedded.path.read_bytes() if content is None else content
        card = CARD.format(sha256=hashlib.sha256(content).hexdigest())
        assert change in card
        path = tmp_path / "small.tflite"
        path.write_bytes(content)
        path.with_suffix(".toml").write_text(card.replace(change, into) if change else card, encoding="utf-8")
        return path

    return write
