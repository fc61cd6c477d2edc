"""Ways round the filter that go through it: names looked up over HTTPS, and relays that hide where a browser goes.

A browser that looks names up by itself is no danger to pictures, which come through the proxy all the same; but it
undoes a parent's DNS filter, and HTTPS records bring it to QUIC, past a proxy that does not carry it. Which program
uses what, and the names by which it can be told to leave it be:
    DNS over HTTPS: RFC 8484; the servers: https://github.com/curl/curl/wiki/DNS-over-HTTPS and
        https://github.com/dibdot/DoH-IP-blocklists; those built into Chromium:
        https://source.chromium.org/chromium/chromium/src/+/main:net/dns/public/doh_provider_entry.cc, into Firefox:
        https://wiki.mozilla.org/Security/DOH-resolver-policy.
    Firefox's canary: https://support.mozilla.org/kb/canary-domain-use-application-dnsnet.
    iCloud Private Relay: https://developer.apple.com/support/prepare-your-network-for-icloud-private-relay.
"""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

from geacc_proxy.policy.sites import HostSet

_SERVERS = """
    cloudflare-dns.com dns.cloudflare.com one.one.one.one cloudflare-gateway.com
    1.1.1.1 1.0.0.1 1.1.1.2 1.0.0.2 1.1.1.3 1.0.0.3 2606:4700:4700::1111 2606:4700:4700::1001
    dns.google dns.google.com 8888.google 8.8.8.8 8.8.4.4 2001:4860:4860::8888 2001:4860:4860::8844
    dns.quad9.net dns9.quad9.net dns10.quad9.net dns11.quad9.net dns12.quad9.net dns-nosec.quad9.net
    9.9.9.9 9.9.9.10 9.9.9.11 149.112.112.112 149.112.112.10 149.112.112.11 2620:fe::fe 2620:fe::9
    dns.nextdns.io dns1.nextdns.io dns2.nextdns.io
    adguard-dns.com dns.adguard.com dns-family.adguard.com dns-unfiltered.adguard.com
    94.140.14.14 94.140.15.15 94.140.14.140 94.140.14.141 94.140.14.15
    doh.opendns.com dns.opendns.com doh.familyshield.opendns.com doh.sandbox.opendns.com dns.umbrella.com
    doh.umbrella.com 208.67.222.222 208.67.220.220 146.112.41.2
    doh.cleanbrowsing.org dns.controld.com freedns.controld.com doh.dns.apple.com
    doh.dns.sb dns.sb 185.222.222.222 45.11.45.11
    dns.mullvad.net doh.mullvad.net doh.libredns.gr doh.applied-privacy.net doh.ffmuc.net dns.digitale-gesellschaft.ch
    dnsforge.de dns.njal.la dns.switch.ch dns0.eu joindns4.eu doh.dns4all.eu unicast.uncensoreddns.org
    anycast.uncensoreddns.org odvr.nic.cz public.dns.iij.jp private.canadianshield.cira.ca dns.levonet.sk
    doh.xfinity.com doh.cox.net doh.quickline.ch doh-01.spectrum.com doh-02.spectrum.com doh.bt.com dns.telekom.de
    dns.alidns.com 223.5.5.5 223.6.6.6 doh.pub dot.pub 1.12.12.12 120.53.53.53 doh.360.cn dns.twnic.tw dns.hinet.net
    common.dot.dns.yandex.net safe.dot.dns.yandex.net family.dot.dns.yandex.net 77.88.8.8 77.88.8.1
    dns.comss.one basic.rethinkdns.com sky.rethinkdns.com max.rethinkdns.com doh.tiar.app doh.crypto.sx
    ordns.he.net wikimedia-dns.org dns.rabbitdns.org dns.watch doh.powerdns.org
"""
DOH_HOSTS = HostSet(_SERVERS.split())
"""Names and numbers of public servers that look names up over HTTPS, each with all that is below it."""

CANARY_HOSTS = HostSet(["use-application-dns.net"])
"""A browser that cannot find these leaves DNS over HTTPS be, unless it was told to insist."""

RELAY_HOSTS = HostSet(
    ["mask.icloud.com", "mask-h2.icloud.com", "mask-api.icloud.com", "mask-canary.icloud.com", "mask.apple-dns.net"]
)
"""Relays through which a device would go past any proxy; one that cannot find them tells its owner, and does not."""

_MESSAGES = frozenset({"application/dns-message", "application/dns-json", "application/oblivious-dns-message"})
_PATH = "/dns-query"


def is_doh(host: str, path: str, content_type: str = "", accept: str = "") -> bool:
    """Whether a request looks a name up over HTTPS, or asks whether it may.

    Args:
        host: whom it goes to, ASCII.
        path: path, with or without a query.
        content_type: of the request's body; empty where there is none.
        accept: what the browser says it takes; empty where it says nothing.
    """
    if DOH_HOSTS.covers(host) is not None or CANARY_HOSTS.covers(host) is not None:
        return True
    kinds = {part.partition(";")[0].strip().lower() for part in (content_type, *accept.split(","))}
    if kinds & _MESSAGES:
        return True
    plain = posixpath.normpath(unquote(path.partition("?")[0])).lower()
    return plain.endswith(_PATH) or f"{_PATH}/" in plain


def is_relay(host: str) -> bool:
    """Whether a host is a relay that takes a device past any proxy."""
    return RELAY_HOSTS.covers(host) is not None
