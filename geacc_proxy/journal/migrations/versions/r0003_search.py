"""The block log to be searched, sketches of what was hidden, and statistics."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_BANDS = 20  # as kinds.BANDS was when this step was made


def upgrade() -> None:
    """Adds columns, fills them for the lines that are there, and creates the indexes and the other tables."""
    op.create_table(
        "block_kind",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.UniqueConstraint("decision", "reason", "band", name="uq_block_kind"),
    )
    _extend_block_log()
    op.create_table(
        "sketch",
        sa.Column("digest", sa.Text(), primary_key=True),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "hourly",
        sa.Column("hour", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("device", sa.Text(), primary_key=True),
        *(_count(name) for name in ("pages", "pictures", "hidden", "cached", "closed", "bypasses")),
    )
    op.create_table(
        "hourly_added",
        sa.Column("hour", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("device", sa.Text(), primary_key=True),
        sa.Column("bucket", sa.Integer(), primary_key=True, autoincrement=False),
        _count("pictures"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "daily_site",
        sa.Column("day", sa.Text(), primary_key=True),
        sa.Column("device", sa.Text(), primary_key=True),
        sa.Column("site", sa.Text(), primary_key=True),
        *(_count(name) for name in ("pages", "hidden", "closed")),
    )
    op.create_table(
        "daily_use",
        sa.Column("day", sa.Text(), primary_key=True),
        sa.Column("device", sa.Text(), primary_key=True),
        sa.Column("minutes", sa.LargeBinary(), nullable=False),
    )


def _count(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer(), nullable=False)


def _extend_block_log() -> None:
    # Not as a batch: that would copy the table, and a home's log may have a million lines.
    op.add_column("block_log", sa.Column("likeness", sa.BigInteger(), nullable=True))
    op.add_column("block_log", sa.Column("site", sa.Text(), nullable=False, server_default=""))
    op.add_column("block_log", sa.Column("kind", sa.Integer(), nullable=False, server_default="0"))
    connection = op.get_bind()
    driver: Any = connection.connection.dbapi_connection
    driver.create_function("geacc_site", 2, _site_of, deterministic=True)
    scaled = f"malign * {_BANDS}"
    band = (
        f"CASE WHEN malign IS NULL THEN -1 ELSE 2 * CAST({scaled} AS INTEGER) + "
        f"({scaled} <> CAST({scaled} AS INTEGER)) END"
    )
    connection.exec_driver_sql(
        "INSERT INTO block_kind (decision, reason, band) "  # noqa: S608  (numbers of ours alone)
        f"SELECT DISTINCT decision, reason, {band} FROM block_log"
    )
    connection.exec_driver_sql(
        "UPDATE block_log SET site = geacc_site(page, url), kind = (SELECT id FROM block_kind AS kind "  # noqa: S608
        f"WHERE kind.decision = block_log.decision AND kind.reason = block_log.reason AND kind.band = {band})"
    )
    for columns in (
        ("site", "time"),
        ("kind", "time"),
        ("device", "kind", "time"),
        ("site", "kind", "time"),
        ("device", "site", "time"),
    ):
        op.create_index(f"ix_block_log_{'_'.join(columns)}", "block_log", list(columns))
    op.create_index("ix_block_log_digest", "block_log", ["digest"])


def _site_of(page: str, url: str) -> str:
    from geacc_proxy.journal.site import site_of

    return site_of(page, url)
