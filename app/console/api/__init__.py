"""The JSON API: figures, queues and stories of the console's read model, and people's decisions."""
