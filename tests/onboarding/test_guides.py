"""The guides: complete, and with every value in its place."""

from __future__ import annotations

import pytest

from geacc_proxy.onboarding.choices import Choices
from geacc_proxy.onboarding.files import files_for, setup_file
from geacc_proxy.onboarding.guides import GUIDES, guide_for
from geacc_proxy.onboarding.platforms import Platform
from geacc_proxy.onboarding.steps import Guide, Piece, Step

from .home import NAME, reach


def all_steps(guide: Guide) -> list[Step]:
    return [*guide.by_file, *guide.proxy, *guide.certificate, *guide.check, *guide.removal, *guide.notes]


@pytest.mark.parametrize("platform", list(Platform))
def test_every_platform_has_a_guide_with_all_parts(platform: Platform) -> None:
    guide = guide_for(platform)

    assert guide.platform is platform
    assert all((guide.title, guide.proxy, guide.certificate, guide.check, guide.removal))
    assert bool(guide.files) is bool(guide.by_file)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.platform)
def test_every_file_that_a_step_names_can_be_had(guide: Guide) -> None:
    offered = {file.name for file in files_for(guide.platform, Choices())}

    assert set(guide.files) <= offered
    for step in all_steps(guide):
        assert not step.file or setup_file(step.file) is not None


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.platform)
def test_every_mark_becomes_words(guide: Guide) -> None:
    for step in all_steps(guide):
        for piece in step.pieces(reach()):
            assert not set(piece.text) & set("{}[]"), step.text


def test_the_proxy_and_the_certificate_are_named_in_every_guide() -> None:
    for guide in GUIDES:
        said = " ".join(piece.text for step in all_steps(guide) for piece in step.pieces(reach()))
        assert "192.168.1.2" in said
        assert "8080" in said
        assert reach().fingerprint in said


def test_words_of_the_screen_are_set_apart() -> None:
    step = Step("Tap [Install], then type {host} for [Server].")

    assert step.pieces(reach(host="fd00::2")) == (
        Piece("Tap ", False),
        Piece("Install", True),
        Piece(", then type fd00::2 for ", False),
        Piece("Server", True),
        Piece(".", False),
    )


def test_a_translation_keeps_marks_and_values() -> None:
    step = Step("Tap [Install] of {certificate_name}")

    pieces = step.pieces(
        reach(), {"Tap [Install] of {certificate_name}": "{certificate_name}: [Installieren]"}.__getitem__
    )

    assert pieces == (Piece(f"{NAME}: ", False), Piece("Installieren", True))


def test_a_value_that_a_translation_misspells_stays_visible_and_harms_nothing() -> None:
    pieces = Step("{host}").pieces(reach(), lambda _: "{hots} {0} {host.__class__}")

    assert pieces == (Piece("{hots} {0} {host.__class__}", False),)
