"""Pictures inside text: `data:` URLs and bare base64, found as the text streams, and written over in place."""

from geacc_proxy.images.embedded.limits import TextLimits
from geacc_proxy.images.embedded.piece import Embedded
from geacc_proxy.images.embedded.scanner import Scanner

__all__ = ["Embedded", "Scanner", "TextLimits"]
