"""`analoop report`: verdicts, tables and figures of other verbs on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..models.archive import check_writable
from . import console
from .cli_options import Json


def report(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...",
            help="What validate, record, compare, explain and fingerprint wrote.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="HTML file to write.")],
    title: Annotated[str, typer.Option(help="Of the page.")] = "Chips and their verdicts",
    seed: Annotated[
        int, typer.Option(min=0, help="Of the draw of trials, where not all spikes are drawn.")
    ] = 0,
    figures: Annotated[
        Path | None, typer.Option(help="Folder for the same figures as PNG and SVG.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write one HTML page that opens anywhere, without a network."""
    from .demonstration import make_folder
    from .reporting.inputs import read_page
    from .reporting.page import Page, content_of, write_report
    from .reporting.wording import banner

    check_writable(out)
    page = read_page(sources, Page(title=title, seed=seed))
    files = [write_report(out, page)]
    if figures is not None:
        from .reporting.paper_figures import write_figures

        make_folder(figures, "--figures")
        for suffix in ("png", "svg"):
            files += write_figures(figures, page, suffix)
    said = banner(content_of(page).targets)
    if as_json:
        console.print_json({"files": [str(file) for file in files], "shows": said})
        return
    print(said)
    for file in files:
        print(f"wrote {file} ({file.stat().st_size / 1e6:.1f} MB)")
