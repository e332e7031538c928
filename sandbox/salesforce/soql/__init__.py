"""SOQL, as far as "SOQL and SOSL Reference" describes it for one object, its parents, its children,
semi-joins and aggregates."""
