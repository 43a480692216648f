"""What commands that work on an instance itself share: its options, its settings, the server's packages."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from freehold.cli.failures import CannotTry
from freehold.settings import BadSetting, Settings, load

Command = TypeVar("Command", bound=Callable[..., Any])


def data_option(command: Command) -> Command:
    """Add `--data`."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path),
        help="The data directory.  [FREEHOLD_DATA; default: ./data]",
    )(command)


def settings_of(**given: Any) -> Settings:
    """Settings from the environment and the options that were given; CannotTry says what is wrong."""
    if importlib.util.find_spec("sqlalchemy") is None:
        raise CannotTry(
            "This installation has the client alone; install the server too: pip install 'freehold[server]'"
        )
    try:
        return load(**given)
    except BadSetting as error:
        raise CannotTry(str(error)) from None
