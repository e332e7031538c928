"""`python -m leadgate.app.cli`."""

from leadgate.app.cli import main

main()
