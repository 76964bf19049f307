"""Names of files, folders and traces as people type them on a command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gpu_trace_analyzers.places import is_url, place

if TYPE_CHECKING:
    from os import PathLike

    from click.shell_completion import CompletionItem

    from gpu_trace_analyzers.places import Place

_EMPTY = "the name is empty; check that its shell variable is set"


def not_empty(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """The value of an option, unless it is that of a shell variable without one: then the error says so."""
    if value == "":
        raise click.BadParameter(_EMPTY, ctx, param)
    return value


class FileName(click.Path):
    """A name that is not empty: a shell gives that for a variable without a value, and it means the working folder.

    It is of a file on this machine. What a URL names is read, never written.
    """

    def convert(
        self, value: str | PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | PathLike[Any]:
        """As ``click.Path`` does."""
        if not value:
            self.fail(_EMPTY, param, ctx)
        if is_url(str(value)):
            self.fail("a URL cannot stand here; give a file or a folder of this machine", param, ctx)
        return super().convert(value, param, ctx)


class TraceName(click.ParamType):  # type: ignore[type-arg]  # generic in click 8.3 only
    """A trace, a run folder, or a folder of ranks: its path or its URL."""

    name = "path"

    def convert(self, value: str | Place, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """Where it lies."""
        return place(value) if value else self.fail(_EMPTY, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002  # click's signature
        """Files and folders of this machine."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]
