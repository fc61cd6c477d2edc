"""The folder of models: names, workplaces, and models that appear whole."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.models.store import check_name, install, kept_bytes, name_from, workplace


class KeepError(Exception):
    pass


def never() -> None:
    raise AssertionError("nobody else is here")


def staged(models: Path, content: str) -> Path:
    folder = models / "partial" / "small" / "staged"
    folder.mkdir(parents=True)
    (folder / "small.tflite").write_text(content)
    return folder


@pytest.mark.parametrize("name", ["nsfwjs-inception_v3", "a", "Model.2", "x" * 100])
def test_names_of_models(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "..", ".hidden", "a/b", "a b", "ä", "x" * 101, "embedded", "Partial", "converted", "default", "a\n"]
)
def test_what_cannot_be_a_name_is_wrong_use(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_name(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name"), [("My model (v2)", "My-model-v2"), ("../..", ""), ("été", "t"), ("a" * 200, "a" * 100)]
)
def test_a_name_is_made_of_a_files_name(text: str, name: str) -> None:
    assert name_from(text) == name


def test_a_workplace_is_gone_afterwards_with_all_that_was_in_it(tmp_path: Path) -> None:
    with workplace(tmp_path / "models", "small", wait=never, keeps=()) as place:
        assert place == tmp_path / "models" / "partial" / "small"
        (place / "file").write_text("x")
    assert list((tmp_path / "models").iterdir()) == []


def fail(models: Path, file: str, error: Exception) -> None:
    """Work on a model, leave a file that holds its own name, and fail."""
    with workplace(models, "small", wait=never, keeps=(KeepError,)) as place:
        (place / file).write_text(file)
        raise error


def test_a_workplace_stays_after_what_can_be_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(KeepError):
        fail(tmp_path, "file", KeepError())
    assert (tmp_path / "partial" / "small" / "file").read_text() == "file"


def test_what_is_kept_of_interrupted_downloads_is_known(tmp_path: Path) -> None:
    with pytest.raises(KeepError):
        fail(tmp_path, "model.tflite.part", KeepError())
    assert kept_bytes(tmp_path) == len("model.tflite.part")
    assert kept_bytes(tmp_path / "none") == 0


def test_a_workplace_is_gone_after_what_cannot(tmp_path: Path) -> None:
    with pytest.raises(KeepError):
        fail(tmp_path, "file", KeepError())
    with pytest.raises(ValueError, match="wrong"):
        fail(tmp_path, "other", ValueError("wrong"))
    assert list(tmp_path.iterdir()) == []


def test_a_workplace_without_a_byte_in_it_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(KeepError), workplace(tmp_path, "small", wait=never, keeps=(KeepError,)):
        raise KeepError
    assert list(tmp_path.iterdir()) == []


def test_a_model_appears_whole_and_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    for content in ("first", "second"):
        assert install(staged(tmp_path, content), tmp_path, "small") == tmp_path / "small"
        assert (tmp_path / "small" / "small.tflite").read_text() == content
        assert list((tmp_path / "partial" / "small").iterdir()) == []


def test_a_model_that_cannot_be_put_in_its_place_leaves_the_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(staged(tmp_path, "first"), tmp_path, "small")
    folder = staged(tmp_path, "second")
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self == folder:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(GeaccError, match=r"cannot write to .*: Input/output error"):
        install(folder, tmp_path, "small")
    assert (tmp_path / "small" / "small.tflite").read_text() == "first"


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(GeaccError, match=r"cannot write to .*: Not a directory"),
        workplace(tmp_path / "file" / "models", "small", wait=never, keeps=()),
    ):
        raise AssertionError("there is no such place")


SECOND = """
import sys
from pathlib import Path
from geacc_proxy.models.store import workplace
with workplace(Path(sys.argv[1]), "small", wait=lambda: print("waiting", flush=True), keeps=()) as place:
    print(sorted(one.name for one in place.iterdir()), flush=True)
"""


def test_a_second_process_waits_and_then_has_the_workplace_for_itself(tmp_path: Path) -> None:
    with workplace(tmp_path, "small", wait=never, keeps=()) as place:
        (place / "file").touch()
        second = subprocess.Popen([sys.executable, "-c", SECOND, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert second.stdout is not None
        assert second.stdout.readline() == "waiting\n"
    output, _ = second.communicate(timeout=30)
    assert output == "[]\n"
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_was_killed_leaves_no_lock(tmp_path: Path) -> None:
    program = SECOND + "    import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n"
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.DEVNULL, check=False)
    assert (tmp_path / "partial" / "small.lock").exists()
    with workplace(tmp_path, "small", wait=never, keeps=()):
        pass
    assert list(tmp_path.iterdir()) == []
