"""The script that makes Linux browsers trust the certificate."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "certs" / "trust-linux-nss.sh"
needs_certutil = pytest.mark.skipif(not shutil.which("certutil"), reason="certutil (libnss3-tools) is missing")


@pytest.fixture
def run(tmp_path):
    def run(*arguments, path=os.environ["PATH"]):
        environment = {"PATH": path, "HOME": str(tmp_path)}
        return subprocess.run(
            ["/bin/sh", SCRIPT, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture
def certificate(tmp_path, authority):
    path = tmp_path / "my certificate.pem"
    path.write_bytes(authority.cert_pem.bytes())
    return path


def new_database(directory):
    directory.mkdir(parents=True)
    subprocess.run(["certutil", "-N", "-d", f"sql:{directory}", "--empty-password"], check=True)
    return directory


def trust(database):
    """Return the trust flags of the certificates that are called geacc-proxy."""
    listed = subprocess.run(["certutil", "-L", "-d", f"sql:{database}"], check=True, capture_output=True, text=True)
    return [line.split()[-1] for line in listed.stdout.splitlines() if line.startswith("geacc-proxy ")]


@needs_certutil
def test_it_adds_to_every_browser_once_and_removes_again(run, certificate, tmp_path):
    firefox = new_database(tmp_path / ".mozilla/firefox/ab12.default release")
    chromium = tmp_path / ".pki/nssdb"
    for _ in range(2):
        done = run("add", certificate)
        assert (done.returncode, done.stderr) == (0, "")
        assert trust(firefox) == trust(chromium) == ["C,,"]
    assert chromium.stat().st_mode & 0o077 == 0
    done = run("remove")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("removed from") == 2
    assert trust(firefox) == trust(chromium) == []
    assert run("remove").stdout == "nothing to remove\n"


@needs_certutil
def test_a_new_certificate_takes_the_place_of_the_old(run, certificate, tmp_path):
    import trustme

    assert run("add", certificate).returncode == 0
    certificate.write_bytes(trustme.CA().cert_pem.bytes())
    assert run("add", certificate).returncode == 0
    assert len(trust(tmp_path / ".pki/nssdb")) == 1


@needs_certutil
def test_a_database_that_cannot_be_changed_is_one_line(run, certificate, tmp_path):
    broken = tmp_path / ".mozilla/firefox/broken"
    broken.mkdir(parents=True)
    (broken / "cert9.db").write_text("no database")
    done = run("add", certificate)
    assert done.returncode == 1
    assert f"cannot write to {broken}" in done.stderr
    assert done.stderr.count("\n") == 1


def test_wrong_use_is_one_line(run, certificate, tmp_path, authority):
    key = tmp_path / "key.pem"
    key.write_bytes(authority.private_key_pem.bytes() + authority.cert_pem.bytes())
    other = tmp_path / "other.txt"
    other.write_text("hello")
    for arguments, words in [
        ((), "add or remove"),
        (("ad",), "add or remove"),
        (("add",), "one file"),
        (("add", tmp_path / "none.pem"), "cannot be read"),
        (("add", key), "private key"),
        (("add", other), "no PEM certificate"),
        (("remove", "x"), "nothing more"),
    ]:
        done = run(*arguments)
        assert done.returncode == 2
        assert words in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_missing_certutil_is_one_line(run, certificate, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "grep").symlink_to(shutil.which("grep"))
    done = run("add", certificate, path=str(tools))
    assert done.returncode == 1
    assert "certutil is missing" in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_is_printed(run):
    done = run("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage:")
