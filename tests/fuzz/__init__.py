"""Random and mutated input at every door that strangers reach: HTTP, files, records."""
