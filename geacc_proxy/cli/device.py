"""`geacc-proxy device`: who is at home, what holds for them, and the files that set them up."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from geacc_proxy.cli.options import ListFormat, StateDir
from geacc_proxy.exceptions import UsageError

app = typer.Typer(
    help="List, add and change devices, pause filtering, and write the files that set a device up.",
    no_args_is_help=True,
)


class Fallback(StrEnum):
    """What a device does while the proxy cannot be reached."""

    CLOSED = "closed"
    OPEN = "open"


_Device = Annotated[str, typer.Argument(metavar="DEVICE", help="Its key or its name, as `list` shows them.")]
_Addresses = Annotated[
    list[str] | None, typer.Option("--address", metavar="IP", help="IP address; may be given several times.")
]
_Macs = Annotated[
    list[str] | None, typer.Option("--mac", metavar="MAC", help="Hardware address; may be given several times.")
]
_Port = Annotated[int | None, typer.Option(help="A port of the proxy for it alone, from 1024 on; 0 for none.")]
_Stdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command("list")
def list_(
    format: Annotated[  # noqa: A002
        ListFormat, typer.Option(help="json: one object a line.")
    ] = ListFormat.TABLE,
    state_dir: StateDir = None,
) -> None:
    """Show all devices, and what holds for them now."""
    from geacc_proxy.cli.device_keeping import show
    from geacc_proxy.cli.homekeeping import at_home

    at_home(state_dir, lambda home: show(home, as_json=format is ListFormat.JSON))


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help='What to call it, such as "Anna\'s tablet".')],
    profile: Annotated[str, typer.Option(help="Name of its profile; `profile list` shows them.")],
    address: _Addresses = None,
    mac: _Macs = None,
    port: _Port = None,
    login: Annotated[str, typer.Option(metavar="USER", help="User name at the proxy; asks for a password.")] = "",
    password_stdin: _Stdin = False,
    state_dir: StateDir = None,
) -> None:
    """Enter a device."""
    from geacc_proxy.cli.device_keeping import Marks, log_in
    from geacc_proxy.cli.device_keeping import add as enter
    from geacc_proxy.cli.homekeeping import at_home
    from geacc_proxy.home.home import Home

    password = _password(login, name, from_stdin=password_stdin)

    async def work(home: Home) -> str:
        device = await enter(home, name, profile, Marks(address, mac, port))
        if login:
            await log_in(home, device.key, login, password)
        return device.key

    typer.echo(f"{at_home(state_dir, work)} added.")


@app.command()
def edit(
    device: _Device,
    name: Annotated[str | None, typer.Option(help="What to call it.")] = None,
    profile: Annotated[str | None, typer.Option(help="Name of its profile.")] = None,
    address: _Addresses = None,
    mac: _Macs = None,
    port: _Port = None,
    state_dir: StateDir = None,
) -> None:
    """Change a device; what is given takes the place of what it had, --address "" of all its addresses."""
    from geacc_proxy.cli.device_keeping import Marks
    from geacc_proxy.cli.device_keeping import edit as change
    from geacc_proxy.cli.homekeeping import at_home

    changed = at_home(state_dir, lambda home: change(home, device, name, profile, Marks(address, mac, port)))
    typer.echo(f"{changed.title} changed.")


@app.command()
def remove(device: _Device, state_dir: StateDir = None) -> None:
    """Forget a device; when it comes back it is a new one."""
    from geacc_proxy.cli.device_keeping import found
    from geacc_proxy.cli.homekeeping import WHO, at_home
    from geacc_proxy.home import devices
    from geacc_proxy.home.home import Home

    async def work(home: Home) -> int:
        return await devices.remove(home, WHO, found(home, device).key)

    typer.echo(f"Removed; `geacc-proxy log undo {at_home(state_dir, work)}` takes it back.")


@app.command()
def pause(
    device: Annotated[str, typer.Argument(metavar="[DEVICE]", help="Its key or its name.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="For all devices.")] = False,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="For how long.")] = 30,
    state_dir: StateDir = None,
) -> None:
    """Pause filtering for a device, or with --all for all."""
    _pause(device, minutes, state_dir, for_all=all_)
    typer.echo(f"Filtering is paused for {minutes} minutes.")


@app.command()
def resume(
    device: Annotated[str, typer.Argument(metavar="[DEVICE]", help="Its key or its name.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="End the pause that is for all.")] = False,
    state_dir: StateDir = None,
) -> None:
    """End a pause."""
    _pause(device, None, state_dir, for_all=all_)
    typer.echo("Filtering goes on.")


@app.command()
def bonus(
    device: _Device,
    minutes: Annotated[int, typer.Argument(metavar="MINUTES", min=1, max=1440, help="How much more.")],
    state_dir: StateDir = None,
) -> None:
    """Give a device more time today, beside what it was given already."""
    from geacc_proxy.cli.device_keeping import found
    from geacc_proxy.cli.homekeeping import WHO, at_home
    from geacc_proxy.home import devices
    from geacc_proxy.home.home import Home

    async def work(home: Home) -> int:
        return (await devices.bonus(home, WHO, found(home, device).key, minutes)).bonus[1]

    typer.echo(f"{at_home(state_dir, work)} minutes more today.")


@app.command()
def login(
    device: _Device,
    user: Annotated[str, typer.Argument(metavar="[USER]", help="User name at the proxy.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take user name and password away.")] = False,
    password_stdin: _Stdin = False,
    state_dir: StateDir = None,
) -> None:
    """Give a device a user name and a password at the proxy, by which it is recognised wherever it is."""
    from geacc_proxy.cli.device_keeping import log_in
    from geacc_proxy.cli.homekeeping import at_home

    if bool(user) is remove:
        raise UsageError("give a user name, or --remove to take it away")
    password = _password(user, device, from_stdin=password_stdin)
    at_home(state_dir, lambda home: log_in(home, device, user, password))
    typer.echo("Taken away." if remove else f"{user} may log in.")


@app.command()
def policy(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Name of a file; without it all are listed.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write it; standard output without it.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address by which devices reach this machine; found out without it.")] = "",
    fallback: Annotated[
        Fallback | None, typer.Option(help="Without the proxy: load nothing, or unfiltered. As set on the pages.")
    ] = None,
    ssid: Annotated[str, typer.Option(help="Wi-Fi network whose proxy a .mobileconfig sets.")] = "",
    wifi_password_stdin: Annotated[
        bool, typer.Option("--wifi-password-stdin", help="Read that network's password from standard input.")
    ] = False,
    state_dir: StateDir = None,
) -> None:
    """Write a file that sets a device up, or list those that there are."""
    from geacc_proxy.cli.setup_files import Order, list_files, write_file

    if not file:
        list_files()
        return
    fallback_word = "" if fallback is None else fallback.value
    write_file(Order(file, out, host, fallback_word, ssid, wifi_password_stdin), state_dir)


def _pause(device: str, minutes: int | None, state_dir: Path | None, *, for_all: bool) -> None:
    from geacc_proxy.cli.device_keeping import found
    from geacc_proxy.cli.homekeeping import WHO, at_home
    from geacc_proxy.home import devices
    from geacc_proxy.home.home import Home

    if bool(device) is for_all:
        raise UsageError("say for which device, or --all")

    async def work(home: Home) -> int:
        return await devices.pause(home, WHO, minutes, found(home, device).key if device else "")

    at_home(state_dir, work)


def _password(user: str, device: str, *, from_stdin: bool) -> str:
    if not user:
        return ""
    from geacc_proxy.cli.homekeeping import password
    from geacc_proxy.home.passwords import checked
    from geacc_proxy.home.traits import login as checked_login

    checked_login(user)
    return checked(password(device, from_stdin=from_stdin))
