"""Devices: who is at home, what holds for them now, and their pauses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Self

from fastapi import APIRouter, HTTPException, Path
from pydantic import ConfigDict, Field, SecretStr, model_validator

from geacc_proxy.home import devices, passwords, traits
from geacc_proxy.home.home import Home
from geacc_proxy.home.telling import device_told
from geacc_proxy.home.tokens import Scope
from geacc_proxy.policy import device as policy
from geacc_proxy.policy.profile import Filtering
from geacc_proxy.web.api.access import Caller, needs
from geacc_proxy.web.api.home import Pause
from geacc_proxy.web.api.shapes import Done, Given, Line, Minutes, Moment, Told

router = APIRouter(tags=["devices"])
_Key = Annotated[str, Path(max_length=64, description="The device's key.", examples=["annas-tablet"])]
_Traits = Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=16)]
_Name = Annotated[Line, Field(min_length=1, max_length=60)]
_Port = Annotated[int, Field(ge=0, le=65535)]


class Now(Told):
    """What holds for a device at this moment."""

    filtering: Filtering = Field(description="What is done with pictures: `off` while filtering is paused.")
    paused: bool
    in_hours: bool = Field(description="Whether the schedule has the internet open.")
    minutes_left: int | None = Field(description="Of today's use; null without a limit.")
    used_minutes: int = Field(description="Of today's use.")


class Device(Told):
    """A device at home."""

    key: str = Field(examples=["annas-tablet"], description="Names it; never changes.")
    name: str = Field(examples=["Anna's tablet"])
    profile: str = Field(examples=["teen"], description="Name of its profile.")
    addresses: list[str] = Field(examples=[["192.168.1.20"]])
    macs: list[str] = Field(examples=[["3c:22:fb:01:02:03"]])
    login: str = Field(description="User name at the proxy; empty for none.")
    port: int = Field(description="Its own port of the proxy; 0 for none.")
    wireguard: str = Field(description="Public key of its tunnel; empty for none.")
    known: bool = Field(description="Whether a parent has named it or given it a profile.")
    first_seen: Moment | None
    last_seen: Moment | None
    paused_until: Moment | None = Field(description="Filtering is off for it until then.")
    bonus: tuple[str, int] = Field(description="An ISO date, and minutes that this day has more.")
    now: Now

    @classmethod
    def of(cls, device: policy.Device, home: Home) -> Self:
        """As it is told."""
        return cls.model_validate(device_told(home, device))


class NewDevice(Given):
    """A device that is to be known."""

    name: _Name = Field(examples=["Anna's tablet"])
    profile: Line = Field(examples=["teen"])
    addresses: _Traits = Field([], examples=[["192.168.1.20"]])
    macs: _Traits = Field([], examples=[["3c:22:fb:01:02:03"]])
    port: _Port = Field(0, description="Its own port of the proxy, from 1024 on; 0 for none.")


class DeviceChange(Given):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    name: _Name = ""
    profile: Line = Field("", min_length=1)
    addresses: _Traits = Field([])
    macs: _Traits = Field([])
    port: _Port = 0

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("there is nothing to change; give at least one of " + ", ".join(type(self).model_fields))
        return self


class Bonus(Given):
    """More time today."""

    minutes: Minutes = Field(examples=[30])


class Login(Given):
    """What a device shows the proxy, wherever it is."""

    login: str = Field(max_length=40, examples=["anna"])
    password: SecretStr = Field(
        strict=False, min_length=passwords.SHORTEST, max_length=passwords.LONGEST, examples=["correct horse battery"]
    )


@router.get("/devices", summary="All devices")
async def list_devices(caller: Annotated[Caller, needs(Scope.READ, Scope.DEVICES)]) -> list[Device]:
    """Scope: `read` or `devices`."""
    found = sorted(caller.home.house.devices.values(), key=lambda device: device.title.casefold())
    return [Device.of(device, caller.home) for device in found]


@router.post("/devices", summary="Add a device", status_code=201)
async def add_device(caller: Annotated[Caller, needs(Scope.DEVICES)], new: NewDevice) -> Device:
    """Scope: `devices`. Its key is made of its name."""
    fields = _read({"addresses": new.addresses, "macs": new.macs, "port": new.port})
    home = caller.home
    addresses, macs = fields["addresses"], fields["macs"]
    added = await devices.add(
        home,
        caller.who,
        name=new.name,
        profile=new.profile,
        address=addresses[0] if addresses else "",
        mac=macs[0] if macs else "",
        port=fields["port"],
    )
    if len(addresses) > 1 or len(macs) > 1:
        added = await devices.edit(home, caller.who, added.key, addresses=addresses, macs=macs)
    return Device.of(added, home)


@router.post("/devices/{key:path}/pause", summary="Pause filtering for a device, or go on")
async def pause_device(caller: Annotated[Caller, needs(Scope.DEVICES)], key: _Key, pause: Pause) -> Done:
    """Scope: `devices`."""
    found = _existing(caller, key)
    return Done(deed=await devices.pause(caller.home, caller.who, pause.minutes, found.key))


@router.post("/devices/{key:path}/bonus", summary="Give a device more time today")
async def give_bonus(caller: Annotated[Caller, needs(Scope.DEVICES)], key: _Key, bonus: Bonus) -> Device:
    """Scope: `devices`. It comes to what was given today already."""
    found = _existing(caller, key)
    return Device.of(await devices.bonus(caller.home, caller.who, found.key, bonus.minutes), caller.home)


@router.put("/devices/{key:path}/login", summary="Give a device a user name and a password at the proxy")
async def set_login(caller: Annotated[Caller, needs(Scope.DEVICES)], key: _Key, login: Login) -> Done:
    """Scope: `devices`. The password is kept as an argon2id hash, and told to nobody."""
    found = _existing(caller, key)
    password = login.password.get_secret_value()
    return Done(deed=await passwords.set_login(caller.home, caller.who, found.key, login.login, password))


@router.delete("/devices/{key:path}/login", summary="Take a device's user name and password away")
async def take_login(caller: Annotated[Caller, needs(Scope.DEVICES)], key: _Key) -> Done:
    """Scope: `devices`."""
    return Done(deed=await passwords.take_login(caller.home, caller.who, _existing(caller, key).key))


@router.get("/devices/{key:path}", summary="One device")
async def get_device(caller: Annotated[Caller, needs(Scope.READ, Scope.DEVICES)], key: _Key) -> Device:
    """Scope: `read` or `devices`."""
    return Device.of(_existing(caller, key), caller.home)


@router.patch("/devices/{key:path}", summary="Change a device")
async def edit_device(caller: Annotated[Caller, needs(Scope.DEVICES)], key: _Key, change: DeviceChange) -> Device:
    """Scope: `devices`. It counts as known from then on."""
    found = _existing(caller, key)
    fields = _read(change.model_dump(exclude_unset=True))
    return Device.of(await devices.edit(caller.home, caller.who, found.key, **fields), caller.home)


@router.delete("/devices/{key:path}", summary="Forget a device")
async def remove_device(caller: Annotated[Caller, needs(Scope.DEVICES)], key: _Key) -> Done:
    """Scope: `devices`. When it comes back it is a new one."""
    return Done(deed=await devices.remove(caller.home, caller.who, _existing(caller, key).key))


def _existing(caller: Caller, key: str) -> policy.Device:
    found = caller.home.house.devices.get(key)
    if found is None:
        raise HTTPException(404, f"there is no device {key[:70]!r}")
    return found


def _read(fields: dict[str, Any]) -> dict[str, Any]:
    """What a device is recognised by, in the form in which it is kept."""
    readers: dict[str, Callable[[Any], Any]] = {
        "addresses": lambda found: tuple(dict.fromkeys(map(traits.address, found))),
        "macs": lambda found: tuple(dict.fromkeys(map(traits.mac, found))),
        "port": traits.port,
    }
    return {name: readers[name](value) if name in readers else value for name, value in fields.items()}
