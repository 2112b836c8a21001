"""The demo's report as tables that fit into 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table

from include.stages.message import in_words
from include.store.figures import Rows
from stack.judged import Judged
from stack.report import DatasetReport, Report


def _table(title: str, *headers: str, words: Sequence[str] = ()) -> Table:
    """A tight table without a frame; all columns but the first and those of `words` hold figures."""
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", padding=0)
    for number, header in enumerate(headers):
        is_text = number == 0 or header in words
        table.add_column(header, justify="left" if is_text else "right", overflow="fold")
    return table


def show_report(console: Console, report: Report) -> None:
    """Prints rows by fate, bad rows by reason, detections beside plants, near misses, alerts and seconds."""
    console.print(
        _rows(report.datasets),
        _bad_rows(report.datasets),
        _detections(report.datasets),
        *_not_planted(report.datasets),
        _near_misses(report.datasets),
        _seconds(report.datasets),
    )
    console.print(report.alerts.in_words())


def _rows(datasets: Iterable[DatasetReport]) -> Table:
    table = _table("Rows by fate", "rows", "fed", "in", *Rows().model_dump(exclude={"rows_in"}))
    for one in datasets:
        counts = [one.truth.rows, *one.rows.model_dump().values()]
        table.add_row(one.truth.dataset, *(f"{count:,}" for count in counts))
    return table


def _bad_rows(datasets: Iterable[DatasetReport]) -> Table:
    """By reason one number where as many were quarantined as planted."""
    table = _table("Bad rows", "bad rows", "planted", "quaran-\ntined", "by reason", words=["by reason"])
    for one in datasets:
        reasons = [
            f"{reason} {planted}" if planted == quarantined else f"{reason} {planted} planted, {quarantined}"
            for reason, (planted, quarantined) in one.bad.items()
        ]
        counts = (sum(one.truth.bad.values()), sum(one.reasons.values()))
        table.add_row(one.truth.dataset, *(f"{count:,}" for count in counts), "; ".join(reasons))
    return table


def _detections(datasets: Iterable[DatasetReport]) -> Table:
    table = _table(
        "Detections, entities by event day",
        "rule",
        "planted",
        "found",
        "missed",
        "false\nalarms",
        "near\nmisses\nflagged",
        "by-\nstanders\nflagged",
        "preci-\nsion",
        "recall",
    )
    for dataset in datasets:
        for rule in dataset.judged:
            table.add_row(rule.rule, *_judged(rule))
    return table


def _judged(rule: Judged) -> Iterator[str]:
    hits = rule.planted & rule.found
    for count in (rule.planted, hits, rule.missed, rule.false_alarms):
        yield f"{len(count):,}"
    yield f"{len(rule.near_flagged)} of {len(rule.near)}"
    yield f"{len({name for _, name in rule.bystanders_flagged})} of {len(rule.bystanders)}"
    for share in (rule.precision, rule.recall):
        yield f"{share:.3f}"


def _not_planted(datasets: Iterable[DatasetReport]) -> Iterator[RenderableType]:
    counts = {rule: count for one in datasets for rule, count in one.not_planted.items()}
    if counts:
        table = _table("Nothing is planted for these, so they are not judged", "rule", "found")
        for rule, count in counts.items():
            table.add_row(rule, f"{count:,}")
        yield table


def _near_misses(datasets: Iterable[DatasetReport]) -> Table:
    """The nearest of each rule."""
    words = ("rule", "entity", "lacks")
    table = _table("Nearest misses on the newest day", *words, words=words)
    for dataset in datasets:
        for miss in {miss.rule: miss for miss in reversed(dataset.near)}.values():
            table.add_row(miss.rule, in_words(miss.entity), miss.lacks)
    return table


def _seconds(datasets: Iterable[DatasetReport]) -> Table:
    stages = {seconds.stage: None for one in datasets for seconds in one.seconds}
    table = _table("Seconds of each stage's longest run", "seconds", *stages)
    for one in datasets:
        longest = {seconds.stage: f"{seconds.longest:.1f}" for seconds in one.seconds}
        table.add_row(one.truth.dataset, *(longest.get(stage, "") for stage in stages))
    return table
