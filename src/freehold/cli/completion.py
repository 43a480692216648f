"""`freehold completion`: the shell's own completion of commands and options."""

import click
from click.shell_completion import get_completion_class

from freehold.cli.failures import Failure


@click.command("completion", short_help="Print the shell's completion script.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that completes freehold's commands and options in a shell.

    \b
    Examples:
      freehold completion bash > ~/.local/share/bash-completion/completions/freehold
      freehold completion zsh > "${fpath[1]}/_freehold"
      freehold completion fish > ~/.config/fish/completions/freehold.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise Failure(f"There is no completion for {shell}.")
    click.echo(kind(context.find_root().command, {}, "freehold", "_FREEHOLD_COMPLETE").source())
