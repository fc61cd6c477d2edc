"""Step by step, for the device that asks and for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from geacc_proxy.onboarding.files import SetupFile, setup_file
from geacc_proxy.onboarding.guides import GUIDES, guide_for
from geacc_proxy.onboarding.platforms import Platform, candidates
from geacc_proxy.web.guard import is_parent
from geacc_proxy.web.i18n import _
from geacc_proxy.web.pages import render
from geacc_proxy.web.setup.reaching import reach_of
from geacc_proxy.web.visits import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from geacc_proxy.onboarding.reach import Reach
    from geacc_proxy.onboarding.steps import Piece, Step

WITH_WIFI = "geacc-proxy.mobileconfig"
"""The file that can set a Wi-Fi network's proxy."""
ICONS = {Platform.IOS: "phone", Platform.IPADOS: "phone", Platform.ANDROID: "phone"}
"""By kind, where it is no computer."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A step as it stands on the page.

    Attributes:
        pieces: its words.
        file: what is downloaded for it; None for nothing.
    """

    pieces: tuple[Piece, ...]
    file: SetupFile | None


async def landing(request: Request) -> Response:
    """The page of the device itself: whether it is behind the filter, and what to do."""
    found = candidates(request.headers)
    others = [guide for guide in GUIDES if guide.platform not in found[:1]]
    likely = [guide_for(platform) for platform in found[1:]]
    return render(
        request,
        "setup/landing.html",
        **_page(request, found[0] if found else None),
        likely=likely,
        others=[guide for guide in others if guide not in likely],
        icons=ICONS,
        through=visit_of(request).through_proxy,
    )


async def guide(request: Request) -> Response:
    """The steps for a kind of device."""
    try:
        platform = Platform(request.path_params["platform"])
    except ValueError:
        raise HTTPException(404) from None
    return render(request, "setup/guide.html", **_page(request, platform))


def _page(request: Request, platform: Platform | None) -> dict[str, Any]:
    reach = reach_of(request, for_others=is_parent(request))
    guide = None if platform is None else guide_for(platform)
    sections: dict[str, list[Shown]] = {}
    if guide is not None:
        named = {
            "by_file": guide.by_file,
            "proxy": guide.proxy,
            "certificate": guide.certificate,
            "check": guide.check,
            "removal": guide.removal,
            "notes": guide.notes,
        }
        sections = {name: [_shown(step, reach) for step in steps] for name, steps in named.items()}
    return {"guide": guide, "sections": sections, "reach": reach, "with_wifi": WITH_WIFI}


def _shown(step: Step, reach: Reach) -> Shown:
    return Shown(step.pieces(reach, _), setup_file(step.file) if step.file else None)
