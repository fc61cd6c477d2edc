"""The pages that a device at home opens to be set up."""

import json
import re
import ssl
from html.parser import HTMLParser

import pytest

from geacc_proxy.web.app import create_app

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


class Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.targets += [value for name, value in attrs if name in ("href", "src")]


async def test_healthz_says_ok_while_pictures_are_judged(pages):
    answer = await pages.get("/healthz")
    assert answer.status == 200
    assert json.loads(answer.body) == {"status": "ok"}


async def test_healthz_says_503_when_they_are_not(pages):
    pages.healthy.healthy = False
    assert (await pages.get("/healthz")).status == 503
    pages.healthy.healthy = True
    assert (await pages.get("/healthz")).status == 200


async def test_the_landing_page_tells_whether_filtering_is_on(pages):
    assert "Filtering is on." in (await pages.get("/")).text
    pages.healthy.healthy = False
    assert "Filtering is not ready" in (await pages.get("/")).text


async def test_the_landing_page_tells_the_model_and_the_strictness_escaped(pages):
    text = (await pages.get("/")).text
    assert "nsfwjs-mobilenet_v2@4.4.0" in text
    assert "strict &amp; careful" in text
    assert "geacc-proxy on &lt;attic&gt;" in text
    assert "<attic>" not in text
    assert "$" not in text


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("livingroom.local:8081", "livingroom.local"),
        ("192.168.1.7:8081", "192.168.1.7"),
        ("192.168.1.7", "192.168.1.7"),
        ("[fd00::7]:8081", "fd00::7"),
        ('"><b>x', "127.0.0.1"),
        ("a b", "127.0.0.1"),
        ("999.1.1.1:80", "127.0.0.1"),
    ],
)
async def test_the_proxy_address_is_the_name_that_the_device_has_just_used(pages, asked, shown):
    text = (await pages.get("/", host=asked)).text
    assert f"<dd>{shown}</dd>" in text
    assert "<dd>8080</dd>" in text


async def test_the_landing_page_needs_nothing_but_this_machine_and_no_script(pages):
    text = (await pages.get("/")).text
    page = Links(text)
    assert "script" not in page.tags
    assert not re.search(r"\sstyle=|\son\w+=", text)
    assert page.targets
    for target in page.targets:
        assert target.startswith("/")
        assert (await pages.get(target)).status == 200


async def test_the_certificate_comes_as_pem_and_as_der(pages):
    pem = await pages.get("/cert/geacc-proxy-ca.pem")
    assert pem.status == 200
    assert pem.headers["content-type"] == "application/x-pem-file"
    der = ssl.PEM_cert_to_DER_cert(pem.text)
    assert der == ssl.PEM_cert_to_DER_cert(pages.authority.cert_pem.bytes().decode())
    for name in ("geacc-proxy-ca.cer", "geacc-proxy-ca.crt"):
        answer = await pages.get(f"/cert/{name}")
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/x-x509-ca-cert"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert answer.body == der


async def test_a_browser_that_trusts_the_download_trusts_the_authority(pages):
    trust = ssl.create_default_context(cadata=(await pages.get("/cert/geacc-proxy-ca.crt")).body)
    assert len(trust.get_ca_certs()) >= 1


async def test_a_private_key_is_refused(site, authority):
    with pytest.raises(ValueError, match="PRIVATE KEY"):
        create_app(site(certificate_pem=authority.private_key_pem.bytes() + authority.cert_pem.bytes()))


@pytest.mark.parametrize("copies", [0, 2])
async def test_anything_but_one_certificate_is_refused(site, authority, copies):
    with pytest.raises(ValueError, match=f"holds {copies} certificates"):
        create_app(site(certificate_pem=authority.cert_pem.bytes() * copies))


async def test_text_beside_the_certificate_is_not_handed_out(site, authority):
    from geacc_proxy.web.certificate import PublicCertificate

    certificate = PublicCertificate.from_pem(b"remark\n" + authority.cert_pem.bytes() + b"remark\n")
    assert b"remark" not in certificate.pem
    assert len(certificate.fingerprint) == 32 * 3 - 1


@pytest.mark.parametrize(
    "path", ["/cert/", "/cert", "/cert/mitmproxy-ca.pem", "/cert/../ca/mitmproxy-ca.pem", "/static/../app.py"]
)
async def test_no_other_file_can_be_had(pages, path):
    assert (await pages.get(path)).status == 404


@pytest.mark.parametrize("path", ["/", "/healthz", "/cert/geacc-proxy-ca.cer", "/static/style.css", "/none"])
async def test_every_answer_carries_the_security_headers(pages, path):
    headers = (await pages.get(path)).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


async def test_head_has_the_headers_and_no_body(pages):
    answer = await pages.get("/", method="HEAD")
    assert answer.status == 200
    assert int(answer.headers["content-length"]) > 1000
    assert answer.body == b""


async def test_nothing_can_be_posted(pages):
    assert (await pages.get("/", method="POST")).status == 405
