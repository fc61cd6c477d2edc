from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from geacc_proxy.journal import migrations
from geacc_proxy.journal.database import closing_engine
from geacc_proxy.journal.kinds import band
from geacc_proxy.journal.reader import Reader
from geacc_proxy.journal.search import Query, search
from tests.journal.samples import MORNING, entry

OLD = (
    "INSERT INTO block_log (time, device, profile, page, url, digest, width, height, format, malign, scores, model, "
    "decision, reason) VALUES (1777622400000000, 'tablet', 'child', :page, :url, '0123456789abcdef0123456789abcdef', "
    "640, 480, 'jpeg', :malign, :scores, 'nsfwjs-mobilenet_v2@4.4.0', 'hide', :reason)"
)
SCORES = '{"Porn": 0.6, "Sexy": 0.31, "Neutral": 0.09}'


def made_by_the_first_version(path, rows):
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    with closing_engine(path, immediate=True) as engine, engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text(OLD), [row | {"scores": SCORES} for row in rows])


def test_lines_of_the_first_version_are_all_there_and_can_be_searched(tmp_path):
    path = tmp_path / "geacc.db"
    rows = [
        {"page": "https://www.Example.org/gallery", "url": "https://b.example/1", "malign": 0.91, "reason": "malign"},
        {"page": "", "url": "https://pictures.example:8443/2", "malign": None, "reason": "timed-out"},
        {"page": "https://[broken", "url": "data:image/png,…", "malign": 0.8, "reason": "malign"},
        {"page": "", "url": "/home/ann/4.jpg", "malign": 1.0, "reason": "of-a-later-version"},
    ]
    made_by_the_first_version(path, rows)
    with Reader.open(path) as reader:
        lines = list(reader.query())
    assert MORNING.timestamp() * 1e6 == 1777622400000000
    assert lines == [entry(**row) for row in reversed(rows)]
    assert [found.site for found in search(path, Query()).rows] == ["", "", "pictures.example", "www.example.org"]
    for query, numbers in (
        (Query(site="www.example.org"), [1]),
        (Query(reason="malign"), [3, 1]),
        (Query(score_from=0.8, score_to=0.95), [3, 1]),
        (Query(reason="of-a-later-version", device="tablet"), [4]),
    ):
        assert [found.number for found in search(path, query).rows] == numbers


def test_scores_are_put_into_the_same_bands_as_new_ones(tmp_path):
    path = tmp_path / "geacc.db"
    scores = [None, 0.0, 1.0, *(number / 200 for number in range(201)), 0.300001, 0.149999, 0.55, 0.35]
    made_by_the_first_version(
        path, [{"page": "", "url": "", "malign": malign, "reason": "malign"} for malign in scores]
    )
    search(path, Query())
    with closing_engine(path) as engine, engine.begin() as connection:
        rows = connection.execute(
            text("SELECT malign, band FROM block_log JOIN block_kind ON block_kind.id = block_log.kind")
        ).all()
    assert [tuple(row) for row in rows] == [(malign, band(malign)) for malign in scores]
