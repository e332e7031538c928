"""Random and mutated input to what strangers reach: HTTP, CSV files, captured records."""
