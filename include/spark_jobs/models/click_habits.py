"""How fast users usually click in a day."""

from __future__ import annotations

from include.spark_jobs.models.model import Model

MODEL = Model(
    name="click_habits",
    dataset="clickstream",
    version=1,
    doc="How much users click on a day, and how fast.",
    owner="trust-and-safety",
    sequence="clicks",
    entity=("user_id",),
    features=("events", "high_frequency", "longest_run", "in_1_minute", "in_5_minutes", "in_30_minutes"),
    volume="events",
    least=5,
)
