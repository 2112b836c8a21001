"""`make results`: every detection as CSV and as a spreadsheet, one row per episode."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from include.errors import VigilError
from include.spark_jobs.rules import rules
from include.store.connection import transaction
from include.store.episodes import Detection, all_detections

# What a sheet can hold, by the file format's definition; one of its rows is the header.
SHEET_ROWS = 1_048_576

Cell = str | int | None


def results(out: Annotated[Path, typer.Option(help="the folder to write to, made if need be")]) -> None:
    """Write all detections, open and closed, to detections.csv and detections.xlsx."""
    with transaction() as conn:
        detections = all_detections(conn)
    header, rows = as_table(detections)
    out.mkdir(parents=True, exist_ok=True)
    write_csv(out / "detections.csv", header, rows)
    write_xlsx(out / "detections.xlsx", header, rows)
    print(f"{len(rows)} detections in {out / 'detections.csv'} and {out / 'detections.xlsx'}")


def as_table(detections: Iterable[Detection]) -> tuple[list[str], list[list[Cell]]]:
    """Column names and rows: the episode, a column per part of any entity, one per value of any evidence.

    Cuts and days are of the dataset's zone, times UTC, both as ISO 8601 text.
    """
    flat = [_flat(detection) for detection in detections]
    names = {name: None for row in flat for name in row}
    groups = ("entity_", "evidence_")
    grouped = {prefix: sorted(name for name in names if name.startswith(prefix)) for prefix in groups}
    plain = list(_FIXED)
    at = plain.index("status")
    header = [*plain[:at], *grouped["entity_"], *plain[at:], *grouped["evidence_"]]
    return header, [[row.get(name) for name in header] for row in flat]


_FIXED = (
    "detection_id",
    "dataset",
    "rule",
    "pattern_id",
    "action_type",
    "profile",
    "status",
    "opened_cut",
    "last_cut",
    "closed_cut",
    "first_day",
    "last_day",
    "recorded_at",
    "closed_at",
    "opened_run",
    "last_run",
    "closed_run",
    "rule_version",
    "parameters",
    "reference",
    "through_seq",
    "export_key",
)


def _flat(detection: Detection) -> dict[str, Cell]:
    rule = rules().get(detection.rule)
    row: dict[str, Any] = detection.model_dump(mode="json")
    row |= {f"entity_{name}": value for name, value in detection.entity.items()}
    row |= {f"evidence_{name}": _cell(value) for name, value in detection.evidence.items()}
    row |= {
        "status": detection.close_reason or "open",
        "parameters": json.dumps(detection.parameters, sort_keys=True),
        "pattern_id": rule.pattern_id if rule else None,
        "action_type": rule.action_type if rule else None,
    }
    return row


def _cell(value: Any) -> Cell:
    return str(value).lower() if isinstance(value, bool) else value


def write_csv(path: Path, header: list[str], rows: Iterable[list[Cell]]) -> None:
    """The table as CSV in UTF-8; what is empty has no value."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_xlsx(path: Path, header: list[str], rows: list[list[Cell]]) -> None:
    """The table as a sheet; text stays text, whatever it begins with. Raises VigilError beyond its size."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if len(rows) >= SHEET_ROWS:
        raise VigilError(f"{len(rows)} detections are more than a sheet holds; the CSV beside {path} has all")
    book = Workbook(write_only=True)
    sheet = book.create_sheet("detections")
    sheet.freeze_panes = "B2"

    def cell(value: Cell) -> Any:
        if not isinstance(value, str):
            return value
        one = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("\ufffd", value))
        one.data_type = "s"  # a name may begin like a formula
        return one

    sheet.append([cell(name) for name in header])
    for row in rows:
        sheet.append([cell(value) for value in row])
    book.save(path)
