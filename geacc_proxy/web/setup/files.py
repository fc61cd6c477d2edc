"""The files that set a device up, at addresses that stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

from geacc_proxy.onboarding.files import setup_file
from geacc_proxy.web.guard import is_parent
from geacc_proxy.web.setup.reaching import choices_of, reach_of

if TYPE_CHECKING:
    from starlette.requests import Request

# What devices open by themselves once they see its type; as an attachment it would end among the downloads.
_OPENED = ("application/x-x509-ca-cert", "application/x-apple-aspen-config")


async def download(request: Request) -> Response:
    """One file. A Wi-Fi network's name and password come with a form, so that they are in no address.

    What a parent downloads may be for any device, so it never leads to `localhost`.
    """
    file = setup_file(request.path_params["name"])
    if file is None or file.needs_tunnel:
        raise HTTPException(404)
    form = await request.form() if request.method == "POST" else {}
    ssid, password = (str(form.get(name, "")).strip() for name in ("ssid", "wifi_password"))
    reach = reach_of(request, for_others=is_parent(request))
    content = file.make(reach, choices_of(request, ssid=ssid, wifi_password=password))
    manner = "inline" if file.media_type in _OPENED else "attachment"
    return Response(
        content,
        media_type=file.media_type,
        headers={"Content-Disposition": f'{manner}; filename="{file.name}"'},
    )


async def automatic(request: Request) -> Response:
    """The PAC file, as browsers and systems load it by themselves."""
    file = setup_file(request.url.path.removeprefix("/"))
    if file is None:
        raise HTTPException(404)
    return Response(file.make(reach_of(request), choices_of(request)), media_type=file.media_type)
