"""Whether a video may play for a device."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from geacc_proxy.gateways.mitm.hosts import plain_host
from geacc_proxy.policy.admission import Refusal
from geacc_proxy.policy.profile import Filtering, Video
from geacc_proxy.policy.sites import HostSet
from geacc_proxy.policy.video import is_video, video_allowed
from geacc_proxy.verdict import Reason

if TYPE_CHECKING:
    from geacc_proxy.policy.house import Rules


def minds_videos(rules: Rules) -> bool:
    """Whether there are videos that may not play."""
    return rules.filtering is Filtering.HIDE and rules.profile.video in (Video.LISTED, Video.BLOCK)


def refused_video(
    rules: Rules, host: str, path: str, headers: dict[bytes, bytes], content_type: str = ""
) -> Refusal | None:
    """Why what is asked for, or comes, may not play; None where it may, or is no video.

    Args:
        rules: of who asks; `minds_videos` holds.
        host: whom the server takes itself for.
        path: of the request, with its query.
        headers: of the request, by lower-case name. The page that shows a video is what the browser says it is: a
            program that lies there can play a video that is on no listed page, where videos are not blocked altogether.
        content_type: as the origin declares it; empty as long as it is not asked.
    """
    destination = headers.get(b"sec-fetch-dest", b"").decode("latin-1")
    if not is_video(content_type, host, path, destination):
        return None
    profile = rules.profile
    if video_allowed(profile.video, _page_host(headers, host), HostSet(profile.video_sites)):
        return None
    return Refusal(Reason.VIDEO)


def _page_host(headers: dict[bytes, bytes], own: str) -> str:
    """The site of the page: by `Referer`, else `Origin`; its own where the browser says that it is the same."""
    for name in (b"referer", b"origin"):
        if value := headers.get(name):
            try:
                host = urlsplit(value.decode("latin-1")).hostname
            except ValueError:
                return ""
            if host:
                return plain_host(host)
    return own if headers.get(b"sec-fetch-site", b"same-origin") in (b"same-origin", b"none") else ""
