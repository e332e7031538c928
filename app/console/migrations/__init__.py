"""Changes of the read model's tables, in order: Alembic runs them (app/console/migrating.py)."""
