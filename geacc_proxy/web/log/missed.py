"""What should have been hidden: by its address or as a file; it is hidden from then on, with its look-alikes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.home import answers
from geacc_proxy.home.fetching import MOST_BYTES, check_address, fetch
from geacc_proxy.policy.override import Scope
from geacc_proxy.verdict import Action, Scores
from geacc_proxy.web.guard import parent_only, site_of
from geacc_proxy.web.i18n import _
from geacc_proxy.web.log.acts import PARENT
from geacc_proxy.web.log.line import certainty, shortened
from geacc_proxy.web.pages import render

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from geacc_proxy.verdict import Verdict


@parent_only
async def ask(request: Request) -> Response:
    """The form."""
    return _page(request, address=request.query_params.get("address", "")[:2048])


@parent_only
async def hide(request: Request) -> Response:
    """Hide it: the very picture, its look-alikes, and whatever comes from its address."""
    form = await request.form()
    address = str(form.get("address", "")).strip()
    upload = form.get("file")
    try:
        if isinstance(upload, UploadFile) and upload.filename:
            return await _hide_bytes(request, await _read(upload), upload.content_type or "", upload.filename)
        if not address:
            raise UsageError(_("Give the picture's address, or choose a file."))
        return await _hide_address(request, check_address(address))
    except UsageError as error:
        return _page(request, problem=str(error), address=address, status=400)
    finally:
        await form.close()


async def _hide_address(request: Request, address: str) -> Response:
    home = site_of(request).home
    try:
        picture = await run_in_threadpool(fetch, address)
    except UsageError:
        raise
    except GeaccError as error:
        # Not to be had just now, or from here: its address can be closed all the same.
        deed = await answers.override(home, PARENT, Action.HIDE, Scope.ADDRESS, address, subject=shortened(address))
        return _page(request, deed=deed, scopes=[Scope.ADDRESS], problem=str(error), subject=shortened(address))
    return await _hide_bytes(request, picture.body, picture.content_type, shortened(address), address)


async def _hide_bytes(request: Request, body: bytes, content_type: str, subject: str, address: str = "") -> Response:
    site = site_of(request)
    found = await site.door.examine(body, content_type)
    values = {Scope.PICTURE: found.digest}
    likeness = found.verdict.likeness if isinstance(found.verdict, Scores) else None
    if likeness is not None:
        values[Scope.LOOK_ALIKES] = f"{likeness:016x}"
    if address:
        values[Scope.ADDRESS] = address
    deed = await answers.overrides(site.home, PARENT, Action.HIDE, values, subject=_line(subject))
    return _page(request, deed=deed, scopes=list(values), verdict=found.verdict, subject=_line(subject))


async def _read(upload: UploadFile) -> bytes:
    body = await upload.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise UsageError(_("The file is larger than {megabytes} MB.", megabytes=MOST_BYTES // 2**20))
    if not body:
        raise UsageError(_("The file is empty."))
    return body


def _line(text: str) -> str:
    """A file's name, as one short line."""
    return "".join(letter for letter in text if letter.isprintable())[:100] or "?"


def _page(
    request: Request,
    *,
    problem: str = "",
    address: str = "",
    status: int = 200,
    deed: int = 0,
    scopes: list[Scope] | None = None,
    verdict: Verdict | None = None,
    subject: str = "",
) -> Response:
    malign = verdict.malign if isinstance(verdict, Scores) else None
    return render(
        request,
        "log/missed.html",
        status=status,
        problem=problem,
        address=address,
        deed=deed,
        scopes=scopes or [],
        judged=verdict is not None,
        malign=malign,
        certainty="" if malign is None else certainty(malign),
        subject=subject,
        most_megabytes=MOST_BYTES // 2**20,
    )
