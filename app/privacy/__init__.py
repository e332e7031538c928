"""The keys that personal data is sealed with, in the database that all processes of a site
share."""
