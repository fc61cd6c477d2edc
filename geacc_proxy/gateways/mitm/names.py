"""The reserved name for devices that come by a tunnel, whose names are looked up here."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from mitmproxy import dns
from mitmproxy.net.dns import types
from mitmproxy.proxy.mode_specs import WireGuardMode

if TYPE_CHECKING:
    from mitmproxy.dns import DNSFlow

_TTL_SECONDS = 60


class OwnNames:
    """Answers for one name before anybody else is asked."""

    def __init__(self, name: str, address: str) -> None:
        """Set it up.

        Args:
            name: lower case, no dot at the end.
            address: IPv4.
        """
        self._name = name
        self._address = ipaddress.IPv4Address(address)

    def dns_request(self, flow: DNSFlow) -> None:
        """Answer a question for the name; there is an IPv4 address and nothing else."""
        question = flow.request.question
        if question is None or not isinstance(flow.client_conn.proxy_mode, WireGuardMode):
            return
        if question.name.lower().removesuffix(".") != self._name:
            return
        records = []
        if question.type == types.A:
            records.append(dns.ResourceRecord.A(question.name, self._address, ttl=_TTL_SECONDS))
        flow.response = flow.request.succeed(records)
