"""The block log: one line for every hidden picture, kept across restarts.

Importing this package or the writer is cheap: SQLAlchemy comes in only when a database is opened.
"""

from geacc_proxy.journal.entry import Entry
from geacc_proxy.journal.writer import Journal

DATABASE_NAME = "geacc.db"
"""The file's name inside the state directory."""

__all__ = ["DATABASE_NAME", "Entry", "Journal"]
