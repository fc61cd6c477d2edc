"""The tables, and how a line becomes a row and a row a line again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    Row,
    Text,
    UniqueConstraint,
    bindparam,
    insert,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from geacc_proxy.journal.entry import FIELDS, Entry
from geacc_proxy.journal.kinds import band
from geacc_proxy.journal.site import site_of

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


class Likeness(TypeDecorator[int]):
    """A perceptual hash, 0…2^64-1, as the signed number of the same bits: databases have no other."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        """Returns what is stored."""
        return None if value is None else value - ((value >> 63) << 64)

    def process_result_value(self, value: int | None, dialect: Dialect) -> int | None:
        """Returns the hash."""
        return None if value is None else value % 2**64


class Base(DeclarativeBase):
    """All tables of the state database."""


class Block(Base):
    """A picture that was decided on, or a site that was closed. The names and meanings are those of `Entry`."""

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
    likeness: Mapped[int | None] = mapped_column(Likeness)
    # What follows is made of the above, to find lines by.
    site: Mapped[str] = mapped_column(Text)
    kind: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        # "Newest first, page by page" is a walk along an index: SQLite ends each with the row's number by itself.
        Index("ix_block_log_time", "time", "id"),
        Index("ix_block_log_device_time", "device", "time", "id"),
        Index("ix_block_log_site_time", "site", "time"),
        Index("ix_block_log_kind_time", "kind", "time"),
        Index("ix_block_log_device_kind_time", "device", "kind", "time"),
        Index("ix_block_log_site_kind_time", "site", "kind", "time"),
        Index("ix_block_log_device_site_time", "device", "site", "time"),
        Index("ix_block_log_digest", "digest"),
    )


class BlockKind(Base):
    """A kind of lines, as `kinds.py` has it."""

    __tablename__ = "block_kind"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    decision: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    band: Mapped[int] = mapped_column(Integer)

    __table_args__ = (UniqueConstraint("decision", "reason", "band", name="uq_block_kind"),)


class Sketch(Base):
    """What may be kept of the look of a hidden picture: blurred and shrunken."""

    __tablename__ = "sketch"

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    picture: Mapped[bytes] = mapped_column(LargeBinary)


class Hourly(Base):
    """What a device did in an hour; `hour` counts from 1970 in UTC."""

    __tablename__ = "hourly"

    hour: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    device: Mapped[str] = mapped_column(Text, primary_key=True)
    pages: Mapped[int] = mapped_column(Integer)
    pictures: Mapped[int] = mapped_column(Integer)
    hidden: Mapped[int] = mapped_column(Integer)
    cached: Mapped[int] = mapped_column(Integer)
    closed: Mapped[int] = mapped_column(Integer)
    bypasses: Mapped[int] = mapped_column(Integer)


class HourlyAdded(Base):
    """How many pictures of an hour took how long; `bucket` as in `latency.py`."""

    __tablename__ = "hourly_added"

    hour: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    device: Mapped[str] = mapped_column(Text, primary_key=True)
    bucket: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    pictures: Mapped[int] = mapped_column(Integer)

    __table_args__ = ({"sqlite_with_rowid": False},)


class DailySite(Base):
    """What a device did on a site in a day; `day` is the ISO date on the wall clock at home."""

    __tablename__ = "daily_site"

    day: Mapped[str] = mapped_column(Text, primary_key=True)
    device: Mapped[str] = mapped_column(Text, primary_key=True)
    site: Mapped[str] = mapped_column(Text, primary_key=True)
    pages: Mapped[int] = mapped_column(Integer)
    hidden: Mapped[int] = mapped_column(Integer)
    closed: Mapped[int] = mapped_column(Integer)


class DailyUse(Base):
    """The minutes of a day in which a device was used: a bit for each, the first minute's the lowest of byte 0."""

    __tablename__ = "daily_use"

    day: Mapped[str] = mapped_column(Text, primary_key=True)
    device: Mapped[str] = mapped_column(Text, primary_key=True)
    minutes: Mapped[bytes] = mapped_column(LargeBinary)


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
COLUMNS = [BLOCK_LOG.c[name] for name in ("id", *FIELDS, "likeness")]
"""What is selected to make an `Entry`: the row's number, then the fields."""

_KIND = Base.metadata.tables[BlockKind.__tablename__]
_SKETCH = Base.metadata.tables[Sketch.__tablename__]
_OWN_KIND = (
    select(_KIND.c.id)
    .where(
        _KIND.c.decision == bindparam("of_decision"),
        _KIND.c.reason == bindparam("of_reason"),
        _KIND.c.band == bindparam("of_band"),
    )
    .scalar_subquery()
)
INSERT = insert(BLOCK_LOG).values(kind=_OWN_KIND)
"""Takes rows as `row_of` gives them; their kinds must be there."""
INSERT_KIND = insert(_KIND).prefix_with("OR IGNORE")
"""Takes kinds as `kind_of` gives them."""
INSERT_SKETCH = insert(_SKETCH).prefix_with("OR IGNORE")


def row_of(entry: Entry) -> dict[str, Any]:
    """Returns the row to insert."""
    values: dict[str, Any] = {name: getattr(entry, name) for name in FIELDS}
    values["scores"] = dict(entry.scores)
    values["likeness"] = entry.likeness
    values["site"] = site_of(entry.page, entry.url)
    values |= {f"of_{name}": value for name, value in kind_of(entry).items()}
    return values


def kind_of(entry: Entry) -> dict[str, Any]:
    """Returns the kind of a line, as a row to insert."""
    return {"decision": entry.decision, "reason": entry.reason, "band": band(entry.malign)}


def entry_of(row: Row[Any] | Sequence[Any]) -> Entry:
    """Returns the line of a selected row (of `COLUMNS`)."""
    values = dict(zip((*FIELDS, "likeness"), row[1:], strict=True))
    values["scores"] = tuple(values["scores"].items())
    return Entry(**values)
