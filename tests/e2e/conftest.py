"""One origin and one look at it without a proxy, shared by the tests of the main road."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .browser import Visit, visit
from .origin import Origin, running_origin
from .pictures import exhibits


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    """The site, up."""
    with running_origin(exhibits(), tmp_path_factory.mktemp("origin")) as site:
        yield site


@pytest.fixture(scope="session")
def unfiltered(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """What the page looks like without a proxy."""
    visited = visit(origin.url, tmp_path_factory.mktemp("browser"), origin.ca_file)
    keep(visited, "without-proxy")
    return visited


def keep(visited: Visit, name: str) -> None:
    """Save the screen as a picture where SCREENSHOTS names a directory, to look at it."""
    directory = os.environ.get("SCREENSHOTS")
    if directory:
        visited.screen.save(Path(directory) / f"{name}.png")
