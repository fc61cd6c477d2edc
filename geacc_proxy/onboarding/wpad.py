"""How a home network tells devices by itself where the PAC file is (WPAD)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geacc_proxy.onboarding.reach import Reach

# The draft that describes WPAD: https://datatracker.ietf.org/doc/html/draft-ietf-wrec-wpad-01
_TEXT = """\
WPAD: the network tells devices where the proxy is
==================================================

Devices that are set to detect their proxy ask the network for the address of a PAC file, in two ways. Whoever answers
first decides what the device loads, so set this up in a network that is yours, and take both away when you are done.

1. DHCP, option 252 (asked first by Windows)

   Value:                {url}
   dnsmasq, OpenWrt:     dhcp-option=252,"{url}"
   ISC dhcpd:            option wpad code 252 = text;
                         option wpad "{url}";
   Kea:                  {{ "code": 252, "name": "wpad", "space": "dhcp4", "type": "string" }}  (option-def)
                         {{ "name": "wpad", "data": "{url}" }}  (option-data)

2. DNS, the name "wpad" (asked by Windows and Firefox)

   Let the name wpad, in the home's own domain (wpad.home.arpa, wpad.lan, ...), lead to {host}.
   Devices then ask http://wpad.DOMAIN/wpad.dat on port 80: that file is this PAC file under its other name, which
   geacc-proxy serves at {pages}/wpad.dat. Its pages are on port {admin_port}, so port 80 of that
   address has to lead there. Where it cannot, use option 252.

What follows it

   Windows     Settings > Network & internet > Proxy > Automatically detect settings (on, unless it was switched off)
   macOS       System Settings > Network > the network > Details > Proxies > Auto proxy discovery
   iOS, iPadOS Settings > Wi-Fi > (i) > Configure Proxy > Automatic, with no address
   ChromeOS    Proxy > Connection type > Web proxy autodiscovery
   Firefox     Settings > Network Settings > Auto-detect proxy settings for this network
   Android     not: give it the PAC file's address by hand

WPAD carries no certificate and locks nothing: a child can switch it off, and until the certificate is trusted every
secure page shows a warning. Use it beside the files for each device, not instead of them.

Taking it off again: remove the option and the name, then let each device connect anew.
"""


def instructions(reach: Reach) -> bytes:
    """Return what to set on the home's router, as plain text (ASCII)."""
    text = _TEXT.format(url=f"{reach.pages}/wpad.dat", pages=reach.pages, host=reach.host, admin_port=reach.admin_port)
    return text.encode("ascii")
