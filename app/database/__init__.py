"""The site's database in SQL: SQLite for one machine, PostgreSQL for several."""
