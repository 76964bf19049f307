"""``gpu-trace``: finds the command and runs it."""

from __future__ import annotations

from importlib import import_module

import click

from ._version import VERSION
from .endings import errors_become_exit_codes, prepare_streams, without_prompt

COMMANDS = {
    "run": "Profile an unmodified script and print its overlap summary.",
    "summary": "Print the overlap summary of a trace.",
    "whatif": "Predict the time that its true dependencies allow a run.",
    "diff": "Show the changes between two traces, or two sides of several.",
    "check": "Check traces against limits, for a CI job.",
    "open": "Show a trace in the Perfetto UI.",
    "export": "Write a trace to a file for the Perfetto UI.",
    "doctor": "Report what works on this machine, and how to fix what does not.",
    "info": "List the format, contents and losses of a trace.",
}
"""Each command is the function of that name in ``gpu_trace.commands.<name>``; its one line of help stands here, so that
``gpu-trace --help`` imports none of them."""


class Commands(click.Group):
    """The commands of `COMMANDS`, imported when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Names, in the order in which a user meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f".commands.{cmd_name}", __package__), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is asked for. For another word a hint, which click itself has only for options."""
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            from .hints import for_command

            ctx.fail(for_command(args[0], COMMANDS))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. click itself would exit with 1 if it is interrupted, or if the reader closes the pipe."""
        with errors_become_exit_codes():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list in ``gpu-trace --help``."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="gpu-trace")
def gpu_trace() -> None:
    """Report how much GPU copy time overlaps with compute, and why the rest does not.

    \b
      gpu-trace run train.py --epochs 1      profile a script and print its overlap summary
      gpu-trace summary trace.json.gz        print the overlap summary of a trace
    """  # noqa: D301  # \b is click's


def main() -> None:
    """Entry point of the command line."""
    prepare_streams()
    with without_prompt(), errors_become_exit_codes():
        gpu_trace(prog_name="gpu-trace")
