"""`geacc-proxy doctor`: what it says of a proxy that is well, and of one that is not."""

from __future__ import annotations

import contextlib
import email.utils
import io
import json
import shutil
import ssl
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from geacc_proxy.cli import checkup
from geacc_proxy.cli.checkup import Finding, State, examine, write_json, write_lines
from geacc_proxy.cli.doctor import doctor
from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.images.placeholder import placeholder
from geacc_proxy.journal import DATABASE_NAME
from geacc_proxy.journal.database import prepare
from geacc_proxy.models.card import format_card
from geacc_proxy.models.registry import find
from geacc_proxy.onboarding import self_test
from geacc_proxy.settings import Settings
from tests.e2e.processes import free_port, running_geacc_proxy

HIDDEN = placeholder(self_test.WIDTH, self_test.HEIGHT)
ALL_WELL = {"through_proxy": True, "filtering": True, "doh_refused": True}


@dataclass
class Double:
    """A double of pages and proxy in one server.

    Attributes:
        pem: the certificate that the pages give.
        tls: the certificate that it shows in tunnels, by which it also answers for its own name.
        malign: what becomes of the malign picture.
        benign: what becomes of the benign one.
        state: what it says of the device; None: nothing.
        health: body of `/healthz`.
        date: of the answers, seconds since 1970; None: now.
        alt_svc: whether offers of HTTP/3 are let through.
        refused: hosts that get no tunnel.
        closed: status of what is closed within a tunnel.
    """

    pem: bytes
    tls: ssl.SSLContext
    malign: bytes = HIDDEN
    benign: bytes = field(default_factory=self_test.benign)
    state: dict[str, Any] | None = field(default_factory=lambda: dict(ALL_WELL))
    health: bytes = b'{"status": "ok"}'
    date: float | None = None
    alt_svc: bool = False
    refused: set[str] = field(default_factory=lambda: {"dns.google"})
    closed: int = 200

    def body(self, path: str) -> bytes | None:
        name = path.rpartition("/")[2]
        if name == "state.json":
            return None if self.state is None else json.dumps(self.state).encode()
        pages = {"healthz": self.health, "geacc-proxy-ca.pem": self.pem, "": b"welcome"}
        return (pages | {"malign.png": self.malign, "benign.png": self.benign}).get(name)


@contextlib.contextmanager
def running(double: Double) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = double.body(self.path)
            self.send_response(404 if body is None else double.closed if self.path == "/" else 200)
            if double.closed == 302:
                self.send_header("Location", "http://geacc.internal/closed")
            self.send_header("Content-Length", str(len(body or b"")))
            if double.alt_svc:
                self.send_header("Alt-Svc", 'h3=":443"')
            self.end_headers()
            self.wfile.write(body or b"")

        def do_CONNECT(self) -> None:
            if self.path.partition(":")[0] in double.refused:
                self.send_error(403)
                return
            self.send_response(200)
            self.end_headers()
            # The other side may trust another authority.
            with (
                contextlib.suppress(OSError),
                double.tls.wrap_socket(self.connection, server_side=True) as tunnel,
            ):
                self.rfile, self.wfile = tunnel.makefile("rb"), tunnel.makefile("wb", 0)
                self.handle_one_request()
            self.close_connection = True

        def date_time_string(self, timestamp: float | None = None) -> str:
            return email.utils.formatdate(double.date, usegmt=True)

        def finish(self) -> None:
            with contextlib.suppress(OSError, ValueError):  # the tunnel has closed the files already
                super().finish()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def double(authority: trustme.CA) -> Double:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("geacc.internal", "dns.google").configure_cert(context)
    return Double(authority.cert_pem.bytes(), context)


