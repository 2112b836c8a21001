"""The ledger in figures: chunks, rows, detections and alerts, for those who look at the whole."""

from __future__ import annotations

from pydantic import BaseModel

from include.store.connection import Connection, fetch_all, fetch_one


class Rows(BaseModel):
    """Rows by fate; in = loaded + quarantined + duplicate + held."""

    rows_in: int = 0
    loaded: int = 0
    quarantined: int = 0
    duplicate: int = 0
    held: int = 0


class DatasetFigures(BaseModel):
    """Chunks of a dataset by status, their rows by fate, and how many quarantined rows were corrected."""

    chunks: dict[str, int] = {}
    rows: Rows = Rows()
    corrected: int = 0


class Episodes(BaseModel):
    """Detection episodes of a rule."""

    open: int
    closed: int


class Alerts(BaseModel):
    """Deliveries of alerts: accepted, still to be made, waiting for a digest, and given up.

    `oldest_seconds`: for how long the oldest of those still to be made has waited. `open`: open incidents.
    """

    sent: int = 0
    pending: int = 0
    overflow: int = 0
    dead: int = 0
    oldest_seconds: float = 0.0
    open: int = 0

    def in_words(self) -> str:
        """Two lines; what is out of the ordinary is only said where there is some."""
        notes = [f"{self.open} open"]
        notes += [f"the oldest pending for {self.oldest_seconds:.0f} s"] if self.pending else []
        notes += [f"{self.overflow} wait for a digest"] if self.overflow else []
        notes += [f"{self.dead} given up, see `make redeliver`"] if self.dead else []
        return f"Alerts: {self.sent} sent, {self.pending} pending\nIncidents: {', '.join(notes)}"


def dataset_figures(conn: Connection) -> dict[str, DatasetFigures]:
    """The figures of every dataset that has chunks."""
    found: dict[str, DatasetFigures] = {}
    for row in fetch_all(conn, "figures/chunks"):
        figures = found.setdefault(row["dataset"], DatasetFigures())
        figures.chunks[row["status"]] = row["chunks"]
        figures.rows.rows_in += row["rows_in"]
        figures.rows.loaded += row["rows_loaded"]
        figures.rows.quarantined += row["rows_quarantined"]
        figures.rows.duplicate += row["rows_duplicate"]
        figures.rows.held += row["rows_held"]
    for row in fetch_all(conn, "figures/corrections"):
        found[row["dataset"]].corrected = row["corrected"]
    return found


def episodes_by_rule(conn: Connection) -> dict[str, Episodes]:
    """Open and closed episodes of every rule that has any."""
    rows = fetch_all(conn, "figures/detections")
    return {row["rule"]: Episodes(open=row["open"], closed=row["closed"]) for row in rows}


def alert_figures(conn: Connection) -> Alerts:
    """Deliveries of all alerts, and the incidents that are open."""
    return Alerts.model_validate(fetch_one(conn, "figures/alerts"))
