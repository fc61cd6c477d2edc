import pytest

from geacc_proxy.journal.site import site_of


@pytest.mark.parametrize(
    ("page", "url", "site"),
    [
        ("https://www.Example.org:8443/a?b", "https://cdn.example/1", "www.example.org"),
        ("", "https://cdn.example./1", "cdn.example"),
        ("about:blank", "https://cdn.example/1", "cdn.example"),
        ("https://[broken", "http://[::1]:80/", "::1"),
        ("", "data:image/png;base64,…", ""),
        ("", "/home/ann/picture.jpg", ""),
    ],
)
def test_the_site_is_the_pages_host_or_else_the_pictures(page, url, site):
    assert site_of(page, url) == site
