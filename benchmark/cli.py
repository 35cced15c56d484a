"""The command line."""

from __future__ import annotations

import errno
import sys
from typing import Any

import click

from .. import __version__
from ..core.errors import UserError, printable
from ..core.process.terminal import harmless
from .commands.audit.audit import audit
from .commands.audit.repair import repair
from .commands.compare import compare
from .commands.data import data
from .commands.handover.export import export
from .commands.handover.import_ import import_
from .commands.list import list_, registries
from .commands.new import new
from .commands.plan import plan
from .commands.plot import plot
from .commands.report import report
from .commands.run import run
from .commands.store.clean import clean
from .commands.store.status import status
from .commands.tune import tune
from .commands.why import why

ENVIRONMENTAL = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EIO,
    errno.EMFILE,
    errno.ENAMETOOLONG,
    errno.ELOOP,
)
"""What the system refuses without fault of ours: it is told in a sentence, and needs no traceback."""

HELP = """Measure attacks on recommenders, and the defenses against them.

\b
rbench run --quick         everything at work in a minute, for a first look
rbench run                 the default benchmark on MovieLens-100K
rbench list attacks -v     what there is, with every option
"""


class _Commands(click.Group):
    """A group whose commands return their exit codes."""

    def invoke(self, ctx: click.Context) -> Any:
        """Invoke a command; a ``SystemExit`` in it is a method's, and its exit code, which may be 0, is not ours."""
        try:
            return super().invoke(ctx)
        except SystemExit as left:
            raise RuntimeError(f"something that rbench called ended the program by SystemExit({left.code!r})") from left


@click.group(
    cls=_Commands, help=HELP, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True
)
@click.version_option(__version__)
@click.pass_context
def cli(context: click.Context) -> None:
    """Show the help where no command is named."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@cli.result_callback()
def warn(result: object, **_: object) -> object:
    """Name the installed methods that were met and cannot be used; ``rbench list`` does so itself."""
    if click.get_current_context().invoked_subcommand != "list":
        for registry in registries().values():
            for name, why in registry.failures.items():
                click.echo(f"Warning: {registry.kind} {name!r} {why}", err=True)
    return result


for command in (
    run,
    plan,
    status,
    clean,
    report,
    compare,
    plot,
    list_,
    why,
    export,
    import_,
    audit,
    repair,
    data,
    tune,
    new,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line: 0 all done, 1 some cells failed, 2 the user's mistake, 130 interrupted."""
    with harmless():
        sys.exit(_code())


def _code() -> int:
    try:
        return int(cli.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        return _told(error.format_message())
    except UserError as error:
        return _told(str(error))
    except OSError as error:
        if error.errno not in ENVIRONMENTAL:
            raise
        name = "" if error.filename is None else f"{error.filename!s:.200}: "
        return _told(f"{name}{error.strerror}.")
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted. What was finished is kept: the same command goes on from there.", err=True)
        return 130


def _told(message: str) -> int:
    click.echo(f"Error: {printable(message)}", err=True)
    return 2
