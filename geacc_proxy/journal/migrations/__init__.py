"""How the database grew, step by step.

The names of all steps stand here, so that a start on an up-to-date database needs no alembic.
"""

REVISIONS = ("0001", "0002", "0003")
"""All steps, oldest first; a new step in `versions/` is added here."""
NEWEST = REVISIONS[-1]
