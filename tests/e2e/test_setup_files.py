"""The files that set a device up, put where they belong: a real Chromium then browses behind the filter.

The policies of the machine are not touched: the browser gets a view of /etc/chromium of its own (a mount namespace).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, sync_playwright

from geacc_proxy.onboarding.choices import Choices, Fallback, ProxyBy
from geacc_proxy.onboarding.files import setup_file
from geacc_proxy.onboarding.reach import Reach

from .browser import Visit, visit
from .conftest import keep
from .origin import Origin
from .processes import Proxy, free_port, running_geacc_proxy
from .test_main_road import assert_only_malign_pictures_are_gone

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SYSTEM = Path("/etc/chromium")


@pytest.fixture(scope="module")
def proxy(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with running_geacc_proxy(tmp_path_factory.mktemp("proxy"), origin.ca_file) as running:
        yield running


def reach_of(proxy: Proxy) -> Reach:
    return Reach.of("127.0.0.1", proxy.port, proxy.admin_port, proxy.ca_file.read_bytes(), "geacc-proxy on test")


def made(name: str, reach: Reach, choices: Choices) -> bytes:
    file = setup_file(name)
    assert file is not None
    return file.make(reach, choices)


def namespace() -> list[str]:
    """The command that runs another with mounts of its own; the test is skipped where the system has none."""
    command = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    works = shutil.which("unshare") and SYSTEM.is_dir()
    if not works or subprocess.run([*command, "mount", "--bind", "/tmp", SYSTEM], capture_output=True).returncode:
        pytest.skip(f"needs mount namespaces (unshare) and {SYSTEM}")
    return command


def chromium_with_policy(folder: Path, policy: bytes) -> Path:
    """A folder with a program `chromium` that finds the policy where it looks for policies."""
    system, programs = folder / "etc-chromium", folder / "bin"
    shutil.copytree(SYSTEM, system)
    managed = system / "policies" / "managed"
    managed.mkdir(parents=True)
    (managed / "geacc-proxy-chrome.json").write_bytes(policy)
    programs.mkdir()
    wrapper = programs / "chromium"
    wrapper.write_text(
        "#!/bin/sh\n"
        f'exec {" ".join(namespace())} sh -c \'mount --bind "$0" {SYSTEM} && exec {shutil.which("chromium")} "$@"\' '
        f'{system} "$@"\n'
    )
    wrapper.chmod(0o755)
    return programs


def test_chromium_with_the_policies_browses_behind_the_filter(
    origin: Origin, unfiltered: Visit, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = chromium_with_policy(tmp_path, made("geacc-proxy-chrome.json", reach_of(proxy), Choices()))
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")

    # Started with --no-proxy-server, and trusting the origin's authority alone: what filters is the policies' doing.
    seen = visit(origin.url, tmp_path / "browser", origin.ca_file)

    keep(seen, "managed-policy")
    assert_only_malign_pictures_are_gone(origin, unfiltered, seen)


TEXTS = """() => {
    const found = [];
    const walk = node => {
        if (node.nodeType === Node.TEXT_NODE && node.textContent.trim()) found.push(node.textContent.trim());
        if (node.shadowRoot) walk(node.shadowRoot);
        node.childNodes.forEach(walk);
    };
    walk(document.body);
    return found.join("|");
}"""


@pytest.mark.parametrize("proxy_by", list(ProxyBy))
def test_chromium_accepts_every_policy(proxy: Proxy, tmp_path: Path, proxy_by: ProxyBy) -> None:
    policy = made("geacc-proxy-chrome.json", reach_of(proxy), Choices(proxy_by=proxy_by))
    programs = chromium_with_policy(tmp_path, policy)
    with browsing(tmp_path, program=programs / "chromium") as tab:
        tab.goto("chrome://policy")
        tab.wait_for_function(f"() => ({TEXTS})().includes('QuicAllowed')")
        told = tab.evaluate(TEXTS)
    for name in json.loads(policy):
        _, _, row = told.partition(f"|{name}|")
        assert re.match(r".*?\|Platform\|Machine\|Mandatory\|OK\|", row, re.DOTALL), name
        assert "Unknown policy" not in told


@contextmanager
def browsing(home: Path, *flags: str, program: Path | None = None) -> Iterator[Page]:
    """A Chromium whose HOME is `home`; it forgives no certificate."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program or shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", *flags],
            env={**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)},
        )
        try:
            yield browser.new_page()
        finally:
            browser.close()


def run_script(script: Path, home: Path, word: str) -> str:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    ended = subprocess.run(["sh", script, word], capture_output=True, text=True, env=environment)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def test_chromium_trusts_the_proxy_after_the_script_and_no_longer_after_its_removal(
    origin: Origin, proxy: Proxy, tmp_path: Path
) -> None:
    script = tmp_path / "geacc-proxy-linux.sh"
    script.write_bytes(made(script.name, reach_of(proxy), Choices()))
    home = tmp_path / "home"
    profile = home / ".mozilla" / "firefox" / "abc.default"
    profile.mkdir(parents=True)
    subprocess.run(["certutil", "-N", "-d", f"sql:{profile}", "--empty-password"], check=True)
    flags = (f"--proxy-server=http://127.0.0.1:{proxy.port}", "--proxy-bypass-list=<-loopback>")

    said = run_script(script, home, "add")
    run_script(script, home, "add")

    assert str(profile) in said
    with browsing(home, *flags) as tab:
        tab.goto(origin.url, wait_until="commit")
        assert tab.title() == "Exhibition"

    assert run_script(script, home, "remove").count("removed from") == 2
    assert run_script(script, home, "remove") == "nothing to remove\n"
    with browsing(home, *flags) as tab, pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        tab.goto(origin.url, wait_until="commit")


