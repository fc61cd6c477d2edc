"""A parent's answers that stand above the model's, and what a parent has put right with them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Self

from fastapi import APIRouter, HTTPException, Path
from pydantic import Field

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import answers, corrections
from geacc_proxy.home.alike import addresses_of
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home
from geacc_proxy.home.tokens import Scope
from geacc_proxy.journal import DATABASE_NAME
from geacc_proxy.policy import override as policy
from geacc_proxy.verdict import Action
from geacc_proxy.web.api.access import Caller, needs
from geacc_proxy.web.api.shapes import Done, Given, Key, Line, Moment, Told

router = APIRouter(tags=["answers"])
_Key = Annotated[str, Path(max_length=64, description="The answer's key.", examples=["0123456789abcdef"])]


class Answer(Told):
    """One answer."""

    key: str = Field(examples=["0123456789abcdef"])
    action: Action
    scope: policy.Scope
    value: str = Field(description="Digest; perceptual hash as 16 hexadecimal digits; host; or address.")
    device: str = Field(description="Key of the device that it holds for; empty for all.")
    until: Moment | None = Field(description="When it ends; null for never.")
    made: Moment | None
    subject: str = Field(description="What the audit trail calls it.")

    @classmethod
    def of(cls, given: policy.Override, home: Home) -> Self:
        """As it is told."""
        subject = str((home.document(Kind.OVERRIDE, given.key) or {}).get("subject", ""))
        fields = {name: getattr(given, name) for name in cls.model_fields if name != "subject"}
        return cls.model_validate(fields | {"subject": subject})


class NewAnswer(Given):
    """What is to hold from now on."""

    action: Action = Field(
        strict=False, description="A site can only be shown or opened; profiles have lists of sites to close."
    )
    scope: policy.Scope = Field(strict=False)
    value: str = Field(
        min_length=1,
        max_length=4096,
        examples=["example.com"],
        description="Digest; perceptual hash as 16 hexadecimal digits; host; or address.",
    )
    device: Key = Field("", description="Key of the device that it holds for; empty for all.")
    until: Moment | None = Field(None, description="When it ends; null for never.")
    subject: Line = Field("", description="What the audit trail calls it; the value where empty.")


class Correction(Told):
    """What a parent has said of a picture, as a label for `evaluate` and `train`."""

    label: str = Field(examples=["benign", "malign"])
    digest: str = Field(description="BLAKE2b-128 of its bytes; empty where the answer is about an address alone.")
    address: str = Field(description="Where it came from; empty where that is not known.")
    likeness: str = Field(description="Its perceptual hash, 16 hexadecimal digits; empty where unknown.")
    made: Moment | None


@router.get("/answers", summary="The answers in force")
async def list_answers(caller: Annotated[Caller, needs(Scope.LOG, Scope.REQUESTS)]) -> list[Answer]:
    """Scope: `log` or `requests`. The newest comes first."""
    return [Answer.of(given, caller.home) for given in answers.active(caller.home)]


@router.post("/answers", summary="Have something shown or hidden", status_code=201)
async def add_answer(caller: Annotated[Caller, needs(Scope.REQUESTS)], new: NewAnswer) -> Done:
    """Scope: `requests`. It holds at once."""
    home = caller.home
    if new.device and new.device not in home.house.devices:
        raise UsageError(f"device: there is no device {new.device[:70]!r}")
    deed = await answers.override(
        home,
        caller.who,
        new.action,
        new.scope,
        new.value,
        device=new.device,
        until=new.until,
        subject=new.subject,
    )
    return Done(deed=deed)


@router.delete("/answers/{key}", summary="Take an answer back")
async def remove_answer(caller: Annotated[Caller, needs(Scope.REQUESTS)], key: _Key) -> Done:
    """Scope: `requests`."""
    if caller.home.document(Kind.OVERRIDE, key) is None:
        raise HTTPException(404, f"there is no answer {key[:70]!r}")
    return Done(deed=await answers.remove(caller.home, caller.who, key))


@router.get("/corrections", summary="What a parent has put right, as a labelled set")
async def list_corrections(caller: Annotated[Caller, needs(Scope.LOG)]) -> list[Correction]:
    """Scope: `log`. Addresses and digests alone; no picture is fetched."""
    given = corrections.corrections(caller.home)
    digests = {correction.digest for correction in given if correction.digest and not correction.address}
    known = await asyncio.to_thread(addresses_of, caller.site.state_dir / DATABASE_NAME, digests)
    located = corrections.located(given, lambda digest: known.get(digest, ""))
    return [Correction.model_validate(correction) for correction in located]
