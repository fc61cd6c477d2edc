"""What `explain` does: get the bytes, send them through the one door, and tell the steps."""

from __future__ import annotations

import asyncio
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table
from rich.text import Text

from geacc_proxy.assembly import Workshop
from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.filter import picture_of
from geacc_proxy.home.building import Builder
from geacc_proxy.home.storage import open_store
from geacc_proxy.images.sniff import sniff
from geacc_proxy.journal import DATABASE_NAME
from geacc_proxy.policy.device import Device
from geacc_proxy.policy.profile import Strictness
from geacc_proxy.verdict import Context, Judgement, Scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from geacc_proxy.models.card import ModelCard
    from geacc_proxy.policy.house import Rules
    from geacc_proxy.settings import Settings

_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Found:
    """Bytes and where they came from.

    Attributes:
        source: the address or path.
        body: the bytes.
        content_type: as declared; empty for a file.
        elapsed_ms: to get them.
    """

    source: str
    body: bytes
    content_type: str
    elapsed_ms: float


def fetch(target: str, cap: int) -> Found:
    """Read a file or an http(s) address, up to one byte beyond `cap`.

    Raises:
        UsageError: it is neither.
        GeaccError: it cannot be read.
    """
    start = time.perf_counter()
    scheme = target.partition("://")[0].lower() if "://" in target else ""
    if scheme in ("http", "https"):
        body, content_type = _download(target, cap)
    elif scheme:
        raise UsageError(f"{target}: neither an http(s) address nor a file")
    else:
        body, content_type = _read(Path(target), cap), ""
    return Found(target, body, content_type, (time.perf_counter() - start) * 1e3)


def _read(path: Path, cap: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(cap + 1)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except OSError as error:
        raise GeaccError(f"{path}: {error.strerror}") from error


def _download(address: str, cap: int) -> tuple[bytes, str]:
    headers = {"Accept": "image/*,*/*;q=0.8", "User-Agent": "geacc-proxy"}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310  (http and https alone: see `fetch`)
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
            return response.read(cap + 1), response.headers.get_content_type()
    except urllib.error.HTTPError as error:
        raise GeaccError(f"{address}: the server answered {error.code} {error.reason}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise GeaccError(f"{address}: {reason}") from error


def rules_of(profile: str, state_dir: Path, strictness: str | None) -> Callable[[Context], Rules]:
    """What holds at home for a profile, and nobody's device.

    Args:
        profile: its name.
        state_dir: where the home is kept; without one the ready-made profiles hold.
        strictness: in the place of the profile's; None for that.

    Raises:
        UsageError: there is no such profile.
        JournalError: the home cannot be read.
    """
    documents = {}
    if (state_dir / DATABASE_NAME).exists():
        store = open_store(state_dir / DATABASE_NAME)
        documents = store.load()
        store.close()
    house = Builder().build(documents)
    if profile not in house.profiles:
        raise UsageError(f"--profile is {profile!r}; there are {', '.join(sorted(house.profiles))}")
    if strictness is not None:
        chosen = replace(house.profiles[profile], strictness=Strictness(strictness))
        house = replace(house, profiles={profile: chosen})
    return lambda context: house.rules(Device("", profile=profile), context.time)


async def judge(
    found: Found, settings: Settings, state_dir: Path, rules: Callable[[Context], Rules]
) -> tuple[Judgement, ModelCard]:
    """Send it through the door.

    Raises:
        GeaccError: the model cannot be loaded.
    """
    workshop = Workshop.of(settings, state_dir)
    try:
        await workshop.pool.warm_up()
        site = urlsplit(found.source).hostname or "" if "://" in found.source else ""
        context = Context(url=found.source, content_type=found.content_type, site=site)
        judgement = await workshop.door(rules).judge(found.body, context)
    finally:
        await asyncio.to_thread(workshop.pool.stop)
    return judgement, workshop.model.card


def tell(found: Found, judgement: Judgement, card: ModelCard, console: Console | None = None) -> None:
    """Print the steps, in the order of the road."""
    console = console or Console(highlight=False)
    steps = Table.grid(padding=(0, 2))
    steps.add_column(style="dim", no_wrap=True)
    steps.add_column(overflow="fold")
    steps.add_column(style="dim", justify="right", no_wrap=True)
    steps.add_row("Source", found.source, f"{found.elapsed_ms:.0f} ms")
    declared = f", declared as {found.content_type}" if found.content_type else ""
    steps.add_row("Body", f"{len(found.body):,} bytes{declared}", "")
    kind = sniff(found.body, found.content_type)
    steps.add_row("Format", f"{kind}, by its first bytes" if kind else "none that a browser shows", "")
    steps.add_row("Digest", judgement.digest or "none", "")
    _tell_verdict(steps, judgement, card)
    _tell_decision(steps, judgement)
    console.print(steps)


def _tell_verdict(steps: Table, judgement: Judgement, card: ModelCard) -> None:
    verdict = judgement.verdict
    picture = picture_of(verdict)
    if not isinstance(verdict, Scores):
        steps.add_row("Judged", f"no: {verdict.detail or verdict.failure}", f"{judgement.elapsed_ms:.0f} ms")
        return
    frames = f", {verdict.frames} views" if verdict.frames > 1 else ""
    steps.add_row("Decoded", f"{picture.width}×{picture.height}{frames}", f"{verdict.decode_ms:.1f} ms")
    scores = "   ".join(f"{label} {score:.3f}" for label, score in verdict.labels)
    steps.add_row("Model", verdict.model, f"{verdict.model_ms:.1f} ms")
    steps.add_row("Scores", scores, "")
    for word, (name, malign) in zip(("First opinion", "Second opinion"), verdict.opinions, strict=False):
        steps.add_row(word, f"malign {malign:.4f}, says {name}", "")
    meaning = "the second opinion counts" if verdict.opinions else f"= {' + '.join(card.malign_labels)}"
    steps.add_row("Malign", f"{verdict.malign:.4f} {meaning}", "")


def _tell_decision(steps: Table, judgement: Judgement) -> None:
    decision = judgement.decision
    steps.add_row("Threshold", f"{decision.threshold:.2f} ({decision.strictness}, for {decision.profile})", "")
    word = Text("HIDDEN", style="bold yellow") if decision.hidden else Text("SHOWN", style="bold green")
    steps.add_row("Decision", Text.assemble(word, f": {decision.reason.explanation}"), f"{judgement.elapsed_ms:.0f} ms")
