from __future__ import annotations

import contextlib
import signal

import pytest

from geacc_proxy.lab.training.signals import Signals, Stopped


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_work(number: signal.Signals) -> None:
    signals = Signals()
    with pytest.raises(Stopped), signals.heeded():
        signal.raise_signal(number)
    assert signals.number == number


def test_a_wish_that_a_library_swallows_is_remembered() -> None:
    signals = Signals()
    signals.check()
    with signals.heeded(), contextlib.suppress(BaseException):
        signal.raise_signal(signal.SIGTERM)
    with pytest.raises(Stopped):
        signals.check()


def test_signals_mean_afterwards_what_they_meant_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Signals().heeded():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
