"""`geacc-proxy profile`: what holds for a child."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geacc_proxy.cli.options import ListFormat, StateDir
from geacc_proxy.policy.profile import Effect, Filtering, Strictness, Video

app = typer.Typer(help="List, show, change and remove profiles.", no_args_is_help=True)


_Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name, such as under-12.")]
_Format = Annotated[ListFormat, typer.Option(help="json: one object a line.")]
_Sites = list[str] | None


@app.command("list")
def list_(format: _Format = ListFormat.TABLE, state_dir: StateDir = None) -> None:  # noqa: A002
    """Show all profiles."""
    from geacc_proxy.cli.homekeeping import at_home
    from geacc_proxy.cli.profile_keeping import show_all

    at_home(state_dir, lambda home: show_all(home, as_json=format is ListFormat.JSON))


@app.command()
def show(name: _Name, format: _Format = ListFormat.TABLE, state_dir: StateDir = None) -> None:  # noqa: A002
    """Show all that holds with a profile."""
    from geacc_proxy.cli.homekeeping import at_home
    from geacc_proxy.cli.profile_keeping import show as show_one

    at_home(state_dir, lambda home: show_one(home, name, as_json=format is ListFormat.JSON))


@app.command("set")
def set_(
    name: _Name,
    like: Annotated[str, typer.Option(metavar="NAME", help="Of a new profile: what it begins as.")] = "new-device",
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A whole profile, as `show --format json` prints it.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="What to call it.")] = None,
    strictness: Annotated[Strictness | None, typer.Option(help="How sure the model must be.")] = None,
    filtering: Annotated[Filtering | None, typer.Option(help="Hide, only log, or neither.")] = None,
    effect: Annotated[Effect | None, typer.Option(help="What stands in the place of a hidden picture.")] = None,
    video: Annotated[Video | None, typer.Option(help="What is done with moving pictures.")] = None,
    hide_unjudged: Annotated[
        bool | None, typer.Option("--hide-unjudged/--show-unjudged", help="What could not be judged.")
    ] = None,
    safe_search: Annotated[bool | None, typer.Option("--safe-search/--any-search", help="Of search engines.")] = None,
    thumbnails: Annotated[
        bool | None, typer.Option("--thumbnails/--no-thumbnails", help="Blurred ones in the block log.")
    ] = None,
    daily_minutes: Annotated[str | None, typer.Option(metavar="MINUTES", help="Of use a day; none: no limit.")] = None,
    limit: Annotated[
        list[str] | None, typer.Option(metavar="LABEL=SCORE", help="For experts: hide from this score on.")
    ] = None,
    allow: Annotated[_Sites, typer.Option(metavar="SITE", help='Always open; "" for none.')] = None,
    block: Annotated[_Sites, typer.Option(metavar="SITE", help='Never open; "" for none.')] = None,
    unfiltered: Annotated[_Sites, typer.Option(metavar="SITE", help='Pictures shown unjudged; "" for none.')] = None,
    video_site: Annotated[_Sites, typer.Option(metavar="SITE", help='Where videos play; "" for none.')] = None,
    block_list: Annotated[_Sites, typer.Option(metavar="LIST", help='Subscribed block list; "" for none.')] = None,
    state_dir: StateDir = None,
) -> None:
    """Change a profile, or make a new one; lists of sites are given whole, a flag for each."""
    from geacc_proxy.cli.homekeeping import at_home
    from geacc_proxy.cli.profile_keeping import limits_of, minutes_of, save, sites_of

    given = {
        "title": title,
        "strictness": strictness,
        "filtering": filtering,
        "effect": effect,
        "video": video,
        "hide_unjudged": hide_unjudged,
        "safe_search": safe_search,
        "thumbnails": thumbnails,
        "limits": limits_of(limit),
        "sites": sites_of(allow=allow, block=block, unfiltered=unfiltered),
        "video_sites": None if video_site is None else [site for site in video_site if site],
        "block_lists": None if block_list is None else [name for name in block_list if name],
    }
    time = minutes_of(daily_minutes)
    done = at_home(state_dir, lambda home: save(home, name, like, file, given, time))
    typer.echo(f"{name} {done}.")


@app.command()
def remove(name: _Name, state_dir: StateDir = None) -> None:
    """Remove a profile; a ready-made one is set back to what it was."""
    from geacc_proxy.cli.homekeeping import at_home
    from geacc_proxy.cli.profile_keeping import remove as take_away

    done = at_home(state_dir, lambda home: take_away(home, name))
    typer.echo(f"{name} {done}.")
