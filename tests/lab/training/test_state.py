from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.lab.training.state import Epoch, State, load, save
from geacc_proxy.lab.training.stopping import Stopping

STATE = State(
    (Epoch(1, 0.5, 0.75, 0.4, 0.8, 1.5),),
    Stopping(10, 0.01).after(1, 0.4),
    (np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7, np.int64), np.array([1, 2], np.uint32)),
)


def test_a_state_is_read_back_as_it_was(tmp_path: Path) -> None:
    save(STATE, tmp_path / "state.npz")
    found = load(tmp_path / "state.npz")
    assert found is not None
    assert (found.history, found.stopping) == (STATE.history, STATE.stopping)
    for one, other in zip(found.variables, STATE.variables, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_variables_keep_their_order_however_many_there_are(tmp_path: Path) -> None:
    variables = tuple(np.array(number) for number in range(150))
    save(State((), Stopping(1, 0), variables), tmp_path / "state.npz")
    found = load(tmp_path / "state.npz")
    assert found is not None
    assert [int(one) for one in found.variables] == list(range(150))


def test_infinite_losses_of_a_run_without_epochs_survive(tmp_path: Path) -> None:
    save(State((), Stopping(1, 0), ()), tmp_path / "state.npz")
    found = load(tmp_path / "state.npz")
    assert found is not None
    assert found.stopping == Stopping(1, 0)


def test_there_is_no_state_before_the_first_epoch(tmp_path: Path) -> None:
    assert load(tmp_path / "state.npz") is None


def test_a_state_cut_short_while_it_was_written_does_not_take_the_last_ones_place(tmp_path: Path) -> None:
    save(STATE, tmp_path / "state.npz")
    (tmp_path / "state.partial").write_bytes(b"PK half of a new state")
    assert load(tmp_path / "state.npz") is not None


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_a_damaged_state_is_one_line(tmp_path: Path, damage: bytes | None) -> None:
    path = tmp_path / "state.npz"
    save(STATE, path)
    path.write_bytes(path.read_bytes()[:300] if damage is None else damage)
    with pytest.raises(GeaccError, match=r"state\.npz is damaged .*; begin anew") as caught:
        load(path)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_gone_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(GeaccError, match="cannot write"):
        save(STATE, tmp_path / "gone" / "state.npz")
