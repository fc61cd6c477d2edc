import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from geacc_proxy.exceptions import JournalError
from geacc_proxy.journal import migrations
from geacc_proxy.journal.database import closing_engine, prepare
from geacc_proxy.journal.tables import Base


def one_line(error: pytest.ExceptionInfo[JournalError]) -> str:
    message = str(error.value)
    assert "\n" not in message
    return message


def test_migrations_from_empty_make_the_tables_that_the_code_expects(tmp_path):
    path = tmp_path / "geacc.db"
    prepare(path)
    with closing_engine(path) as engine, engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_the_named_steps_are_those_that_alembic_finds():
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    steps = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(steps)) == migrations.REVISIONS


def test_the_file_and_its_companions_are_for_the_owner_alone(tmp_path):
    path = tmp_path / "state" / "geacc.db"
    prepare(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        connection.execute("CREATE TABLE extra (a)")
        assert path.with_name("geacc.db-wal").exists()
        assert [file.stat().st_mode & 0o777 for file in path.parent.iterdir()] == [0o600] * 3
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_database_that_is_up_to_date_is_opened_without_alembic(tmp_path):
    prepare(tmp_path / "geacc.db")
    program = (
        "import pathlib, sys; from geacc_proxy.journal.database import prepare;"
        "prepare(pathlib.Path(sys.argv[1])); assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path / "geacc.db"], check=True)


def test_naming_the_journal_does_not_import_sqlalchemy():
    program = "import sys, geacc_proxy.journal; assert 'sqlalchemy' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_several_programs_may_make_the_same_database_at_once(tmp_path):
    program = (
        "import pathlib, sys, alembic.command; from geacc_proxy.journal.database import prepare;"
        "print('ready', flush=True); sys.stdin.read(); prepare(pathlib.Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", program, tmp_path / "geacc.db"]
    with ExitStack() as stack:
        children = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            for _ in range(3)
        ]
        assert [child.stdout.readline() for child in children] == [b"ready\n"] * 3
        for child in children:
            child.stdin.close()
        assert [child.wait(60) for child in children] == [0] * 3


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "geacc.db"
    prepare(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(JournalError) as error:
        prepare(path)
    assert f"{path} was written by a newer geacc-proxy (its layout is 9999" in one_line(error)
    assert "update geacc-proxy" in str(error.value)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "geacc.db"
    path.write_text("Dear diary, " * 100)
    with pytest.raises(JournalError) as error:
        prepare(path)
    assert f"{path} is not a usable database" in one_line(error)
    assert path.read_text().startswith("Dear diary")


def test_a_database_of_another_program_is_refused(tmp_path):
    path = tmp_path / "geacc.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (a)")
    with pytest.raises(JournalError) as error:
        prepare(path)
    assert "another program (it has a table recipes)" in one_line(error)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(JournalError) as error:
        prepare(tmp_path / "file" / "state" / "geacc.db")
    assert f"{tmp_path / 'file' / 'state' / 'geacc.db'} cannot be written" in one_line(error)
    (tmp_path / "geacc.db").mkdir()
    with pytest.raises(JournalError) as error:
        prepare(tmp_path / "geacc.db")
    assert "cannot be written" in one_line(error)
