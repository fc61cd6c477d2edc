"""What `doctor` does: look at the running proxy, at what it keeps, and at what it makes of two test pictures."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import stat
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from geacc_proxy.cli.checkup_road import Address, Answer, Road, fetch_page
from geacc_proxy.exceptions import GeaccError
from geacc_proxy.onboarding import self_test
from geacc_proxy.onboarding.reach import checked_host

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryptography.x509 import Certificate

    from geacc_proxy.settings import Settings

_SOON = timedelta(days=30)
_MUCH_FREE = 2**30
_LEAST_FREE = 100 * 2**20
_CLOCK_SLACK_S = 120
_CERTIFICATE = "mitmproxy-ca-cert.pem"
_KEY = "mitmproxy-ca.pem"


class State(StrEnum):
    """How a check came out."""

    WELL = "well"
    WARNING = "warning"
    FAILED = "failed"


_MARKS = {State.WELL: "✓", State.WARNING: "!", State.FAILED: "✗"}
_PLAIN_MARKS = {State.WELL: "+", State.WARNING: "!", State.FAILED: "x"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        check: its name, one word or two.
        state: how it came out.
        words: what was found and, where it is not well, what to do.
    """

    check: str
    state: State
    words: str


def examine(settings: Settings, state_dir: Path) -> list[Finding]:
    """Make all checks; nothing is changed, and nothing leaves this machine.

    Args:
        settings: where the proxy should be, and with which model.
        state_dir: its state directory; never made here.

    Raises:
        UsageError: the host is no name and no address.
        GeaccError: nothing answers where the proxy should be.
    """
    host = checked_host(_reachable(settings.host))
    pages = Address(host, settings.admin_port)
    health = _health(pages)
    running = _running(pages, health)
    model = _guarded("model", lambda: _model(settings, state_dir))
    return [
        running,
        _clock(health),
        _guarded("certificate", lambda: _certificate(state_dir, pages)),
        _guarded("key", lambda: _key(state_dir)),
        _guarded("block log", lambda: _database(state_dir)),
        _guarded("disk", lambda: _disk(state_dir)),
        model,
        *_road(settings, Address(host, settings.port), state_dir, model.state is State.WELL),
    ]


def write_lines(findings: Sequence[Finding]) -> int:
    """Print a line a check; 0 unless one of them failed, else 1."""
    marks = _MARKS if _can_print(_MARKS.values()) else _PLAIN_MARKS
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        line = f"{marks[finding.state]} {finding.check.ljust(width)}  {' '.join(finding.words.split())}\n"
        sys.stdout.write(line if _can_print([line]) else line.encode("ascii", "replace").decode())
    return _exit_code(findings)


def write_json(findings: Sequence[Finding]) -> int:
    """Print one object: `well`, and `checks` with `check`, `state` and `words` each; the code as for lines."""
    checks = [{"check": one.check, "state": one.state, "words": one.words} for one in findings]
    sys.stdout.write(json.dumps({"well": not _exit_code(findings), "checks": checks}, indent=2) + "\n")
    return _exit_code(findings)


def _exit_code(findings: Sequence[Finding]) -> int:
    return int(any(finding.state is State.FAILED for finding in findings))


def _can_print(texts: object) -> bool:
    try:
        "".join(texts).encode(sys.stdout.encoding or "ascii")  # type: ignore[arg-type]
    except UnicodeEncodeError:
        return False
    return True


def _reachable(host: str) -> str:
    """An address that leads to whatever listens on `host`."""
    if host in ("", "0.0.0.0"):  # noqa: S104  compared with, not bound
        return "127.0.0.1"
    return "::1" if host == "::" else host


