"""Who may see and decide what in the console: callers with tokens, and people who sign in."""
