"""Asking for a password: never an option, which the process list and the shell's history would keep."""

import os
import sys

import click

from freehold.cli.failures import CannotTry


def ask(*, twice: bool) -> str:
    """The password from FREEHOLD_PASSWORD, or from a prompt that does not show it."""
    given = os.environ.get("FREEHOLD_PASSWORD")
    if given:
        return given
    if not sys.stdin.isatty():
        raise CannotTry("There is no terminal to ask for the password on; give it in FREEHOLD_PASSWORD.")
    entered: str = click.prompt("Password", hide_input=True, confirmation_prompt=twice, err=True)
    return entered
