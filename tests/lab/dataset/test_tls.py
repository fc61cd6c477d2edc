"""Certificates are looked at, as any client of the web does."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path

import pytest
import trustme

from geacc_proxy.lab.dataset.outcome import Failed, Outcome
from geacc_proxy.lab.dataset.partial import Partial
from geacc_proxy.lab.dataset.transfer import Transfers
from tests.lab.dataset.origin import Origin, picture


def test_a_certificate_that_nobody_vouches_for_is_no_connection_and_a_good_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Origin() as origin:
        origin.socket = context.wrap_socket(origin.socket, server_side=True)
        origin.gives("/a.jpg", picture("a"))
        threading.Thread(target=origin.serve_forever, args=(0.02,), daemon=True).start()
        url = f"https://localhost:{origin.server_address[1]}/a.jpg"
        partial = Partial(tmp_path, url)
        asking = Transfers(agent="x", seconds=5, most_bytes=2**20, per_host=1, threads=1, allow_private=True)
        with pytest.raises(Failed) as caught:
            asking.attempt(url, partial)
        assert caught.value.outcome is Outcome.NO_CONNECTION
        assert not caught.value.again
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        Transfers(agent="x", seconds=5, most_bytes=2**20, per_host=1, threads=1, allow_private=True).attempt(
            url, partial
        )
        assert partial.path.read_bytes() == picture("a")
        origin.shutdown()
