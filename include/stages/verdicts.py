"""What check found in each chunk, as the ledger, the figures and Data Docs each want it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from include.datasets.contract import CHUNK_REASONS, CORRECTED, CORRECTED_DOC, Contract
from include.store.attempts import Figures
from include.store.chunks import ChunkVerdict

if TYPE_CHECKING:
    from include.health.days import ChunkDay
    from include.quality.data_docs import ChunkPage
    from include.quality.suite import Judgement
    from include.spark_jobs.check import ChunkFigures


@dataclass(frozen=True)
class Paths:
    """Where this attempt writes, relative to the lake."""

    events: str
    quarantine: str


@dataclass(frozen=True)
class Checked:
    """One chunk: its first key, what Spark counted, what the suite said (None: unreadable), its profile."""

    chunk_id: str
    key: str
    found: ChunkFigures
    judgement: Judgement | None
    days: tuple[ChunkDay, ...] = ()

    @property
    def status(self) -> Literal["checked", "held", "unreadable"]:
        """Its next status in the ledger."""
        if self.judgement is None:
            return "unreadable"
        return "held" if self.judgement.stops else "checked"

    @property
    def reason(self) -> str | None:
        """Why it is held or unreadable."""
        if self.judgement is None:
            return self.found.unreadable
        return "; ".join(self.judgement.stops) or None

    @property
    def rows(self) -> dict[str, int]:
        """Rows by what becomes of them; nothing is known of an unreadable chunk."""
        if self.judgement is None:
            return {}
        held = self.status == "held"
        good = self.found.loaded
        return {
            "loaded": 0 if held else good,
            "quarantined": self.found.quarantined,
            "duplicate": 0,
            "held": good if held else 0,
        }


def page_of(kind: Contract, one: Checked) -> ChunkPage:
    from include.quality.data_docs import ChunkPage

    meanings = kind.reasons | {CORRECTED: CORRECTED_DOC}
    reasons = tuple((reason, meanings.get(reason, ""), n) for reason, n in one.found.reasons.items())
    if one.judgement is None:
        code = one.found.unreadable or ""
        return ChunkPage(one.chunk_id, one.key, one.status, stops=(f"{code}: {CHUNK_REASONS[code]}",))
    return ChunkPage(
        one.chunk_id,
        one.key,
        one.status,
        {name: n for name, n in one.rows.items() if n or name in ("loaded", "quarantined")},
        reasons,
        one.judgement.stops,
        one.judgement.warnings,
        one.judgement.result,
    )


def verdict_of(one: Checked, paths: Paths) -> ChunkVerdict:
    if one.status == "unreadable":
        return ChunkVerdict(one.chunk_id, "unreadable", one.reason, quarantine_path=paths.quarantine)
    return ChunkVerdict(
        one.chunk_id,
        one.status,
        one.reason,
        rows_in=one.found.rows_in,
        **{f"rows_{name}": n for name, n in one.rows.items()},
        first_day=one.found.first_day,
        last_day=one.found.last_day,
        events_path=paths.events if one.found.loaded else None,
        quarantine_path=paths.quarantine if one.found.quarantined else None,
        reasons=one.found.reasons or None,
    )


def figures_of(checked: Sequence[Checked], pages: Mapping[str, str], paths: Paths) -> Figures:
    def stopped(status: str) -> list[dict[str, str | None]]:
        return [
            {"chunk_id": one.chunk_id, "key": one.key, "reason": one.reason, "docs": pages.get(one.chunk_id)}
            for one in checked
            if one.status == status
        ]

    rows = Counter(dict.fromkeys(("loaded", "quarantined", "duplicate", "held"), 0))
    reasons: Counter[str] = Counter()
    for one in checked:
        rows.update(one.rows)
        reasons.update(one.found.reasons)
    page = next(iter(pages.values()), None)
    return {
        "docs": f"{page.rpartition('/')[0]}/index.html" if page else None,
        "checked": [one.chunk_id for one in checked if one.status == "checked"],
        "held": stopped("held"),
        "unreadable": stopped("unreadable"),
        "rows": {"in": rows.total(), **rows},
        "reasons": dict(sorted(reasons.items())),
        "events_path": paths.events if any(one.found.loaded for one in checked) else None,
        "quarantine_path": paths.quarantine if any(one.found.quarantined for one in checked) else None,
    }
