"""`make digest`: what the rules say at a cut, as one number that the same events always give."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from include.errors import ConfigError
from include.settings import get_settings
from include.spark_jobs.detect import canonical
from include.stages.detect import digest_of
from include.store.connection import transaction
from include.store.evaluations import Evaluation, evaluated_cuts, newest_evaluations


def evaluations_at(dataset: str, profile: str, cut: date | None) -> list[Evaluation]:
    """Each rule's newest evaluation at the cut (None: the newest). Raises ConfigError if there is none."""
    with transaction() as conn:
        found = newest_evaluations(conn, dataset, profile, cut)
        if not found:
            cuts = ", ".join(str(known) for known in evaluated_cuts(conn, dataset, profile)) or "none yet"
            where = f"{dataset} under profile {profile}"
            raise ConfigError(f"{where} was not evaluated at cut {cut or '(any)'}; its cuts are: {cuts}")
    return found


def digest(
    cut: Annotated[str, typer.Option(help="a day, YYYY-MM-DD; by default the newest evaluated")] = "",
    dataset: Annotated[str, typer.Option(help="the dataset")] = "transactions",
    profile: Annotated[str, typer.Option(help="parameter profile; by default the configured one")] = "",
) -> None:
    """Print the digest of what holds at a cut: a line per rule, then the cut and its digest."""
    try:
        day = date.fromisoformat(cut) if cut else None
    except ValueError as error:
        raise ConfigError(f"cut must be a day as YYYY-MM-DD, not {cut!r}") from error
    found = evaluations_at(dataset, profile or get_settings().profile, day)
    for one in found:
        reference = one.reference or "-"
        parameters = canonical(one.parameters)
        print(f"{one.rule} v{one.rule_version} {parameters} {reference} {one.holds} hold {one.digest}")
    print(f"{found[0].cut} {digest_of(found)}")
