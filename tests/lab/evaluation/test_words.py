import pytest

from geacc_proxy.lab.evaluation import words
from geacc_proxy.lab.evaluation.estimate import Estimate, Share


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (words.percent(0.0512), "5.1 %"),
        (words.percent(None), "–"),
        (words.share(Share(51, 1000)), "5.1 % (3.9–6.6), 51 of 1,000"),
        (words.share(Share(0, 0)), "–"),
        (words.rate(Estimate(0.5)), "50.0 %"),
        (words.number(Estimate(0.9712, 0.96, 0.98)), "0.971 (0.960–0.980)"),
        (words.number(Estimate(1.0)), "1.000"),
        (words.number(Estimate()), "–"),
        (words.signed_rate(Estimate(-0.012, -0.02, 0.00001)), "-1.2 (-2.0 to +0.0)"),
        (words.signed_number(Estimate(-0.0001, -0.0002, 0.5)), "+0.000 (+0.000 to +0.500)"),
        (words.signed_number(Estimate()), "–"),
        (words.chance(0.0123), "0.012"),
        (words.chance(0.00001), "< 0.001"),
        (words.chance(None), "–"),
    ],
)
def test_figures_read_plainly(text, expected):
    assert text.replace("\N{NO-BREAK SPACE}", " ") == expected
