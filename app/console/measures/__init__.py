"""The measures of the mission: from questions to the read model to shares, charts and tables."""
