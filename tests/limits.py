"""How long a test waits before it says that something hangs."""

#: Seconds. It judges no speed: a machine may stand still for many seconds, and what waited goes on
#: afterwards. What must be fast is a benchmark.
HUNG = 240.0