def _guarded(check: str, look: Callable[[], Finding]) -> Finding:
    """What a check found; a person's trouble is a finding, not the end of all other checks."""
    try:
        return look()
    except GeaccError as error:
        return Finding(check, State.FAILED, str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return Finding(check, State.FAILED, f"{where}{error.strerror or error}")


def _health(pages: Address) -> Answer:
    try:
        return fetch_page(pages, "/healthz")
    except OSError as error:
        raise GeaccError(
            f"nothing answers at {pages.url}/healthz ({error.strerror or error}); start it with `geacc-proxy run`, "
            "or say where it is with --host and --admin-port"
        ) from error


def _running(pages: Address, health: Answer) -> Finding:
    try:
        status = json.loads(health.body)["status"]
    except (ValueError, KeyError, TypeError):
        raise GeaccError(
            f"what answers at {pages.url}/healthz is not geacc-proxy; say where it is with --host and --admin-port"
        ) from None
    if health.status == 200 and status == "ok":
        return Finding("running", State.WELL, f"geacc-proxy answers at {pages.url}")
    return Finding("running", State.FAILED, f"geacc-proxy answers at {pages.url}, but is {status}: see its log")


def _clock(health: Answer) -> Finding:
    """Compared with the proxy's, and with the moment at which this program was installed."""
    now = time.time()
    installed = Path(__file__).stat().st_mtime
    if now < installed - _CLOCK_SLACK_S:
        return Finding(
            "clock",
            State.FAILED,
            f"this machine's clock says {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, which is before geacc-proxy was "
            "installed; set it, or certificates and schedules go wrong",
        )
    try:
        theirs = parsedate_to_datetime(health.header("date")).timestamp()
    except ValueError:
        theirs = now
    if abs(theirs - now) > _CLOCK_SLACK_S:
        return Finding(
            "clock",
            State.FAILED,
            f"the proxy's clock and this machine's are {abs(theirs - now):.0f} s apart; set them, or certificates and "
            "schedules go wrong",
        )
    return Finding("clock", State.WELL, f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}")


def _certificate(state_dir: Path, pages: Address) -> Finding:
    from cryptography.x509 import load_pem_x509_certificate

    path = state_dir / "ca" / _CERTIFICATE
    try:
        pem = path.read_bytes()
        certificate = load_pem_x509_certificate(pem)
    except FileNotFoundError:
        return Finding(
            "certificate",
            State.FAILED,
            f"{path}: no such file; say with --state-dir where the running proxy keeps its own",
        )
    except ValueError:
        return Finding("certificate", State.FAILED, f"{path} holds no certificate; move the folder away and run again")
    served = fetch_page(pages, "/cert/geacc-proxy-ca.pem")
    if served.status == 200 and not _same(served.body, certificate):
        return Finding(
            "certificate",
            State.FAILED,
            f"the running proxy has another certificate than {path}; say with --state-dir where it keeps its own",
        )
    return _validity(certificate)


def _same(pem: bytes, certificate: Certificate) -> bool:
    from cryptography.x509 import load_pem_x509_certificate

    try:
        return load_pem_x509_certificate(pem) == certificate
    except ValueError:
        return False


def _validity(certificate: Certificate) -> Finding:
    now, end = datetime.now(UTC), certificate.not_valid_after_utc
    if now < certificate.not_valid_before_utc:
        begin = certificate.not_valid_before_utc
        return Finding(
            "certificate", State.FAILED, f"not valid before {begin:%Y-%m-%d}; is this machine's clock right?"
        )
    if now > end:
        return Finding("certificate", State.FAILED, f"expired on {end:%Y-%m-%d}; devices need a new one")
    state = State.WELL if end - now > _SOON else State.WARNING
    return Finding("certificate", state, f"{certificate.subject.rfc4514_string()}, valid until {end:%Y-%m-%d}")


def _key(state_dir: Path) -> Finding:
    """Its file's mode alone: the key itself is not read."""
    folder = state_dir / "ca"
    key = folder / _KEY
    try:
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, key)}
    except FileNotFoundError:
        return Finding("key", State.FAILED, f"{key}: no such file; move {folder} away to have both made anew")
    if os.name == "posix":
        for path, mode in modes.items():
            if mode & 0o077:
                right = "700" if path == folder else "600"
                return Finding("key", State.FAILED, f"{path} can be read by others ({mode:o}); chmod {right} {path}")
    return Finding("key", State.WELL, "readable by its owner alone")


def _database(state_dir: Path) -> Finding:
    from geacc_proxy.journal import DATABASE_NAME
    from geacc_proxy.journal.reader import Reader

    path = state_dir / DATABASE_NAME
    if not path.exists():
        return Finding("block log", State.FAILED, f"{path}: no such file; is --state-dir the running proxy's?")
    with Reader.open(path) as reader:
        newest = next(reader.query(limit=1), None)
    size = f"{path.stat().st_size / 2**20:.1f} MiB"
    last = f"last line of {newest.time.astimezone():%Y-%m-%d %H:%M}" if newest else "no lines yet"
    return Finding("block log", State.WELL, f"{size}, {last}")


def _disk(state_dir: Path) -> Finding:
    free = shutil.disk_usage(state_dir).free
    if free >= _MUCH_FREE:
        return Finding("disk", State.WELL, f"{free / 2**30:.1f} GiB free")
    state = State.WARNING if free >= _LEAST_FREE else State.FAILED
    return Finding("disk", state, f"{free / 2**20:.0f} MiB free in {state_dir}; free some space")


