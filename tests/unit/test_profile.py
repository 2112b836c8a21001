"""A chunk's profile, against counting its rows one by one."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from include.datasets import contract
from include.health.days import ChunkDay
from include.quality.profile import MOST_VALUES, OTHERS, profile

TRANSACTIONS = contract("transactions")
LABELS = ("gender", "category", "age", "zipcode_ori", "zip_merchant", "reason")


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as CheckedRows gives them: texts as categories, everything but the reason missing where bad."""
    columns = ("event_day", "amount_minor", *LABELS)
    found = pd.DataFrame(rows, columns=columns)
    for name in LABELS:
        found[name] = found[name].astype("category")
    return found.assign(
        event_day=pd.to_datetime(found["event_day"]), amount_minor=found["amount_minor"].astype("float")
    )


def row(day: int = 1, **values: Any) -> dict[str, Any]:
    usual = {"gender": "F", "category": "es_food", "age": "3", "amount_minor": 455}
    return {"event_day": date(2026, 3, day), **usual} | values


BAD = {"reason": "bad_step"}
ROWS = st.lists(
    st.one_of(
        st.just(BAD),
        st.builds(
            row,
            st.integers(1, 4),
            gender=st.sampled_from("MFEU"),
            category=st.sampled_from(["es_food", "es_tech", "es_health"]),
            age=st.sampled_from([None, "1", "U"]),
            amount_minor=st.sampled_from([0, 9, 10, 99, 100, 9_999_999_999]),
        ),
    )
)


def counted(rows: list[dict[str, Any]], value: Any) -> dict[str, int]:
    return dict(Counter(str(value(one)) for one in rows))


@given(ROWS)
def test_each_day_counts_its_good_rows(rows: list[dict[str, Any]]) -> None:
    good = [one for one in rows if "reason" not in one]
    days = sorted({one["event_day"] for one in good})
    expected = []
    for day in days:
        of_day = [one for one in good if one["event_day"] == day]
        mix = {
            "category": counted(of_day, lambda one: one["category"]),
            "gender": counted(of_day, lambda one: one["gender"]),
            "age.given": counted(of_day, lambda one: "yes" if one["age"] else "no"),
            "zipcode_ori.given": {"no": len(of_day)},
            "zip_merchant.given": {"no": len(of_day)},
            "amount_minor.digits": counted(
                of_day, lambda one: len(str(one["amount_minor"])) if one["amount_minor"] else 0
            ),
            "chunk.layout": {"header, no quotes": len(of_day)},
        }
        expected.append(ChunkDay(day, len(of_day), mix))
    assert profile(TRANSACTIONS, frame(rows), "header, no quotes") == tuple(expected)


def test_rare_values_beyond_the_most_are_counted_together() -> None:
    rows = [row(category=f"c{n:03}") for n in range(MOST_VALUES + 3)] + [row(category="c102")]
    (day,) = profile(TRANSACTIONS, frame(rows), "")
    assert len(day.mix["category"]) == MOST_VALUES + 1
    assert day.mix["category"]["c102"] == 2
    assert day.mix["category"][OTHERS] == 3
    assert sum(day.mix["category"].values()) == day.rows == MOST_VALUES + 4


def test_reference_data_has_no_days() -> None:
    assert profile(contract("importance"), pd.DataFrame({"reason": [None]}), "") == ()
