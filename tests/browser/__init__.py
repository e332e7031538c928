"""The console in a browser, over a running demo."""
