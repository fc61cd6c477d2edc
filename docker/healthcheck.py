"""Ends with 0 if the proxy in this container answers that it is well, else with 1 and a line that says why not."""

from __future__ import annotations

import http.client
import os
import sys
import urllib.request

_SECONDS = 4.0


def main() -> int:
    """Ask `/healthz` where the settings say it is."""
    host = os.environ.get("GEACC_HOST", "")
    if host in ("", "0.0.0.0", "::"):  # noqa: S104  (compared with, not bound)
        host = "127.0.0.1"
    port = os.environ.get("GEACC_ADMIN_PORT", "8081")
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/healthz"
    # A proxy that the environment names is for the way out, not for this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_SECONDS):
            return 0
    except (OSError, ValueError, http.client.HTTPException) as error:  # urllib's own errors are OSErrors
        print(f"{url}: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
