"""What is a video, and where it plays."""

from __future__ import annotations

import pytest

from geacc_proxy.policy.sites import HostSet
from geacc_proxy.policy.video import is_video, video_allowed


@pytest.mark.parametrize(
    ("content_type", "host", "path", "destination"),
    [
        ("video/mp4", "", "/x", ""),
        ("Video/WebM; codecs=vp9", "", "/x", "empty"),
        ("video/mp2t", "cdn.example", "/7", "empty"),
        ("application/vnd.apple.mpegurl", "", "/live", "empty"),
        ("application/x-mpegURL", "", "/live", ""),
        ("audio/mpegurl", "", "/live", ""),
        ("application/dash+xml; charset=utf-8", "", "/live", "empty"),
        ("application/vnd.yt-ump", "rr3---sn-x.googlevideo.com", "/videoplayback?expire=1", "empty"),
        ("application/octet-stream", "rr3---sn-x.googlevideo.com", "/videoplayback?expire=1", "empty"),
        ("", "ipv4-c001.nflxvideo.net", "/range/0-100", "empty"),
        ("application/octet-stream", "cdn.example", "/seg-12.m4s?token=x.jpg", "empty"),
        ("binary/octet-stream", "cdn.example", "/00012.ts", "empty"),
        ("application/octet-stream", "cdn.example", "/FILM.MP4", ""),
        ("text/plain", "cdn.example", "/live/index.m3u8?a=1", "empty"),
        ("application/xml", "cdn.example", "/film.mpd", "empty"),
        ("text/xml", "cdn.example", "/film.ism/Manifest", "empty"),
        ("application/octet-stream", "cdn.example", "/whatever", "video"),
        ("text/html", "cdn.example", "/whatever", "video"),
    ],
)
def test_a_video_is_told_by_its_type_its_use_or_its_name(
    content_type: str, host: str, path: str, destination: str
) -> None:
    assert is_video(content_type, host, path, destination)


@pytest.mark.parametrize(
    ("content_type", "host", "path", "destination"),
    [
        ("image/jpeg", "i.ytimg.com", "/vi/x/hq720.jpg", "image"),
        ("image/jpeg", "r1.googlevideo.com", "/storyboard.jpg", "image"),
        ("text/html", "www.youtube.com", "/watch?v=x.mp4", "document"),
        ("audio/mpeg", "radio.example", "/song.mp3", "audio"),
        ("audio/mp4", "rr3---sn-x.googlevideo.com", "/videoplayback?mime=audio%2Fmp4", "empty"),
        ("application/octet-stream", "rr3---sn-x.googlevideo.com", "/videoplayback?mime=audio%2Fwebm", "empty"),
        ("video/mp2t", "dev.example", "/src/main.ts", "script"),
        ("text/javascript", "dev.example", "/src/main.ts", "empty"),
        ("text/vtt", "cdn.example", "/film.mp4.vtt", "track"),
        ("application/octet-stream", "cdn.example", "/model.tflite", "empty"),
        ("application/octet-stream", "cdn.example", "/v1.2/data", "empty"),
        ("application/json", "cdn.example", "/film.mp4", "empty"),
        ("text/plain", "cdn.example", "/readme.ts", "empty"),
        ("", "", "", ""),
    ],
)
def test_what_is_no_video_is_none(content_type: str, host: str, path: str, destination: str) -> None:
    assert not is_video(content_type, host, path, destination)


LISTED = HostSet(["school.example"])


@pytest.mark.parametrize(
    ("setting", "site", "plays"),
    [
        ("allow", "elsewhere.example", True),
        ("posters", "elsewhere.example", True),
        ("listed", "school.example", True),
        ("listed", "films.school.example", True),
        ("listed", "elsewhere.example", False),
        ("listed", "", False),
        ("block", "school.example", False),
    ],
)
def test_a_video_plays_where_the_parent_lets_it(setting: str, site: str, plays: bool) -> None:
    assert video_allowed(setting, site, LISTED) is plays


def test_an_unknown_setting_is_no_leave() -> None:
    with pytest.raises(ValueError, match="'on' is no setting for video"):
        video_allowed("on", "school.example", LISTED)
