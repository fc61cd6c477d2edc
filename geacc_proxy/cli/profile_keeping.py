"""What `geacc-proxy profile` does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from geacc_proxy.cli.homekeeping import WHO, write_json_lines, write_table
from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.home import data, profiles
from geacc_proxy.home.telling import is_ready_made, profile_told

if TYPE_CHECKING:
    from geacc_proxy.home.home import Home
    from geacc_proxy.policy.profile import Profile

COLUMNS = ("Profile", "Name", "Filtering", "Strictness", "Video", "Time a day", "Devices")
_TOLD_BESIDE = ("name", "ready_made", "changed")
_MOST_BYTES = 2**20


async def show_all(home: Home, *, as_json: bool) -> None:
    """Print all profiles."""
    found = list(home.house.profiles.values())
    if as_json:
        write_json_lines(profile_told(home, profile) for profile in found)
    else:
        write_table(COLUMNS, [_row(home, profile) for profile in found], right=("Devices",))


async def show(home: Home, name: str, *, as_json: bool) -> None:
    """Print one profile, whole.

    Raises:
        UsageError: there is none of that name.
    """
    told = profile_told(home, existing(home, name))
    if as_json:
        write_json_lines([told])
        return
    width = max(map(len, told))
    for key, value in told.items():
        typer.echo(f"{key.ljust(width)}  {_words(value)}".rstrip())


async def save(
    home: Home,
    name: str,
    base: str,
    file: Path | None,
    given: Mapping[str, Any],
    time: tuple[bool, int | None] = (False, None),
) -> str:
    """Change a profile, or make a new one. Returns what was done, in a word.

    Args:
        home: where.
        name: the profile's.
        base: of a new one, the profile that it is like.
        file: a JSON object as `show --format json` prints it; what it leaves out takes its default.
        given: fields of the document that take the place of what was there before; those of None are left as they are.
            `sites` and `limits` are taken entry by entry.
        time: whether there is a new time limit, and which, in minutes a day.

    Raises:
        UsageError: a value is none that a profile can have, or nothing was given.
    """
    is_new = name not in home.house.profiles
    changes = {key: value for key, value in given.items() if value is not None}
    if time[0]:
        changes["daily_minutes"] = time[1]
    if file is not None:
        document = _read(file)
    else:
        if not changes and not is_new:
            raise UsageError(f"there is nothing to change of {name}; `geacc-proxy profile set --help` has the choices")
        document = data.of_profile(existing(home, base if is_new else name))
        if is_new:
            document["title"] = ""
    for key in ("sites", "limits"):
        if key in changes:
            changes[key] = {**document.get(key, {}), **changes[key]}
    await profiles.save(home, WHO, data.profile(name, document | changes))
    return "made" if is_new else "changed"


async def remove(home: Home, name: str) -> str:
    """Remove a profile, or set a ready-made one back. Returns what was done, in words."""
    await profiles.remove(home, WHO, name)
    return "set back to what it was" if is_ready_made(name) else "removed"


def existing(home: Home, name: str) -> Profile:
    """The profile with a name.

    Raises:
        UsageError: there is none.
    """
    found = home.house.profiles.get(name)
    if found is None:
        raise UsageError(f"there is no profile {name[:70]!r}; there are {', '.join(home.house.profiles)}")
    return found


def limits_of(texts: Sequence[str] | None) -> dict[str, float] | None:
    """Scores by label, of texts such as `malign=0.3`.

    Raises:
        UsageError: one is not of that form.
    """
    if texts is None:
        return None
    found = {}
    for text in texts:
        label, equals, score = text.partition("=")
        try:
            found[label.strip()] = float(score)
        except ValueError:
            equals = ""
        if not equals or not label.strip():
            raise UsageError(f"--limit {text[:60]!r} is none; write it as LABEL=SCORE, such as malign=0.3")
    return found


def sites_of(**lists: Sequence[str] | None) -> dict[str, list[str]] | None:
    """Those of a profile's lists of sites that were given; an empty text alone empties one."""
    given = {name: [site for site in sites if site] for name, sites in lists.items() if sites is not None}
    return given or None


def minutes_of(text: str | None) -> tuple[bool, int | None]:
    """Whether a time limit was given, and which; `none` takes it away.

    Raises:
        UsageError: it is none.
    """
    if text is None:
        return False, None
    if text == "none":
        return True, None
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"--daily-minutes {text[:20]!r} is none; it takes a number of minutes, or none for no limit")
    return True, int(text)


def _row(home: Home, profile: Profile) -> tuple[str, ...]:
    having = sum(device.profile == profile.name for device in home.house.devices.values())
    limit = "" if profile.daily_minutes is None else f"{profile.daily_minutes} min"
    return (
        profile.title or profile.name,
        profile.name,
        profile.filtering.value,
        profile.strictness.value,
        profile.video.value,
        limit,
        str(having),
    )


def _words(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "none"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
    return str(value)


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
        found = json.loads(content) if len(content) <= _MOST_BYTES else None
    except OSError as error:
        raise GeaccError(f"cannot read {file}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise UsageError(f"{file} is no profile; `geacc-proxy profile show NAME --format json` prints one")
    known = set(data.of_profile(data.profile("x", {})))
    unknown = sorted(set(found) - known - set(_TOLD_BESIDE))
    if unknown:
        raise UsageError(f"{file}: there is no {unknown[0][:60]!r} in a profile; there are {', '.join(sorted(known))}")
    return {key: value for key, value in found.items() if key in known}
