"""The container's question to itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.lab.dataset.origin import Asked, serving

SCRIPT = Path(__file__).parents[2] / "docker" / "healthcheck.py"


def ask(**environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], capture_output=True, text=True, env=environment, check=False, timeout=30
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_it_is_well_while_healthz_answers_and_not_while_it_refuses_or_is_silent() -> None:
    with serving() as origin:
        port = str(origin.server_address[1])

        def well(asked: Asked) -> None:
            asked.respond(b"{}", "application/json")

        def ill(asked: Asked) -> None:
            asked.respond(b"{}", "application/json", 503)

        origin.in_turn("/healthz", well, ill)
        # A proxy for the way out is not asked.
        assert ask(GEACC_ADMIN_PORT=port, http_proxy="http://127.0.0.1:1") == (0, "")
        code, told = ask(GEACC_ADMIN_PORT=port, GEACC_HOST="0.0.0.0")
        assert code == 1
        assert told == f"http://127.0.0.1:{port}/healthz: HTTP Error 503: Service Unavailable\n"
    code, told = ask(GEACC_ADMIN_PORT=port, GEACC_HOST="127.0.0.1")
    assert code == 1
    assert "refused" in told


def test_an_address_that_cannot_be_is_a_line_and_no_traceback() -> None:
    code, told = ask(GEACC_ADMIN_PORT="x")
    assert code == 1
    assert told.count("\n") == 1
