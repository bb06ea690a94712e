"""`analoop convert`: a NIR file becomes a network for the chip."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..models.archive import check_writable
from . import progress
from .cli_options import Json, Quiet


def convert(
    file: Annotated[Path, typer.Argument(metavar="FILE.nir", help="Written by another library.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Network file to write.")],
    dialect: Annotated[
        str, typer.Option(help="Who wrote the file: snntorch, norse, sinabs; nir: by the letter.")
    ] = "nir",
    dt: Annotated[
        float | None, typer.Option(help="Step of the file, in its unit; the dialect's if left out.")
    ] = None,
    step_ms: Annotated[float, typer.Option(help="What a step lasts on the chip [ms].")] = 1.0,
    source: Annotated[
        str | None, typer.Option("--input", help="Stimulus to tune on; random if left out.")
    ] = None,
    held_out: Annotated[
        str | None, typer.Option(help="Stimulus to measure on; a quarter of --input if left out.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=0, help="Passes for each population.")] = 30,
    together: Annotated[int, typer.Option(min=0, help="Passes with all of them.")] = 15,
    mismatch: Annotated[float, typer.Option(min=0, help="Level of mismatch to tune under.")] = 0.0,
    bias_period: Annotated[
        int,
        typer.Option(min=0, help="Steps between events of one more channel, for biases; 0: none."),
    ] = 0,
    continuous: Annotated[
        bool, typer.Option("--continuous", help="Do not hold weights at the 4-bit code.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Convert a NIR network so that it behaves as it did; exit code 1 if it does not."""
    from ..models.conversion.nir_source import read_nir
    from ..models.conversion.tuning import Tuning
    from . import console, console_convert
    from .cli_run import read_stimulus
    from .conversion import convert as run_conversion

    check_writable(out)
    read = read_nir(file, dialect, dt, step_ms * 1e-3)
    stimulus = None if source is None else read_stimulus(source, read.n_inputs)
    other = None if held_out is None else read_stimulus(held_out, read.n_inputs)
    tuning = Tuning(
        epochs=epochs, together=together, mismatch=mismatch, bias_period=bias_period, seed=seed
    )
    planned, done = epochs * len(read.populations) + together, 0
    with progress.study(quiet) as tell:

        def news(stage: str, loss: float) -> None:
            nonlocal done
            done += 1
            tell(done, planned, f"{stage}: loss {loss:.4f}")

        made = run_conversion(read, stimulus, other, tuning, not continuous, news=news)
    path = made.network.save(out)
    origin = held_out or source or "random input"
    if as_json:
        console.print_json(made.record() | {"file": str(path), "input": origin})
    else:
        console_convert.print_conversion(made, origin)
        print(f"wrote {path}")
    if not made.fidelity.passed:
        raise typer.Exit(1)
