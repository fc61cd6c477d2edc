"""The tables, and how a line becomes a row and a row a line again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, Float, Index, Integer, Row, Text, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from geacc_proxy.journal.entry import FIELDS, Entry

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """A moment as microseconds since 1970 in UTC: sorts as time does, and no database bends its time zone."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Returns what is stored."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Returns the moment, in UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Base(DeclarativeBase):
    """All tables of the state database."""


class Block(Base):
    """A picture that was decided on. The names and meanings are those of `Entry`."""

    __tablename__ = "block_log"

    # SQLite numbers rows by itself only where the type is INTEGER.
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    time: Mapped[datetime] = mapped_column(Moment)
    device: Mapped[str] = mapped_column(Text)
    profile: Mapped[str] = mapped_column(Text)
    page: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    format: Mapped[str] = mapped_column(Text)
    malign: Mapped[float | None] = mapped_column(Float)
    scores: Mapped[dict[str, float]] = mapped_column(JSON)
    model: Mapped[str] = mapped_column(Text)
    decision: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        # With the row's number at the end, "newest first, page by page" is a walk along the index.
        Index("ix_block_log_time", "time", "id"),
        Index("ix_block_log_device_time", "device", "time", "id"),
    )


class Document(Base):
    """A small JSON object that describes a part of the home."""

    __tablename__ = "document"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)


class DeedRow(Base):
    """A line of the audit trail; `before` and `after` are lists of `[kind, key, data or null]`."""

    __tablename__ = "deed"

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    time: Mapped[datetime] = mapped_column(Moment)
    who: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    values: Mapped[dict[str, str]] = mapped_column(JSON)
    before: Mapped[list[Any]] = mapped_column(JSON)
    after: Mapped[list[Any]] = mapped_column(JSON)
    undone: Mapped[int] = mapped_column(BigInteger)

    # The number of a deed that is gone is never given to another.
    __table_args__ = ({"sqlite_autoincrement": True},)


BLOCK_LOG = Base.metadata.tables[Block.__tablename__]
COLUMNS = [BLOCK_LOG.c[name] for name in ("id", *FIELDS)]
"""What is selected to make an `Entry`: the row's number, then the fields."""
INSERT = insert(BLOCK_LOG)


def row_of(entry: Entry) -> dict[str, Any]:
    """Returns the row to insert."""
    values: dict[str, Any] = {name: getattr(entry, name) for name in FIELDS}
    values["scores"] = dict(entry.scores)
    return values


def entry_of(row: Row[Any] | Sequence[Any]) -> Entry:
    """Returns the line of a selected row (of `COLUMNS`)."""
    values = dict(zip(FIELDS, row[1:], strict=True))
    values["scores"] = tuple(values["scores"].items())
    return Entry(**values)
