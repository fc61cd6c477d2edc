"""A home to make files for: a throw-away authority and a reach."""

from __future__ import annotations

from functools import cache

import trustme

from geacc_proxy.onboarding.reach import Reach

NAME = "geacc-proxy on test"


@cache
def authority() -> trustme.CA:
    return trustme.CA()


def reach(host: str = "192.168.1.2", port: int = 8080, admin_port: int = 8081, home_name: str = "Our home") -> Reach:
    return Reach.of(host, port, admin_port, authority().cert_pem.bytes(), NAME, home_name)
