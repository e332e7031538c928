"""The console's pages, as HTML that works without JavaScript."""
