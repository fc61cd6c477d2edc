import csv
import io
import json

import pytest

from geacc_proxy.journal.entry import FIELDS, Entry
from geacc_proxy.journal.export import write_csv, write_json_lines
from tests.journal.samples import entry


def test_json_lines_read_back():
    stream = io.StringIO()
    lines = [entry(), entry(device="Zoë's tablet", malign=None, scores=())]
    assert write_json_lines(lines, stream) == 2
    assert [Entry.from_json(json.loads(line)) for line in stream.getvalue().splitlines()] == lines


def test_csv_has_the_same_columns_and_scores_as_json():
    stream = io.StringIO()
    assert write_csv([entry()], stream) == 1
    header, row = csv.reader(io.StringIO(stream.getvalue()))
    assert tuple(header) == FIELDS
    cells = dict(zip(header, row, strict=True))
    assert json.loads(cells["scores"]) == {"Porn": 0.6, "Sexy": 0.31, "Neutral": 0.09}
    assert (cells["malign"], cells["width"]) == ("0.91", "640")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " =", "\uff1d"])
def test_a_cell_that_a_spreadsheet_would_run_is_disarmed(start):
    stream = io.StringIO()
    write_csv([entry(device=start + 'HYPERLINK("https://example.org")')], stream)
    _, row = csv.reader(io.StringIO(stream.getvalue()))
    assert row[1].startswith("'" + start)
