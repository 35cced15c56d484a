"""The command line."""

from __future__ import annotations

import sys

import click

from .. import __version__
from ..core.errors import UserError
from .commands.compare import compare
from .commands.data import data
from .commands.list import list_
from .commands.plan import plan
from .commands.plot import plot
from .commands.report import report
from .commands.run import run
from .commands.tune import tune
from .commands.why import why


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(__version__)
@click.pass_context
def cli(context: click.Context) -> None:
    r"""Measure attacks on pre-trained recommenders, and the defenses against them.

    \b
    rbench run                 the default benchmark on MovieLens-100K
    rbench run --quick         the same in a minute, for a first look
    rbench list attacks -v     what there is, with every option
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in (run, plan, report, compare, plot, list_, why, data, tune):
    cli.add_command(command)


def main() -> None:
    """Run the command line: 0 all done, 1 some cells failed, 2 the user's mistake, 130 interrupted."""
    try:
        sys.exit(cli.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        click.echo(f"Error: {error.format_message()}", err=True)
        sys.exit(2)
    except UserError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted. What was finished is kept: the same command goes on from there.", err=True)
        sys.exit(130)
