"""How commands fail: one clear sentence on standard error, and an exit status that says what kind.

1: the thing asked for was refused or went wrong. 2: it cannot even be tried (click's usage errors too).
"""

from typing import IO, Any

import click


class Failure(click.ClickException):
    """It was tried, and it failed."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence, in the manner of every other message of ours."""
        click.echo(f"freehold: {self.message}", file=file, err=file is None)


class CannotTry(Failure):
    """Something has to be put right first."""

    exit_code = 2
