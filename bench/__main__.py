"""`make bench`: what the platform costs, as tables; also written to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.engines import compare, write_lake
from bench.generated import Generated
from bench.latency import landed_to_alerted
from bench.one_chunk import after_history
from bench.report import machine
from include.settings import home_dir
from tests.world import servers

MILLION = 1_000_000
SIZES = [6 * MILLION // 10, 6 * MILLION]
LARGE = 60 * MILLION


def bench(
    repetitions: Annotated[int, typer.Option(min=1, help="measured runs of each")] = 5,
    large: Annotated[bool, typer.Option(help="60 million rows too, once")] = False,
    sizes: Annotated[
        list[int] | None, typer.Option(help="other numbers of rows than 0.6 and 6 million")
    ] = None,
    airflow: Annotated[bool, typer.Option(help="also measure from landed to alerted")] = True,
    out: Annotated[Path | None, typer.Option(help="the file; else bench.md in the home folder")] = None,
) -> None:
    """Measures, prints, and writes the tables as Markdown."""
    console = Console(highlight=False)
    about = machine()
    console.print(about)

    def tell(what: str) -> None:
        console.print(what, style="dim")

    histories = [Generated(rows) for rows in sizes or SIZES]
    runs = dict.fromkeys(histories, repetitions) | ({Generated(LARGE): 1} if large else {})
    with servers(spark_memory="4g") as on:
        lakes = {generated: write_lake(on, generated) for generated in runs}
        tables = [compare(on, lakes, runs, tell)]
        if len(histories) > 1:
            ends = {one: lakes[one] for one in (histories[0], histories[-1])}
            tables.append(after_history(on, ends, repetitions, tell))
    if airflow:
        tables.append(landed_to_alerted(tell))
    for table in tables:
        console.print(table.as_table())
    file = out or home_dir() / "bench.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(["# Measured", "", about, "", *(table.as_markdown() for table in tables)]))
    console.print(f"Written to {file}")


if __name__ == "__main__":
    typer.run(bench)
