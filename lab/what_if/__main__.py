"""scripts/lab --what-if: predict the time of each pair after its change, then measure it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from .comparison import status
from .measured import Outcome
from .page import inserted, markdown, tables
from .pairs import pairs
from .stages import STAGES, Skipped, WrongResults, outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .pairs import Pair


@click.command()
@click.option("-o", "folder", type=click.Path(path_type=Path), default=Path("lab-runs/what-if"), show_default=True)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([pair.name for pair in pairs()]),
    metavar="PAIR",
    help="Run only this pair; repeat for several.  [default: all]",
)
@click.option(
    "--stage",
    "stages",
    multiple=True,
    type=click.Choice(list(STAGES)),
    help="Run only this stage; repeat for several.  [default: all]",
)
@click.option("--small", is_flag=True, help="Use tiny sizes, to try all of it without a GPU.")
@click.option("--again", is_flag=True, help="Write the page again from what-if.json, without measuring.")
@click.option("--title", default="Predicted and measured", show_default=True)
@click.option(
    "--into",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Also write the tables into this page, between its markers.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def main(
    folder: Path,
    only: tuple[str, ...],
    stages: tuple[str, ...],
    small: bool,
    again: bool,
    title: str,
    into: Path | None,
    arguments: tuple[str, ...],
) -> None:
    """Time and record each pair of samples/what_if, predict the time after its change, and write what-if.json and .md.

    Each stage leaves its result in the folder of the pair, so that a prediction can be kept before the time after the
    change is measured: --stage before --stage predict, then --stage after.

    ARGUMENTS are passed to every script, as in scripts/lab --what-if -- --repeats 9.
    """
    wanted = [pair for pair in pairs() if not only or pair.name in only]
    document = folder / "what-if.json"
    folder.mkdir(parents=True, exist_ok=True)
    ended = []
    if not again:
        sizes = ("--small",) if small else ()
        ended = [_run(pair, folder / pair.name, stages or tuple(STAGES), (*sizes, *arguments)) for pair in wanted]
        known = [outcome(pair, folder / pair.name) for pair in pairs()]  # also by earlier runs
        document.write_bytes(msgspec.json.format(msgspec.json.encode(known), indent=1) + b"\n")
    found = msgspec.json.decode(document.read_bytes(), type=list[Outcome])
    (folder / "what-if.md").write_text(markdown(found, pairs(), title), encoding="utf-8")
    if into:
        into.write_text(inserted(into.read_text("utf-8"), tables(found, pairs())), encoding="utf-8")
    click.echo(f"the tables are in {folder / 'what-if.md'}")
    raise SystemExit(not all(ended))


def _run(pair: Pair, folder: Path, stages: Sequence[str], arguments: Sequence[str]) -> bool:
    """Run the stages of a pair, and print how it stands; whether none failed."""
    click.echo(f"== {pair.name}: {pair.work} -> {pair.change}")
    try:
        for name, stage in STAGES.items():
            if name in stages:
                stage(pair, folder, arguments)
    except Skipped as why:
        click.echo(f"skipped: {why}")
        return True
    except (WrongResults, subprocess.CalledProcessError) as why:
        click.echo(f"failed: {why}", err=True)
        return False
    click.echo(status(pair, outcome(pair, folder)))
    return True


if __name__ == "__main__":
    main()
