"""Settings: defaults, then `config.toml`, then `GEACC_*` in the environment, then flags; parsed once, here."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from platformdirs import user_state_path

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.policy.profile import Strictness

CONFIG_FILE = "config.toml"
_PREFIX = "GEACC_"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person can set.

    Attributes:
        host: address to listen on; empty for all interfaces.
        port: of the proxy.
        admin_port: of the admin pages and `/healthz`.
        mode: `regular`, `socks5`, `transparent`, `wireguard` or `upstream:URL`.
        model: a name or a path; empty for the embedded one.
        strictness: how sure the model must be, for devices that nobody has given a profile.
        timezone: of the clock that schedules follow, such as `Europe/Berlin`; empty for the system's.
        workers: processes that judge pictures; 0 chooses by the machine.
        upstream_ca: PEM file of further authorities to trust upstream; empty for none.
        max_picture_megabytes: a larger picture is hidden unseen.
        max_megapixels: as above, by its size in pixels.
        max_animation_megapixels: as above, all frames of a moving picture together.
        frames: how many frames of a moving picture are judged.
        tiles: how many parts of a large or very long picture are judged beside the whole.
        max_pictures_in_file: a file of more pictures (an icon's sizes, pages) is hidden.
        max_nesting: a picture deeper within pictures is hidden.
        tiny_pixels: a picture of no more pixels is shown without being judged.
        max_tiny_pictures: how many different ones of those a page may show.
        max_embedded_pictures: further pictures inside one text (`data:`) are hidden.
        max_embedded_megabytes: a larger picture inside a text is hidden.
        max_held_megabytes: of all responses that are held at a time; further ones are hidden.
        decode_seconds: a picture that takes longer is hidden.
        worker_megabytes: memory of one worker; a large model gets 128 MiB beyond its own need.
    """

    host: str = ""
    port: int = 8080
    admin_port: int = 8081
    mode: str = "regular"
    model: str = ""
    strictness: Strictness = Strictness.STRICT
    timezone: str = ""
    workers: int = 0
    upstream_ca: str = ""
    max_picture_megabytes: int = 32
    max_megapixels: int = 50
    max_animation_megapixels: int = 200
    frames: int = 16
    tiles: int = 16
    max_pictures_in_file: int = 32
    max_nesting: int = 3
    tiny_pixels: int = 256
    max_tiny_pictures: int = 64
    max_embedded_pictures: int = 500
    max_embedded_megabytes: int = 16
    max_held_megabytes: int = 256
    decode_seconds: float = 10.0
    worker_megabytes: int = 640


def state_directory(given: Path | None = None) -> Path:
    """Where all that must survive lies: as given, else `GEACC_STATE_DIR`, else the system's place for it."""
    if given is not None:
        return given
    named = os.environ.get(f"{_PREFIX}STATE_DIR")
    return Path(named) if named else user_state_path("geacc-proxy", appauthor=False)


def prepare_state_directory(folder: Path) -> Path:
    """Make the folder where it is missing, readable by its owner alone.

    Raises:
        GeaccError: it cannot be made or written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise GeaccError(
            f"cannot write to the state directory {folder}: {error.strerror}; choose another with --state-dir"
        ) from error
    return folder


def load(
    config: Path | None, state_dir: Path, flags: Mapping[str, Any], environ: Mapping[str, str] = os.environ
) -> Settings:
    """All sources, the later over the earlier.

    Args:
        config: the file that was asked for, or None for `config.toml` in the state directory, where there is one.
        state_dir: the state directory.
        flags: values from the command line; None means not given.
        environ: the environment.

    Raises:
        UsageError: an unknown key or a bad value; it names the key, the value and what would be right.
    """
    values = _from_file(config, state_dir) | _from_environment(environ)
    values |= {key: _checked(key, value, _flag(key)) for key, value in flags.items() if value is not None}
    return Settings(**values)


def _from_file(config: Path | None, state_dir: Path) -> dict[str, Any]:
    path = config or state_dir / CONFIG_FILE
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if config is None:
            return {}
        raise UsageError(f"{path}: no such file; --config takes a TOML file") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not TOML: {error}") from error
    return {key: _checked(key, value, f"{path}: {key}") for key, value in found.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for name, text in environ.items():
        key = name.removeprefix(_PREFIX).lower()
        if name.startswith(_PREFIX) and key != "state_dir":
            values[key] = _checked(key, text, name)
    return values


def _flag(key: str) -> str:
    return "--" + key.replace("_", "-")


def _checked(key: str, value: Any, where: str) -> Any:
    rule = _RULES.get(key)
    if rule is None:
        raise UsageError(f"{where}: no such setting; there are {', '.join(sorted(_RULES))}")
    try:
        return rule.parse(value)
    except (TypeError, ValueError, KeyError, OSError):  # the latter two: time zones that are none
        raise UsageError(f"{where} is {value!r}; {rule.wanted}") from None


@dataclass(frozen=True, slots=True)
class _Rule:
    parse: Callable[[Any], Any]
    wanted: str


def _whole(low: int, high: int) -> _Rule:
    def parse(value: Any) -> int:
        if isinstance(value, (bool, float)) or not low <= int(value) <= high:
            raise ValueError
        return int(value)

    return _Rule(parse, f"it takes a whole number from {low} to {high}")


def _number(low: float, high: float) -> _Rule:
    def parse(value: Any) -> float:
        if isinstance(value, bool) or not low <= float(value) <= high:
            raise ValueError
        return float(value)

    return _Rule(parse, f"it takes a number from {low:g} to {high:g}")


def _text(wanted: str) -> _Rule:
    def parse(value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError
        return value

    return _Rule(parse, wanted)


def _mode(value: Any) -> str:
    if value in ("regular", "socks5", "transparent", "wireguard") or (
        isinstance(value, str) and value.startswith("upstream:http") and "://" in value
    ):
        return str(value)
    raise ValueError


def _timezone(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    if value:
        ZoneInfo(value)  # ZoneInfoNotFoundError is a KeyError, a bad name a ValueError
    return value


_RULES: dict[str, _Rule] = {
    "host": _text("it takes an address such as 127.0.0.1, or nothing for all interfaces"),
    "port": _whole(1, 65535),
    "admin_port": _whole(1, 65535),
    "mode": _Rule(_mode, "it takes regular, socks5, transparent, wireguard or upstream:http://HOST:PORT"),
    "model": _text("it takes the name of a model or the path of a file"),
    "strictness": _Rule(Strictness, f"it takes {', '.join(Strictness)}"),
    "timezone": _Rule(_timezone, "it takes a name such as Europe/Berlin, or nothing for the system's"),
    "workers": _whole(0, 64),
    "upstream_ca": _text("it takes the path of a PEM file"),
    "max_picture_megabytes": _whole(1, 512),
    "max_megapixels": _whole(1, 178),
    "max_animation_megapixels": _whole(1, 10_000),
    "frames": _whole(2, 256),
    "tiles": _whole(0, 64),
    "max_pictures_in_file": _whole(1, 256),
    "max_nesting": _whole(0, 8),
    "tiny_pixels": _whole(0, 4096),
    "max_tiny_pictures": _whole(0, 10_000),
    "max_embedded_pictures": _whole(0, 10_000),
    "max_embedded_megabytes": _whole(1, 512),
    "max_held_megabytes": _whole(32, 16_384),
    "decode_seconds": _number(0.5, 120),
    "worker_megabytes": _whole(256, 16_384),
}
if set(_RULES) != {field.name for field in fields(Settings)}:  # pragma: no cover
    raise RuntimeError("every setting needs a rule")
