"""Reveal: what a pseudonym stands for, to those who may know, for a reason, and on record (ADR 14)."""

from __future__ import annotations

from include.errors import Refused
from include.settings import get_settings
from include.spark_jobs.pseudonyms import KINDS, PSEUDONYM
from include.store.connection import transaction
from include.store.vault import Outcome, original, record_reveal


def reveal(pseudonym: str, *, by: str, reason: str) -> str | None:
    """The original value; None if the vault has none (any more). Every attempt leaves an audit row first.

    Raises Refused, with what is missing, for no name, no reason, somebody whom VIGIL_REVEALERS does not name,
    and what is no pseudonym.
    """
    by, reason, pseudonym = by.strip(), reason.strip(), pseudonym.strip()
    may = by in get_settings().revealers
    is_one = PSEUDONYM.fullmatch(pseudonym) is not None
    refusal = _refusal(by, reason, may=may, is_one=is_one)
    value: str | None = None
    outcome: Outcome = "refused"
    # The value leaves this function only after the audit row is committed.
    with transaction() as conn:
        if refusal is None:
            value = original(conn, pseudonym)
            outcome = "not found" if value is None else "found"
        # what is no pseudonym may be a value that somebody typed by mistake
        asked = pseudonym if is_one else "(no pseudonym)"
        record_reveal(conn, by=by, may=may, reason=reason, pseudonym=asked, outcome=outcome, refusal=refusal)
    if refusal:
        raise Refused(f"refused, and on record: {refusal}")
    return value


def _refusal(by: str, reason: str, *, may: bool, is_one: bool) -> str | None:
    """Why this is not answered; None: it is."""
    if not by:
        return "nobody is named; say who asks with BY="
    if not may:
        return "whoever asks is not among VIGIL_REVEALERS"
    if not reason:
        return "no reason is given; say why with REASON="
    if not is_one:
        return f"that is no pseudonym: one of {', '.join(KINDS)}, an underscore and 26 letters and digits"
    return None
