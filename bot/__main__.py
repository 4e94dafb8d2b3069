"""`python -m bot` is `attune`."""

from bot.cli import main

main()
