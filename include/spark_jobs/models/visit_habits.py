"""From where and on what accounts are usually used in a day."""

from __future__ import annotations

from include.spark_jobs.models.model import Model

MODEL = Model(
    name="visit_habits",
    dataset="user_activity",
    version=1,
    doc="From how many places and devices accounts are used on a day, how fast they travel, and what fails.",
    owner="trust-and-safety",
    sequence="visits",
    entity=("user_id",),
    features=("activities", "failed", "locations", "devices", "locations_in_hour", "metres_per_hour"),
    volume="activities",
    least=2,
)
