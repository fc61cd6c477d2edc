from datetime import UTC, datetime

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.journal.moment import moment

NOW = datetime(2026, 5, 8, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("30m", datetime(2026, 5, 8, 11, 30, tzinfo=UTC)),
        ("2h", datetime(2026, 5, 8, 10, 0, tzinfo=UTC)),
        (" 7D ", datetime(2026, 5, 1, 12, 0, tzinfo=UTC)),
        ("1w", datetime(2026, 5, 1, 12, 0, tzinfo=UTC)),
        ("2026-05-01T18:30+02:00", datetime(2026, 5, 1, 16, 30, tzinfo=UTC)),
        ("2026-05-01", datetime(2026, 5, 1).astimezone()),
    ],
)
def test_ages_and_dates_are_understood(typed, meant):
    assert moment(typed, "--since", NOW) == meant


@pytest.mark.parametrize("typed", ["", "yesterday", "7", "-2h", "2y", "999999w", "2026-13-01"])
def test_anything_else_is_refused_with_what_would_be_right(typed):
    with pytest.raises(UsageError, match=r"--since: .* right would be an age such as 30m, 2h or 7d"):
        moment(typed, "--since", NOW)
