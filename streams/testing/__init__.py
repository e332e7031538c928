"""What runs the pipeline in one process without a broker: log, state, time, processes that die,
vendors that fail."""
