"""The console's read model: what the log tells, in tables of the site's database."""
