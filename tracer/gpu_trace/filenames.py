"""Names of files and folders as people type them on a command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from os import PathLike


class FileName(click.Path):
    """A name that is not empty: a shell gives that for a variable without a value, and it means the working folder."""

    def convert(
        self, value: str | PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | PathLike[Any]:
        """As ``click.Path`` does."""
        if not value:
            self.fail("the name is empty; check that its shell variable is set", param, ctx)
        return super().convert(value, param, ctx)
