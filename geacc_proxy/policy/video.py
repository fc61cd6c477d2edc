"""Moving pictures: what is one, and where a profile lets it play.

Video is never judged frame by frame: it streams. What a parent chooses is where it may play at all; the still pictures
around it (posters, thumbnails, previews) are pictures like any other.

What is a video is told by the declared type, by what the browser wants it for, and, where neither says anything, by
the name: players fetch lists of segments (HLS, RFC 8216; DASH, ISO/IEC 23009-1) and the segments themselves by script,
often as plain bytes. A script that brings segments under the name of something else is not caught here.
"""

from __future__ import annotations

import re

from geacc_proxy.policy.sites import HostSet

STREAM_HOSTS = HostSet(["googlevideo.com", "nflxvideo.net", "ttvnw.net", "aiv-cdn.net"])
"""Hosts whose plain bytes are streams: of YouTube, Netflix, Twitch and Prime Video."""

_TYPES = frozenset(
    {
        "application/vnd.apple.mpegurl",  # HLS: RFC 8216, 4
        "application/x-mpegurl",
        "application/mpegurl",
        "audio/mpegurl",
        "audio/x-mpegurl",
        "application/dash+xml",  # DASH: ISO/IEC 23009-1, annex C
        "application/vnd.ms-sstr+xml",  # Smooth Streaming
        "application/f4m+xml",
        "application/vnd.yt-ump",  # YouTube's own
        "application/mp4",
        "application/x-matroska",
        "application/vnd.rn-realmedia",
        "application/mxf",
    }
)
_VAGUE = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/x-download"})
_TEXTS = frozenset({"text/plain", "text/xml", "application/xml"})
_SEGMENT = re.compile(r"\.(?:m4s|mp4|m4v|cmfv|ts|m2ts|webm|mkv|mov|ogv|flv|f4v|avi|wmv|mpe?g|3gp)")
_LIST = re.compile(r"\.(?:m3u8|mpd|ism|f4m)|/manifest\(.*\)")
_SOUND = re.compile(r"[?&]mime=audio(?:%2f|/)", re.IGNORECASE)
_NO_PLAYER = frozenset({"script", "style", "font", "worker", "sharedworker", "serviceworker", "manifest", "track"})
"""Destinations that never reach a player: a `.ts` that a page asks for as a script is TypeScript."""


def is_video(content_type: str, host: str = "", path: str = "", destination: str = "") -> bool:
    """Whether an answer is a moving picture, a piece of one or a list of pieces.

    Args:
        content_type: as the origin declares it, with or without parameters.
        host: whom it comes from.
        path: path and query of its address.
        destination: `Sec-Fetch-Dest`; empty where absent.
    """
    kind = content_type.partition(";")[0].strip().lower()
    wanted = destination.strip().lower()
    if wanted in _NO_PLAYER:
        return False
    if wanted == "video" or kind.startswith("video/") or kind in _TYPES:
        return not _is_sound(host, path)
    name = path.partition("?")[0].rstrip("/").lower()
    ending = name[name.rfind(".") :] if "." in name else ""
    if kind in _VAGUE:
        if STREAM_HOSTS.covers(host) is not None:
            return not _SOUND.search(path)
        return bool(_SEGMENT.fullmatch(ending) or _LIST.search(name))
    return kind in _TEXTS and bool(_LIST.search(name))


def _is_sound(host: str, path: str) -> bool:
    """Whether a stream says itself that it is sound alone; its address is signed, so nobody else says it."""
    return STREAM_HOSTS.covers(host) is not None and _SOUND.search(path) is not None


def video_allowed(setting: str, site_host: str, listed: HostSet) -> bool:
    """Whether a video may play.

    Args:
        setting: what the parent has chosen:
            `allow`: videos play everywhere;
            `posters`: videos play everywhere, and what stands in their place until then (posters, thumbnails, previews)
                is judged like every picture, also on a site whose pictures are shown unjudged otherwise: for the video
                itself it is the same as `allow`;
            `listed`: videos play on the sites of the list and what is below them, and nowhere else;
            `block`: no video plays, on listed sites neither.
        site_host: the site that shows it, not the one that it is stored at; empty where nobody knows.
        listed: the sites of the list.

    Raises:
        ValueError: it is none of the settings.
    """
    match setting:
        case "allow" | "posters":
            return True
        case "listed":
            return listed.covers(site_host) is not None
        case "block":
            return False
    raise ValueError(f"{setting!r} is no setting for video: allow, posters, listed or block")
