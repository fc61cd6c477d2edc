"""The PAC file: a function that browsers and systems call to learn the way to each address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from geacc_proxy.onboarding.choices import Fallback
from geacc_proxy.onboarding.reach import RESERVED_NAME

if TYPE_CHECKING:
    from geacc_proxy.onboarding.reach import Reach

MEDIA_TYPE = "application/x-ns-proxy-autoconfig"

# ES3, as the oldest engines want it. Names are never resolved: that would be slow, and tell the name server of each
# page. Private addresses: RFC 1918, RFC 3927, RFC 4193, RFC 4291; `home.arpa`: RFC 8375; `.local`: RFC 6762.
_TEMPLATE = """\
// Made by geacc-proxy. Which way to each address: through the filter, except to machines at home.
function FindProxyForURL(url, host) {
  var proxy = %(proxy)s;
  var name = host.toLowerCase().replace(/\\.$/, "").replace(/^\\[|\\]$/g, "");
  if (name === %(reserved)s || /\\.%(reserved_pattern)s$/.test(name)) return %(proxy_only)s;
  if (name === %(host)s) return "DIRECT";
  if (/^[^.:]+$/.test(name) || /\\.(local|home\\.arpa|localhost)$/.test(name)) return "DIRECT";
  if (/^(127|10|192\\.168|169\\.254|172\\.(1[6-9]|2[0-9]|3[01]))(\\.[0-9]+)+$/.test(name) &&
      /^[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+$/.test(name)) return "DIRECT";
  if (name.indexOf(":") >= 0 && /^(::1$|fe[89ab][0-9a-f]:|f[cd][0-9a-f]{2}:)/.test(name)) return "DIRECT";
  return proxy;
}
"""


def proxy_auto_config(reach: Reach, fallback: Fallback) -> bytes:
    """Return the PAC file, ASCII.

    Everything goes through the proxy, except names without a dot, `.local`, `.home.arpa`, private addresses and the
    proxy's own machine, which are reached as without it. The reserved name goes through the proxy alone, whatever the
    fallback.

    Args:
        reach: where the proxy is.
        fallback: `OPEN` lets devices go directly while the proxy cannot be reached.
    """
    only = f"PROXY {reach.proxy}"
    text = _TEMPLATE % {
        "proxy": json.dumps(f"{only}; DIRECT" if fallback is Fallback.OPEN else only),
        "proxy_only": json.dumps(only),
        "reserved": json.dumps(RESERVED_NAME),
        "reserved_pattern": RESERVED_NAME.replace(".", "\\."),
        "host": json.dumps(reach.host),
    }
    return text.encode("ascii")
