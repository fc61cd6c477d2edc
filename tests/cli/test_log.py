import asyncio
import csv
import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from geacc_proxy.cli.log import app
from geacc_proxy.exceptions import JournalError, UsageError
from geacc_proxy.journal import Journal
from tests.journal.samples import entry

NOW = datetime.now(UTC)


async def fill(folder):
    journal = await Journal.open(folder / "geacc.db")
    journal.record(entry(time=NOW - timedelta(days=40), device="phone", url="https://a.example/0", page=""))
    journal.record(entry(time=NOW - timedelta(hours=3), reason="timed-out", malign=None, scores=()))
    journal.record(entry(time=NOW - timedelta(minutes=5), device="[red]", page="https://" + "long." * 20 + "example/"))
    await journal.close()


@pytest.fixture
def state(tmp_path):
    asyncio.run(fill(tmp_path))
    return tmp_path


def run(*arguments, state):
    return CliRunner(env={"COLUMNS": "80"}).invoke(app, [*arguments, "--state-dir", str(state)])


def devices(output):
    return [json.loads(line)["device"] for line in output.splitlines()]


def test_the_table_fits_eighty_columns_and_speaks_plainly(state):
    result = run("list", state=state)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    rows = [line for line in result.stdout.splitlines() if "640x480" in line]
    assert "[red]" in rows[0]
    assert "unfit for children" in rows[0]
    assert "91%" in rows[0]
    local = (NOW - timedelta(minutes=5)).astimezone()
    assert local.strftime("%H:%M") in rows[0]
    assert "example.org" in rows[1]
    assert "check took too long" in rows[1]
    assert "a.example" in rows[2]


def test_a_list_is_narrowed_by_time_device_and_number(state):
    assert devices(run("list", "--format", "json", state=state).stdout) == ["[red]", "tablet", "phone"]
    assert devices(run("list", "--format", "json", "--since", "7d", state=state).stdout) == ["[red]", "tablet"]
    assert devices(run("list", "--format", "json", "--limit", "1", state=state).stdout) == ["[red]"]
    assert devices(run("list", "--format", "json", "--device", "phone", state=state).stdout) == ["phone"]
    assert "--limit shows more" in run("list", "--limit", "1", state=state).stdout
    assert "in that time or on that device" in run("list", "--device", "nobody", state=state).stdout


@pytest.mark.parametrize("command", ["list", "purge"])
def test_a_log_that_is_missing_or_empty_is_no_error(tmp_path, command):
    arguments = (command, "--all", "--yes") if command == "purge" else (command,)
    result = run(*arguments, state=tmp_path / "none")
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
    assert "Nothing was hidden so far" in result.stdout
    assert not (tmp_path / "none").exists()
    (tmp_path / "geacc.db").touch()
    assert run(*arguments, state=tmp_path).exit_code == 0
    assert run("export", state=tmp_path).stdout == ""


def test_the_state_directory_may_come_from_the_environment(state):
    result = CliRunner(env={"GEACC_STATE_DIR": str(state)}).invoke(app, ["list", "--format", "json"])
    assert len(devices(result.stdout)) == 3


def test_an_export_goes_to_a_file_for_the_owner_alone(state, tmp_path):
    target = tmp_path / "export.csv"
    result = run("export", "--format", "csv", "--output", str(target), state=state)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "3 lines written" in result.stderr
    assert target.stat().st_mode & 0o777 == 0o600
    with target.open(newline="") as stream:
        assert [row["device"] for row in csv.DictReader(stream)] == ["[red]", "tablet", "phone"]
    assert devices(run("export", "--since", "1h", state=state).stdout) == ["[red]"]


def test_an_export_cannot_overwrite_the_log_nor_vanish(state):
    assert isinstance(run("export", "-o", str(state / "geacc.db"), state=state).exception, UsageError)
    error = run("export", "-o", str(state / "no" / "such" / "file"), state=state).exception
    assert isinstance(error, JournalError)
    assert "cannot write" in str(error)
    assert len(devices(run("export", state=state).stdout)) == 3


def test_a_purge_needs_to_know_what_and_to_be_told_yes(state):
    for wrong in ([], ["--all", "--before", "1d"], ["--before", "soon", "--yes"]):
        assert isinstance(run("purge", *wrong, state=state).exception, UsageError)
    refused = run("purge", "--all", state=state).exception
    assert isinstance(refused, UsageError)
    assert "add --yes" in str(refused)
    assert run("purge", "--older-than", "30d", "--yes", state=state).stdout == "1 line purged.\n"
    assert devices(run("export", state=state).stdout) == ["[red]", "tablet"]
    assert run("purge", "--device", "tablet", "--yes", state=state).stdout == "1 line purged.\n"
    assert run("purge", "--all", "--yes", state=state).stdout == "1 line purged.\n"
    assert b"example" not in b"".join(file.read_bytes() for file in state.glob("geacc.db*"))


@pytest.mark.parametrize(("answer", "left"), [(b"n\n", 3), (b"y\n", 0)])
def test_a_purge_asks_on_a_terminal(state, answer, left):
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", "from geacc_proxy.cli.log import app; app()", "purge", "--all", "--state-dir", state],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    os.close(theirs)
    os.write(ours, answer)
    output, _ = child.communicate(timeout=60)
    os.close(ours)
    assert b"Delete 3 lines from " in output
    assert len(devices(run("export", state=state).stdout)) == left


def test_help_needs_no_database_library():
    program = (
        "import sys; from typer.testing import CliRunner; from geacc_proxy.cli.log import app;"
        "assert CliRunner().invoke(app, ['list', '--help']).exit_code == 0;"
        "assert not {'sqlalchemy', 'alembic', 'mitmproxy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
