"""What `run` tells: where it is, and one quiet line for each hidden picture."""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import urlsplit

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from geacc_proxy.filter import picture_of
from geacc_proxy.verdict import Scores

if TYPE_CHECKING:
    from pathlib import Path

    from geacc_proxy.models.card import ModelCard
    from geacc_proxy.settings import Settings
    from geacc_proxy.verdict import Context, Judgement


@dataclass(frozen=True, slots=True)
class Start:
    """What a person wants to know once the proxy is up.

    Attributes:
        proxy: address to point a browser at.
        admin: address of the pages.
        certificate: the certificate's file.
        model: name and version.
        strictness: the word.
        threshold: malign score from which pictures are hidden.
        false_alarms: measured share of harmless pictures hidden at that threshold, None where nobody measured.
        workers: processes that judge.
        start_code: what sets the first password from another device; empty where there is one.
    """

    proxy: str
    admin: str
    certificate: str
    model: str
    strictness: str
    threshold: float
    false_alarms: float | None
    workers: int
    start_code: str = ""

    @property
    def first_page(self) -> str:
        """Where a phone that has read the code sets the first password."""
        return f"{self.admin}start?code={self.start_code}"

    @classmethod
    def of(cls, settings: Settings, card: ModelCard, certificate: Path, workers: int, *, start_code: str = "") -> Self:
        """Gather it."""
        host = settings.host or _own_address()
        threshold = card.thresholds[settings.strictness]
        return cls(
            f"{_bracketed(host)}:{settings.port}",
            f"http://{_bracketed(host)}:{settings.admin_port}/",
            str(certificate),
            card.identity,
            settings.strictness,
            threshold.malign,
            threshold.false_alarm_rate,
            workers,
            start_code,
        )


class Announcer(Protocol):
    """Tells a person or a machine what happens."""

    def started(self, start: Start) -> None:
        """The proxy is up."""

    def hidden(self, judgement: Judgement, context: Context) -> None:
        """A picture was hidden."""

    def stopped(self) -> None:
        """The proxy has ended cleanly."""


class JsonAnnouncer:
    """JSON lines on standard output; each has an `event`."""

    def started(self, start: Start) -> None:
        """One line with all of `start`."""
        self._line({"event": "started", **asdict(start)})

    def hidden(self, judgement: Judgement, context: Context) -> None:
        """One line in the words of the block log."""
        from geacc_proxy.journal.entry import Entry

        self._line({"event": "hidden", **Entry.of(judgement, context).to_json()})

    def stopped(self) -> None:
        """One line."""
        self._line({"event": "stopped"})

    def _line(self, fields: dict[str, object]) -> None:
        sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")
        sys.stdout.flush()


class TerminalAnnouncer:
    """A panel at the start, then a line a picture."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)

    def started(self, start: Start) -> None:
        """Where it listens, how to use it, who judges."""
        facts = Table.grid(padding=(0, 2))
        facts.add_column(style="dim", no_wrap=True)
        facts.add_column(overflow="fold")
        facts.add_row("Proxy", Text(start.proxy, style="bold"))
        facts.add_row("Pages", Text(start.admin, style="bold"))
        facts.add_row("Devices", "“Add a device” on the pages shows each the way, and brings the certificate")
        facts.add_row("Certificate", Text(start.certificate))
        facts.add_row("Model", start.model)
        facts.add_row("Strictness", _strictness(start))
        self._console.print(
            Panel(
                facts,
                title="geacc-proxy is filtering",
                title_align="left",
                border_style="green",
                expand=False,
            ),
            soft_wrap=False,
        )
        if start.start_code:
            self._first_start(start)
        self._console.print("Each hidden picture is a line here. Ctrl-C stops.", style="dim")

    def _first_start(self, start: Start) -> None:
        """How the first password is set: here, or with the code from a phone."""
        self._console.print()
        self._console.print(
            Text.assemble(
                "Open the pages and choose a password. From another device they ask for the code ",
                (start.start_code, "bold"),
                ".",
            )
        )
        if self._console.is_terminal and not _is_local(start.admin):
            from geacc_proxy.onboarding.qr import qr_terminal

            self._console.print(Text("A phone's camera brings both:"))
            self._console.print(Text.from_ansi(qr_terminal(start.first_page)), soft_wrap=True)

    def hidden(self, judgement: Judgement, context: Context) -> None:
        """Time, device, site, size, reason."""
        picture = picture_of(judgement.verdict)
        line = Text.assemble(
            (context.time.astimezone().strftime("%H:%M:%S"), "dim"),
            "  hidden  ",
            (urlsplit(context.url).hostname or context.url, "cyan"),
            f"  {picture.width}×{picture.height} {picture.format}" if picture.width else "",
            "  ",
            (_why(judgement), "yellow"),
            (f"  for {context.device}" if context.device else "", "dim"),
        )
        self._console.print(line, soft_wrap=True)

    def stopped(self) -> None:
        """A last word."""
        self._console.print("Stopped.", style="dim")


def _is_local(address: str) -> bool:
    """Whether only this machine reaches it."""
    host = urlsplit(address).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _strictness(start: Start) -> str:
    text = f"{start.strictness}: hides from a malign score of {start.threshold:.2f}"
    if start.false_alarms is None:
        return text
    return f"{text}; {start.false_alarms:.1%} of harmless photos with it"


def _why(judgement: Judgement) -> str:
    if isinstance(judgement.verdict, Scores):
        return f"malign {judgement.verdict.malign:.2f}"
    return judgement.decision.reason.explanation


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _own_address() -> str:
    """The address that other devices at home reach this machine by; nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1 (RFC 5737); connecting UDP sends no packet
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
