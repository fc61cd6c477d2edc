from __future__ import annotations

from geacc_proxy.lab.training.stopping import Stopping


def after(losses: list[float], patience: int = 2, min_delta: float = 0.01) -> Stopping:
    stopping = Stopping(patience, min_delta)
    for epoch, loss in enumerate(losses, start=1):
        stopping = stopping.after(epoch, loss)
    return stopping


def test_training_goes_on_while_the_loss_falls() -> None:
    assert not after([1.0, 0.9, 0.8, 0.7]).is_over


def test_training_stops_when_patience_has_run_out() -> None:
    assert not after([1.0, 0.5, 0.6]).is_over
    assert after([1.0, 0.5, 0.6, 0.7]).is_over


def test_what_is_lower_by_less_than_the_delta_is_no_improvement_and_still_the_best() -> None:
    found = after([1.0, 0.995, 0.993])
    assert found.is_over
    assert (found.best_epoch, found.best_loss) == (3, 0.993)


def test_small_steps_add_up_to_an_improvement() -> None:
    assert not after([1.0, 0.994, 0.988]).is_over


def test_the_first_of_equal_epochs_is_the_best() -> None:
    assert after([0.5, 0.5]).best_epoch == 1
