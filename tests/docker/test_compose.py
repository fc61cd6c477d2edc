"""The compose files: what they start is the image, and has no more rights than it needs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "docker").glob("compose*.yaml"))


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return document


def service(name: str) -> dict[str, Any]:
    (only,) = read(ROOT / "docker" / name)["services"].values()
    found: dict[str, Any] = only
    return found


def test_there_is_one_for_the_home_and_one_for_the_toolbox() -> None:
    assert [path.name for path in FILES] == ["compose.toolbox.yaml", "compose.yaml"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_service_has_no_rights_and_nothing_to_write_but_its_own(path: Path) -> None:
    one = service(path.name)
    assert one["cap_drop"] == ["ALL"]
    assert "cap_add" not in one
    assert "privileged" not in one
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["read_only"] is True
    assert [mount.partition(":")[0] for mount in one["tmpfs"]] == ["/tmp"]
    assert not any("docker.sock" in volume for volume in one["volumes"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_service_is_built_from_this_repository(path: Path) -> None:
    build = service(path.name)["build"]
    assert (path.parent / build["context"]).resolve() == ROOT
    assert (path.parent / build["context"] / "Dockerfile").is_file()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_variable_has_a_default_or_says_what_is_wanted(path: Path) -> None:
    variables = re.findall(r"\$\{([^}]*)\}", path.read_text(encoding="utf-8"))
    assert variables
    for variable in variables:
        assert re.fullmatch(r"GEACC_[A-Z]+(?::-.+|:\?.{10,})", variable), variable


def test_the_home_keeps_its_state_comes_back_and_is_not_open_to_the_world_unasked() -> None:
    one = service("compose.yaml")
    assert "state:/state" in one["volumes"]
    assert "state" in read(ROOT / "docker" / "compose.yaml")["volumes"]
    assert one["restart"] == "unless-stopped"
    # Who publishes a port without an address publishes it on all, and Docker goes round the firewall.
    assert [re.sub(r"\$\{[^}]*\}", "X", port) for port in one["ports"]] == ["X:8080:8080", "X:8081:8081"]
    assert one["command"] == ["run"]


def test_the_toolbox_has_every_extra_and_works_on_files_of_whoever_starts_it() -> None:
    one = service("compose.toolbox.yaml")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(one["build"]["args"]["EXTRAS"].split(",")) == set(extras)
    assert "GEACC_USER" in one["user"]
    assert one["environment"]["GEACC_STATE_DIR"].startswith("/data/")
    assert one["healthcheck"] == {"disable": True}
    assert "ports" not in one
