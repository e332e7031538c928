"""Draws the documentation's diagrams from text: docs/pictures/NAME.txt becomes NAME.svg."""
