"""Words from elsewhere fit into one line."""

from __future__ import annotations

from geacc_proxy.models.conversion.wording import brief, shown


def test_names_are_short_and_printable() -> None:
    assert shown("dense_1") == "dense_1"
    assert shown("a\nb\x1b[2J") == "a?b?[2J"
    assert len(shown("x" * 1000)) == 100


def test_the_exception_that_keras_wraps_is_told() -> None:
    called = "Exception encountered when calling Conv2D.call().\n\n\x1b[1mNo such padding.\x1b[0m\n\nArguments: 1"
    assert brief(ValueError(called)) == "No such padding."
    built = "<class X> could not be deserialized.\n\nException encountered: Unknown key.\n\nconfig={}"
    assert brief(TypeError(built)) == "Unknown key."
    assert brief(ValueError("{{function_node a/b:0}} Only NHWC.")) == "Only NHWC."
    assert brief(KeyError("layers")) == "'layers' is missing"
    assert brief(MemoryError()) == "MemoryError"