@pytest.fixture
def state(tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory in order, with a model that is known to be well: another test tries it."""
    folder = tmp_path / "state"
    keep_authority(folder, authority)
    prepare(folder / DATABASE_NAME)
    monkeypatch.setattr(checkup, "_model", lambda *_: Finding("model", State.WELL, "knows both pictures"))
    return folder


def keep_authority(folder: Path, authority: trustme.CA) -> None:
    ca = folder / "ca"
    ca.mkdir(mode=0o700, parents=True)
    (ca / "mitmproxy-ca-cert.pem").write_bytes(authority.cert_pem.bytes())
    (ca / "mitmproxy-ca.pem").write_bytes(authority.private_key_pem.bytes())
    (ca / "mitmproxy-ca.pem").chmod(0o600)


def found(double: Double, state: Path, **settings: Any) -> dict[str, Finding]:
    with running(double) as port:
        chosen = Settings(host="127.0.0.1", port=port, admin_port=port, **settings)
        return {finding.check: finding for finding in examine(chosen, state)}


def states(findings: dict[str, Finding]) -> dict[str, str]:
    """What is not well."""
    return {name: one.state.value for name, one in findings.items() if one.state is not State.WELL}


@pytest.mark.xdist_group("predict")
def test_a_running_proxy_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    upstream = tmp_path / "upstream.pem"
    trustme.CA().cert_pem.write_to_path(upstream)
    with running_geacc_proxy(tmp_path, upstream) as proxy:
        code = doctor("127.0.0.1", proxy.port, proxy.admin_port, proxy.state, None, as_json=True)

    said = json.loads(capsys.readouterr().out)
    checks = {check["check"]: check for check in said["checks"]}
    assert (code, said["well"]) == (0, True), said
    for name in ("running", "clock", "certificate", "key", "block log", "disk", "model", "filtering", "QUIC"):
        assert checks[name]["state"] == "well", checks[name]
    assert "nsfwjs-mobilenet_v2" in checks["model"]["words"]
    assert checks["filtering TLS"]["state"] in ("well", "warning")


def test_all_is_well_with_a_proxy_that_answers_for_its_own_name(double: Double, state: Path) -> None:
    findings = found(double, state)

    assert states(findings) == {}
    assert findings.keys() >= {"filtering", "filtering TLS", "QUIC", "DoH", "model", "key", "certificate"}


def test_where_nothing_runs_it_says_so_in_one_line(state: Path) -> None:
    port = free_port()
    with pytest.raises(GeaccError, match=f"nothing answers at http://127.0.0.1:{port}/healthz") as refused:
        examine(Settings(admin_port=port), state)

    assert refused.value.exit_code == 1
    assert "\n" not in str(refused.value)


def test_pages_without_a_proxy_are_one_line(double: Double, state: Path) -> None:
    with running(double) as port:
        findings = examine(Settings(host="127.0.0.1", port=free_port(), admin_port=port), state)

    (finding,) = (one for one in findings if one.state is not State.WELL)
    assert finding.check == "filtering"
    assert "--port" in finding.words


@pytest.mark.parametrize("health", [b"<html>", b"[]", b'{"state": 1}', b"\xff"])
def test_something_else_on_the_port_is_told_apart(double: Double, state: Path, health: bytes) -> None:
    double.health = health
    with pytest.raises(GeaccError, match="is not geacc-proxy"):
        found(double, state)


@pytest.mark.parametrize("host", ["a b", "a..b", "x/y"])
def test_a_host_that_is_none_is_wrong_use(state: Path, host: str) -> None:
    with pytest.raises(UsageError):
        examine(Settings(host=host), state)


def test_a_malign_picture_that_comes_through_fails_on_both_ways(double: Double, state: Path) -> None:
    double.malign = self_test.malign()

    assert states(found(double, state)) == {"filtering": "failed", "filtering TLS": "failed"}


def test_a_filter_that_is_off_for_this_machine_is_a_warning(double: Double, state: Path) -> None:
    double.malign, double.state = self_test.malign(), {**ALL_WELL, "filtering": False}

    assert states(found(double, state)) == {"filtering": "warning", "filtering TLS": "warning"}


def test_a_model_that_does_not_know_the_picture_proves_nothing(
    double: Double, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    double.malign = self_test.malign()
    monkeypatch.setattr(checkup, "_model", lambda *_: Finding("model", State.WARNING, "another model"))

    assert states(found(double, state)) == dict.fromkeys(("model", "filtering", "filtering TLS"), "warning")


def test_a_benign_picture_must_come_byte_for_byte(double: Double, state: Path) -> None:
    double.benign = self_test.benign() + b"\0"

    assert states(found(double, state)) == {"filtering": "failed", "filtering TLS": "failed"}


def test_offers_of_http3_must_not_come_through(double: Double, state: Path) -> None:
    double.alt_svc = True

    assert states(found(double, state)) == {"QUIC": "failed"}


def test_a_proxy_without_a_name_of_its_own_is_not_checked_over_tls(double: Double, state: Path) -> None:
    double.refused, double.state = {"geacc.internal"}, None

    findings = found(double, state)
    assert states(findings) == {"filtering TLS": "warning", "DoH": "warning"}
    assert "403" in findings["filtering TLS"].words


def test_refusing_name_servers_is_not_believed_without_a_try(double: Double, state: Path) -> None:
    double.refused = set()

    assert states(found(double, state)) == {"DoH": "failed"}


@pytest.mark.parametrize("status", [302, 403])
def test_name_servers_may_be_closed_within_the_tunnel(double: Double, state: Path, status: int) -> None:
    double.refused, double.closed = set(), status

    assert states(found(double, state)) == {}


def test_open_name_servers_are_told_without_asking_them(double: Double, state: Path) -> None:
    double.state = {**ALL_WELL, "doh_refused": False}

    assert states(found(double, state)) == {"DoH": "warning"}


@pytest.mark.parametrize("said", [{"filtering": "no"}, ["filtering"], "text", None])
def test_what_the_proxy_says_of_the_device_may_be_anything(double: Double, state: Path, said: Any) -> None:
    double.state = said

    assert states(found(double, state)) == {"DoH": "warning"}


def test_a_key_that_others_can_read_is_told_with_the_remedy(double: Double, state: Path) -> None:
    key = state / "ca" / "mitmproxy-ca.pem"
    key.chmod(0o644)

    finding = found(double, state)["key"]
    assert finding.state is State.FAILED
    assert f"chmod 600 {key}" in finding.words


def test_another_state_directory_than_the_proxys_is_noticed(double: Double, state: Path) -> None:
    double.pem = trustme.CA().cert_pem.bytes()

    finding = found(double, state)["certificate"]
    assert finding.state is State.FAILED
    assert "--state-dir" in finding.words


@pytest.mark.parametrize(
    ("days", "expected"), [(-1, State.FAILED), (10, State.WARNING), (400, State.WELL)], ids=["expired", "soon", "long"]
)
def test_the_certificates_end_is_seen_in_time(
    double: Double, state: Path, monkeypatch: pytest.MonkeyPatch, authority: trustme.CA, days: int, expected: State
) -> None:
    from cryptography.x509 import load_pem_x509_certificate

    end = load_pem_x509_certificate(authority.cert_pem.bytes()).not_valid_after_utc

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return (end - timedelta(days=days)).astimezone(tz)

    monkeypatch.setattr(checkup, "datetime", Clock)
    assert found(double, state)["certificate"].state is expected


def test_an_empty_state_directory_is_told_check_by_check_and_stays_empty(double: Double, state: Path) -> None:
    shutil.rmtree(state)
    state.mkdir()

    assert states(found(double, state)) == {
        **dict.fromkeys(("certificate", "key", "block log"), "failed"),
        "filtering TLS": "warning",
    }
    assert list(state.iterdir()) == []


def test_a_damaged_block_log_is_one_line(double: Double, state: Path) -> None:
    (state / DATABASE_NAME).write_bytes(b"no database" * 1000)

    finding = found(double, state)["block log"]
    assert finding.state is State.FAILED
    assert "\n" not in finding.words


@pytest.mark.parametrize(("free", "expected"), [(50, State.FAILED), (500, State.WARNING), (5000, State.WELL)])
def test_little_space_is_told(
    double: Double, state: Path, monkeypatch: pytest.MonkeyPatch, free: int, expected: State
) -> None:
    usage = shutil.disk_usage(state)._replace(free=free * 2**20)
    monkeypatch.setattr(checkup.shutil, "disk_usage", lambda _: usage)

    assert found(double, state)["disk"].state is expected


def test_clocks_that_differ_are_told(double: Double, state: Path) -> None:
    double.date = (datetime.now(UTC) - timedelta(hours=1)).timestamp()

    assert states(found(double, state)) == {"clock": "failed"}


def test_a_proxy_that_is_not_healthy_fails(double: Double, state: Path) -> None:
    double.health = b'{"status": "unhealthy"}'

    assert states(found(double, state)) == {"running": "failed"}


def test_a_mode_without_a_proxy_port_is_not_checked(double: Double, state: Path) -> None:
    findings = found(double, state, mode="wireguard")

    assert states(findings) == {"filtering": "warning"}
    assert "geacc.internal/self-test" in findings["filtering"].words


@pytest.mark.xdist_group("predict")
def test_a_model_that_calls_other_pictures_malign_is_a_warning(tmp_path: Path) -> None:
    embedded = find("embedded")
    shutil.copy(embedded.path, tmp_path / "contrary.tflite")
    card = replace(embedded.card, name="contrary", file="contrary.tflite", malign_labels=("drawing", "neutral"))
    (tmp_path / "contrary.toml").write_text(format_card(card), encoding="utf-8")

    finding = checkup._model(Settings(model=str(tmp_path / "contrary.tflite")), tmp_path)

    assert finding.state is State.WARNING
    assert "contrary@" in finding.words


def test_a_model_that_is_missing_is_one_line(double: Double, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    finding = found(double, state, model=str(state / "gone.tflite"))["model"]

    assert finding.state is State.FAILED
    assert "gone.tflite" in finding.words
    assert "\n" not in finding.words


FINDINGS = [
    Finding("one", State.WELL, "fine"),
    Finding("another", State.WARNING, "so so"),
    Finding("x", State.FAILED, "a\nb"),
]


def test_each_check_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert write_lines(FINDINGS) == 1
    assert capsys.readouterr().out == "✓ one      fine\n! another  so so\n✗ x        a b\n"


def test_a_warning_alone_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert write_json(FINDINGS[:2]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "well": True,
        "checks": [
            {"check": "one", "state": "well", "words": "fine"},
            {"check": "another", "state": "warning", "words": "so so"},
        ],
    }
    assert write_lines(FINDINGS[:2]) == 0


def test_a_terminal_that_knows_no_ticks_gets_plain_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    write_lines([Finding("one", State.WELL, "für")])
    sys.stdout.flush()
    assert raw.getvalue() == b"+ one  f?r\n"