@pytest.mark.parametrize(
    ("fallback", "expected"),
    [(Fallback.CLOSED, "net::ERR_MANDATORY_PROXY_CONFIGURATION_FAILED"), (Fallback.OPEN, "directly")],
)
def test_where_the_pac_file_cannot_be_loaded_the_policy_says_what_happens(
    proxy: Proxy, tmp_path: Path, fallback: Fallback, expected: str
) -> None:
    reach = reach_of(proxy)
    gone = Reach.of("127.0.0.1", proxy.port, free_port(), reach.certificate_pem, reach.certificate_name)
    policy = made("geacc-proxy-chrome.json", gone, Choices(fallback=fallback, proxy_by=ProxyBy.PAC))
    program = chromium_with_policy(tmp_path, policy) / "chromium"
    with answering("directly") as (site, _):
        rules = f"--host-resolver-rules=MAP * 127.0.0.1:{site},EXCLUDE 127.0.0.1"
        with browsing(tmp_path, rules, program=program) as tab:
            assert shown(tab, "http://site.example/") == expected


@contextmanager
def answering(word: str, pac: bytes = b"") -> Iterator[tuple[int, list[str]]]:
    """A server that answers everything with one word, as a site and as a proxy, but for a PAC file; its port, and
    what it was asked for.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_pac = self.path == "/proxy.pac"
            if not is_pac:
                asked.append(self.path)
            body = pac if is_pac else word.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-ns-proxy-autoconfig" if is_pac else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def browsing_by_pac(home: Path, reach: Reach, fallback: Fallback, site_port: int) -> Iterator[Page]:
    """A Chromium that follows the PAC file; every name leads to the site on `site_port` where it goes directly."""
    with answering("", made("proxy.pac", reach, Choices(fallback=fallback))) as (pac_port, _):
        rules = f"--host-resolver-rules=MAP * 127.0.0.1:{site_port},EXCLUDE 127.0.0.1"
        with browsing(home, f"--proxy-pac-url=http://127.0.0.1:{pac_port}/proxy.pac", rules) as tab:
            yield tab


def shown(tab: Page, url: str) -> str:
    """The text at an address, or the browser's error."""
    try:
        tab.goto(url)
    except Error as error:
        return error.message.split()[1]
    return tab.inner_text("body")


def test_chromium_follows_the_pac_file(proxy: Proxy, tmp_path: Path) -> None:
    reach = reach_of(proxy)
    with answering("by proxy") as (port, asked), answering("directly") as (site, _):
        there = Reach.of("127.0.0.1", port, reach.admin_port, reach.certificate_pem, reach.certificate_name)
        with browsing_by_pac(tmp_path, there, Fallback.CLOSED, site) as tab:
            assert shown(tab, "http://site.example/page") == "by proxy"
            assert shown(tab, "http://geacc.internal/") == "by proxy"
            assert shown(tab, "http://printer/") == "directly"
            assert shown(tab, "http://box.local/") == "directly"
            assert shown(tab, "http://box.home.arpa/") == "directly"
    assert [address for address in asked if "favicon" not in address] == [
        "http://site.example/page",
        "http://geacc.internal/",
    ]


@pytest.mark.parametrize(
    ("fallback", "expected"), [(Fallback.CLOSED, "net::ERR_PROXY_CONNECTION_FAILED"), (Fallback.OPEN, "directly")]
)
def test_without_the_proxy_a_page_loads_only_where_the_parent_lets_it(
    proxy: Proxy, tmp_path: Path, fallback: Fallback, expected: str
) -> None:
    reach = reach_of(proxy)
    gone = Reach.of("127.0.0.1", free_port(), reach.admin_port, reach.certificate_pem, reach.certificate_name)
    with answering("directly") as (site, _), browsing_by_pac(tmp_path, gone, fallback, site) as tab:
        assert shown(tab, "http://site.example/") == expected
        assert shown(tab, "http://geacc.internal/") == "net::ERR_PROXY_CONNECTION_FAILED"


WAYS = {
    "DIRECT": [
        *("printer", "localhost", "box.local", "BOX.Local.", "a.b.home.arpa", "x.localhost", "filter.example"),
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.9", "169.254.1.1"),
        *("::1", "[::1]", "fe80::1", "FEBF::1", "fc00::1", "[fd12:3456::1]"),
    ],
    "PROXY filter.example:8080": [
        *("site.example", "geacc.internal", "GEACC.internal.", "www.geacc.internal", "other.internal"),
        *("10.example", "10.1.2.3.example", "192.168.0.9.evil.example", "notlocal.example", "local.example"),
        *("11.1.2.3", "172.15.0.1", "172.32.0.1", "192.169.0.1", "8.8.8.8", "100.64.0.1", "127.0.0.1.example"),
        *("2001:db8::1", "[2606:4700::1111]", "fec0::1", "fe00::1", "geacc.internal.example"),
    ],
}


def test_the_pac_file_knows_what_is_at_home(proxy: Proxy, tmp_path: Path) -> None:
    reach = reach_of(proxy)
    there = Reach.of("filter.example", 8080, 8081, reach.certificate_pem, reach.certificate_name)
    script = made("proxy.pac", there, Choices()).decode("ascii")
    with browsing(tmp_path) as tab:
        found = {
            way: [
                host
                for host in hosts
                if tab.evaluate(f"host => {{ {script}; return FindProxyForURL('', host) }}", host) == way
            ]
            for way, hosts in WAYS.items()
        }
    assert found == WAYS
