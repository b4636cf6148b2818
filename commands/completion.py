"""``completion``: script for shell completion."""

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion_command(ctx, shell):
    """Print the completion script of stemstack for SHELL.

    \b
    eval "$(stemstack completion bash)"                    # in ~/.bashrc
    eval "$(stemstack completion zsh)"                     # in ~/.zshrc
    stemstack completion fish > ~/.config/fish/completions/stemstack.fish
    """
    script = get_completion_class(shell)
    click.echo(script(ctx.find_root().command, {}, "stemstack", "_STEMSTACK_COMPLETE").source())
