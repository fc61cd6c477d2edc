"""The API keeps to what it says of itself: made-up requests, right and wrong ones, against a real server and home."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import pytest
import schemathesis
import trustme
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from geacc_proxy.filter import Filter
from geacc_proxy.home import answers, devices, lists, requests, tokens
from geacc_proxy.home.home import Home
from geacc_proxy.home.lists import Lists
from geacc_proxy.home.storage import open_store
from geacc_proxy.home.tally import Tally
from geacc_proxy.journal import Journal
from geacc_proxy.policy.override import Scope
from geacc_proxy.verdict import Action
from geacc_proxy.web.server import AdminServer
from geacc_proxy.web.site import Site
from tests.journal.samples import entry

from .api import app_with_api
from .conftest import _Blind

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
)
EXAMPLES = 8
NOT_HERE = ["/v1/events", "/v1/preferences/test-message"]
"""One never ends, the other asks hosts of the internet."""


@dataclass
class Served:
    port: int = 0
    token: str = ""
    request: str = ""
    answer: str = ""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A home with something of everything, on a port of this machine, in a loop and a thread of its own."""
    folder = tmp_path_factory.mktemp("home")
    found = Served()
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    done = asyncio.Event()

    async def serve() -> None:
        home = await Home.open(lambda: open_store(folder / "geacc.db"), zone=UTC)
        journal = await Journal.open(folder / "geacc.db")
        for number in range(5):
            journal.record(entry(url=f"https://a.example/{number}.png", likeness=number))
        await journal.close()
        tally = await Tally.open(home, folder / "geacc.db")
        tally.page("annas-tablet", "a.example")
        await devices.add(home, "parent", name="Anna's tablet", profile="teen", address="192.168.1.20")
        await lists.subscribe(home, "parent", "adult", "https://lists.example/adult.txt")
        found.request = (await requests.ask(home, "annas-tablet", "site", "games.example", note="please")).key
        await answers.override(home, "parent", Action.SHOW, Scope.PICTURE, "0" * 32)
        found.answer = answers.active(home)[0].key
        found.token = await tokens.create(home, "parent", "tests", ["admin"])
        server = AdminServer(app_with_api(site(home, tally, folder)))
        await server.start("127.0.0.1", 0)
        found.port = server.port
        ready.set()
        await done.wait()
        await server.stop()
        await tally.close()
        await home.close()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        finally:
            ready.set()

    with ThreadPoolExecutor(1) as pool:
        served_out = pool.submit(run)
        assert ready.wait(60)
        if served_out.done():
            served_out.result()
        yield found
        loop.call_soon_threadsafe(done.set)
    loop.close()


class Kept(Lists):
    """Lists that are never fetched."""

    async def update(self, *, force: bool = False, only: str = "") -> None:
        pass


def site(home: Home, tally: Tally, folder: Any) -> Site:
    return Site(
        home=home,
        door=Filter(_Blind(), {"strict": 0.2, "balanced": 0.5, "lenient": 0.8}),
        state_dir=folder,
        proxy_host="",
        proxy_port=8080,
        admin_port=8081,
        certificate_pem=trustme.CA().cert_pem.bytes(),
        certificate_name="geacc-proxy",
        model="m@1",
        labels=("porn",),
        malign_labels=("porn",),
        strictness=(),
        version="0.1.0",
        is_healthy=lambda: True,
        through=lambda peer: None,
        tally=tally,
        lists=Kept(home, folder / "lists"),
    )


@pytest.fixture(scope="module")
def schema(served: Served) -> Any:
    found = schemathesis.openapi.from_url(f"http://127.0.0.1:{served.port}/api/openapi.json")
    return found.exclude(path=NOT_HERE)


def operations(schema: Any) -> list[Any]:
    """All, those that take things away last."""
    found = [result.ok() for result in schema.get_all_operations()]
    return sorted(found, key=lambda operation: operation.method.upper() == "DELETE")


def known(operation: Any, served: Served) -> dict[str, Any]:
    """What an operation's path names that is there."""
    area = operation.path.split("/")[2]
    key = {"devices": "annas-tablet", "requests": served.request, "answers": served.answer}.get(area)
    name = {"profiles": "teen", "lists": "adult"}.get(area)
    there = {"key": key, "name": name, "number": 1}
    return {parameter.name: there[parameter.name] for parameter in operation.path_parameters}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_whatever_is_asked_is_answered_as_the_description_says(
    schema: Any, served: Served, mode: GenerationMode
) -> None:
    statuses: set[int] = set()
    header = {"Authorization": f"Bearer {served.token}"}
    for operation in operations(schema):
        for there in (None, known(operation, served)):
            if mode is GenerationMode.NEGATIVE and there:
                continue

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                derandomize=True,
                database=None,
                phases=(Phase.explicit, Phase.generate),
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode, path_parameters=there or None))
            def check(case: Any) -> None:
                statuses.add(case.call_and_validate(checks=CHECKS, headers=header).status_code)

            check()
    assert statuses >= ({200, 201, 404} if mode is GenerationMode.POSITIVE else {404, 422})
