"""What phones and IPs usually ask for in a day."""

from __future__ import annotations

from include.spark_jobs.models.model import Model

MODEL = Model(
    name="contact_habits",
    dataset="contact_requests",
    version=1,
    doc="How much phones and IPs ask for on a day, for how many ads, and how fast.",
    owner="trust-and-safety",
    sequence="contact_actors",
    entity=("actor_kind", "actor"),
    features=("requests", "tokens", "in_1_minute"),
    volume="requests",
    least=5,
)
