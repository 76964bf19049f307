"""scripts/lab: run the experiments of samples/ on this machine and write the page."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from .experiments import experiments
from .measured import Lab
from .page import html, markdown
from .running import run_all

_SAMPLES = click.Choice([experiment.sample for experiment in experiments()])


@click.command()
@click.option("-o", "folder", type=click.Path(path_type=Path), default=Path("lab-runs"), show_default=True)
@click.option(
    "--only",
    multiple=True,
    type=_SAMPLES,
    metavar="SAMPLE",
    help="Run only this sample; repeat for several.  [default: all]",
)
@click.option("--title", default="The laboratory", show_default=True)
@click.option("--again", is_flag=True, help="Write the page again from lab.json, without measuring.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def main(folder: Path, only: tuple[str, ...], title: str, again: bool, arguments: tuple[str, ...]) -> None:
    """Run every experiment, profiled and unprofiled, and write lab.json, index.md and index.html.

    ARGUMENTS are passed to every sample, as in scripts/lab -- --repeats 7.

    scripts/lab --what-if measures predictions of gpu-trace whatif; scripts/lab --what-if --help lists its options.
    """
    wanted = [experiment for experiment in experiments() if not only or experiment.sample in only]
    folder.mkdir(parents=True, exist_ok=True)
    document = folder / "lab.json"
    if again:
        lab = msgspec.json.decode(document.read_bytes(), type=Lab)
    else:
        lab = run_all(wanted, folder, arguments)
        document.write_bytes(msgspec.json.format(msgspec.json.encode(lab), indent=1))
    text = markdown(lab, wanted, title)
    (folder / "index.md").write_text(text, encoding="utf-8")
    (folder / "index.html").write_text(html(text, title), encoding="utf-8")
    click.echo(f"the page is {folder / 'index.html'}")


if __name__ == "__main__":
    main()
