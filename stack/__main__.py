"""`python -m stack …`: what the Makefile calls."""

from stack.cli import main

main()
