"""What Alembic runs: the migrations on the connection that its caller has opened."""

from alembic import context

from app.console.access import schema as access_schema  # noqa: F401  registers its tables
from app.console.schema import TABLES

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TABLES,
    version_table=context.config.attributes["version_table"],
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