def _model(settings: Settings, state_dir: Path) -> Finding:
    """In a worker of doctor's own: the same model, decoders and sandbox."""
    from geacc_proxy.cli.prediction import judge_files
    from geacc_proxy.models import registry

    installed = registry.find(settings.model or None, state_dir)
    pictures = [Path(self_test.__file__).with_name(name) for name in ("malign.png", "benign.png")]
    malign, benign = asyncio.run(judge_files(pictures, settings, state_dir))
    name = installed.card.identity
    for one in (malign, benign):
        if one.problem:
            return Finding("model", State.FAILED, f"{name} cannot judge a test picture: {one.problem}")
    scores = f"{name}: {malign.malign:.2f} for the malign test picture, {benign.malign:.2f} for the benign one"
    if malign.prediction == "malign" and benign.prediction == "benign":
        return Finding("model", State.WELL, scores)
    if installed.card.name == registry.EMBEDDED_STEM:
        return Finding("model", State.FAILED, f"{scores}; that is wrong: install geacc-proxy anew")
    return Finding("model", State.WARNING, f"{scores}; the pictures were made for the embedded model, so no proof")


def _road(settings: Settings, proxy: Address, state_dir: Path, knows_picture: bool) -> list[Finding]:
    if settings.mode != "regular" and not settings.mode.startswith("upstream:"):
        words = (
            f"cannot be checked from here in the mode {settings.mode}; open http://geacc.internal/self-test on a device"
        )
        return [Finding("filtering", State.WARNING, words)]
    with Road.open(proxy, state_dir / "ca" / _CERTIFICATE) as road:
        try:
            malign, benign = road.plain("/malign.png"), road.plain("/benign.png")
        except OSError as error:
            words = f"no proxy answers at {proxy.url} ({error.strerror or error}); say its port with --port"
            return [Finding("filtering", State.FAILED, words)]
        told = _told(road)
        return [
            _verdict("filtering", malign, benign, told, knows_picture),
            _secure(road, told, knows_picture),
            _quic(malign, benign),
            _doh(road, told),
        ]


@dataclass(frozen=True, slots=True)
class _Told:
    """What the proxy says of the device that asks; None where it says nothing."""

    filtering: bool | None = None
    doh_refused: bool | None = None


def _told(road: Road) -> _Told:
    try:
        answer = road.reserved("/self-test/state.json")
        said = json.loads(answer.body) if answer.status == 200 else {}
    except (OSError, ValueError):
        return _Told()
    if not isinstance(said, dict):
        return _Told()
    flags = [said.get(key) if isinstance(said.get(key), bool) else None for key in ("filtering", "doh_refused")]
    return _Told(*flags)


def _quic(*answers: Answer) -> Finding:
    if any(answer.header("alt-svc") for answer in answers):
        words = "the proxy lets sites offer HTTP/3 (Alt-Svc), by which browsers go round it"
        return Finding("QUIC", State.FAILED, words)
    return Finding("QUIC", State.WELL, "offers of HTTP/3 are taken out")


def _secure(road: Road, told: _Told, knows_picture: bool) -> Finding:
    try:
        malign = road.secure("/self-test/malign.png")
        benign = road.secure("/self-test/benign.png")
    except OSError as error:
        words = f"not checked: the proxy does not answer for https://geacc.internal/ ({error})"
        return Finding("filtering TLS", State.WARNING, words)
    if malign.status != 200 or benign.status != 200:
        words = f"not checked: https://geacc.internal/self-test/ answers {malign.status}"
        return Finding("filtering TLS", State.WARNING, words)
    return _verdict("filtering TLS", malign, benign, told, knows_picture)


def _verdict(check: str, malign: Answer, benign: Answer, told: _Told, knows_picture: bool) -> Finding:
    if benign.status != 200 or malign.status != 200:
        status = benign.status if benign.status != 200 else malign.status
        words = f"the proxy answers {status} for a test picture; can it reach this machine at 127.0.0.1?"
        return Finding(check, State.FAILED, words)
    if benign.body != self_test.benign():
        return Finding(check, State.FAILED, "the benign test picture came changed; see the block log for the reason")
    if malign.body != self_test.malign():
        return Finding(check, State.WELL, "the malign test picture was hidden, the benign one came untouched")
    if told.filtering is False:
        words = "off for this machine: the malign test picture came through; see its profile on the admin pages"
        return Finding(check, State.WARNING, words)
    if not knows_picture:
        return Finding(check, State.WARNING, "no proof: the model does not call the malign test picture malign")
    return Finding(check, State.FAILED, "the malign test picture came through untouched")


def _doh(road: Road, told: _Told) -> Finding:
    """Asked of the proxy first, so that nobody outside is contacted where it does not claim to refuse."""
    if told.doh_refused is None:
        return Finding("DoH", State.WARNING, "the proxy does not say whether it refuses servers of DNS over HTTPS")
    if not told.doh_refused:
        return Finding(
            "DoH", State.WARNING, "servers of DNS over HTTPS are not refused; apps can look up names by them"
        )
    if road.refuses("dns.google"):
        return Finding("DoH", State.WELL, "servers of DNS over HTTPS are refused")
    return Finding(
        "DoH", State.FAILED, "the proxy says that it refuses servers of DNS over HTTPS, but lets dns.google by"
    )
