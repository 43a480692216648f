"""The `freehold` command itself: which commands there are, and where each of them lives."""

import importlib
from typing import Final

import click

from freehold import __version__

# Name → module and the attribute of it that is the command, in the order of the journey.
_COMMANDS: Final = {
    "up": ("up", "command"),
    "setup": ("setup", "command"),
    "demo": ("demo", "command"),
    "sign-in": ("sign_in", "command"),
    "sign-out": ("sign_in", "sign_out"),
    "organizations": ("organizations", "command"),
    "members": ("members", "command"),
    "tokens": ("tokens", "command"),
    "people": ("people", "command"),
    "kept": ("kept", "command"),
    "apis": ("apis", "command"),
    "projects": ("projects", "command"),
    "scope": ("scope", "command"),
    "keys": ("keys", "command"),
    "alerts": ("alerts", "command"),
    "access": ("access", "command"),
    "webhooks": ("webhooks", "command"),
    "readiness": ("readiness", "command"),
    "shape": ("shape", "command"),
    "export": ("shape_files", "export"),
    "plan": ("shape_files", "plan"),
    "apply": ("shape_files", "apply"),
    "schema": ("shape_files", "schema"),
    "bindings": ("siblings", "bindings"),
    "clone": ("siblings", "clone"),
    "drift": ("siblings", "drift"),
    "promote": ("siblings", "promote"),
    "revert": ("siblings", "revert"),
    "accept": ("siblings", "accept"),
    "lock": ("siblings", "lock"),
    "unlock": ("siblings", "unlock"),
    "listen": ("listen", "command"),
    "inbox": ("inbox", "command"),
    "replays": ("replays", "command"),
    "messages": ("messages", "command"),
    "usage": ("usage", "command"),
    "requests": ("requests", "command"),
    "explain": ("explain", "command"),
    "prices": ("prices", "command"),
    "reports": ("reports", "command"),
    "audit": ("audit", "command"),
    "backup": ("backup", "backup"),
    "restore": ("backup", "restore"),
    "gate": ("gate", "command"),
    "completion": ("completion", "command"),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        if cmd_name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"freehold.cli.{module}"), attribute)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="freehold")
def freehold() -> None:
    """Projects for every team that runs an API: keys, webhooks and usage, sandbox and production.

    \b
    Start an instance:       freehold up
    Ask one over HTTP:       freehold sign-in --url http://127.0.0.1:8400 --email you@example.com
                             freehold projects list
    In scripts, FREEHOLD_URL and FREEHOLD_TOKEN stand for signing in, and --json for tables.
    """
