"""What alembic runs: the steps, on the connection and in the transaction that `database.py` opened."""

from alembic import context

from geacc_proxy.journal.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_as_batch=True,  # SQLite changes a column by copying the table
)
with context.begin_transaction():
    context.run_migrations()
