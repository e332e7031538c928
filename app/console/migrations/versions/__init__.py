"""A module for each change."""
