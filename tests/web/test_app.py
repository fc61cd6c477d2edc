"""What all pages have in common."""

import ssl

import pytest

from geacc_proxy.web.app import create_app
from geacc_proxy.web.middleware import SECURITY_HEADERS


async def test_healthz_says_ok_while_pictures_are_judged(client, healthy):
    answer = await client.get("/healthz")
    assert answer.status == 200
    assert answer.data == {"status": "ok"}
    healthy.healthy = False
    assert (await client.get("/healthz")).status == 503


async def test_the_certificate_comes_as_pem_and_as_der(client, authority):
    pem = await client.get("/cert/geacc-proxy-ca.pem")
    assert pem.headers["content-type"] == "application/x-pem-file"
    der = ssl.PEM_cert_to_DER_cert(pem.text)
    assert der == ssl.PEM_cert_to_DER_cert(authority.cert_pem.bytes().decode())
    for name in ("geacc-proxy-ca.cer", "geacc-proxy-ca.crt"):
        answer = await client.get(f"/cert/{name}")
        assert answer.headers["content-type"] == "application/x-x509-ca-cert"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert answer.body == der


async def test_a_browser_that_trusts_the_download_trusts_the_authority(client):
    trust = ssl.create_default_context(cadata=(await client.get("/cert/geacc-proxy-ca.crt")).body)
    assert len(trust.get_ca_certs()) >= 1


async def test_a_private_key_is_refused(make_site, authority):
    with pytest.raises(ValueError, match="PRIVATE KEY"):
        create_app(make_site(certificate_pem=authority.private_key_pem.bytes() + authority.cert_pem.bytes()))


@pytest.mark.parametrize("copies", [0, 2])
async def test_anything_but_one_certificate_is_refused(make_site, authority, copies):
    with pytest.raises(ValueError, match=f"holds {copies} certificates"):
        create_app(make_site(certificate_pem=authority.cert_pem.bytes() * copies))


def test_text_beside_the_certificate_is_not_handed_out(authority):
    from geacc_proxy.web.certificate import PublicCertificate

    certificate = PublicCertificate.from_pem(b"remark\n" + authority.cert_pem.bytes() + b"remark\n")
    assert b"remark" not in certificate.pem
    assert len(certificate.fingerprint) == 32 * 3 - 1


@pytest.mark.parametrize(
    "path", ["/cert/", "/cert", "/cert/mitmproxy-ca.pem", "/cert/../ca/mitmproxy-ca.pem", "/static/../app.py"]
)
async def test_no_other_file_can_be_had(parent, path):
    assert (await parent.get(path)).status == 404


@pytest.mark.parametrize("path", ["/login", "/healthz", "/cert/geacc-proxy-ca.cer", "/none"])
async def test_every_answer_carries_the_security_headers(client, path):
    headers = (await client.get(path)).headers
    assert {name: headers[name.lower()] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "'unsafe" not in headers["content-security-policy"]
    assert "server" not in headers


async def test_files_may_be_kept_once_their_address_names_their_content(client):
    page = (await client.get("/login")).text
    address = page.partition('href="/static/style.css')[2].partition('"')[0]
    assert address.startswith("?v=")
    kept = (await client.get(f"/static/style.css{address}")).headers["cache-control"]
    assert kept.endswith("immutable")
    assert (await client.get("/static/style.css")).headers["cache-control"] == "no-cache"


async def test_a_page_that_is_missing_is_a_page_that_says_so(parent):
    answer = await parent.get("/none")
    assert answer.status == 404
    assert "There is no such page." in answer.words
    assert (await parent.get("/none", accept="application/json")).body == b"404\n"
