"""The command line: one file a noun, each loaded only when its command is asked for.

Commands that start or prepare an instance work on its data directory; all others are callers of the
HTTP API like any other, and know nothing that the API does not say.
"""

from freehold.cli.root import freehold


def main() -> None:
    """The `freehold` command."""
    freehold(prog_name="freehold")
