"""Every setting of the platform, read from the environment, `.env` and what the embedded stack wrote.

The order of precedence: process environment, `.env` at the project's root, `<home>/stack.env` (endpoints and
generated secrets of the running embedded stack), the defaults below. Every variable starts with `VIGIL_`.
"""

from __future__ import annotations

import os
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
ENV_FILE = ROOT / ".env"

# Daily runs of a dataset at once: more would only hold task slots while they wait for Spark. Airflow wants
# the number again with each backfill.
DAILY_RUNS = 3


def env_file() -> Path:
    """The file in which people keep their settings; it need not exist."""
    return ENV_FILE


def _absolute(path: Path) -> Path:
    """Programs run in folders of their own, and are told by them."""
    return path.expanduser().resolve()


def home_dir() -> Path:
    """The folder that holds all state: `VIGIL_HOME`, from `.env` too, else `.vigil` at the project's root."""
    named = os.environ.get("VIGIL_HOME") or dotenv_values(env_file()).get("VIGIL_HOME")
    return _absolute(Path(named) if named else ROOT / ".vigil")


Home = Annotated[Path, AfterValidator(_absolute)]


class Settings(BaseSettings):
    """All settings with their defaults; times in seconds, sizes in bytes. An empty variable is none."""

    model_config = SettingsConfigDict(
        env_prefix="VIGIL_", extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    home: Home = Field(
        default_factory=home_dir,
        description="the one folder that holds all local state; empty: .vigil at the project's root",
    )

    # Storage
    bucket: str = Field("vigil", description="bucket to land from and export to")
    s3_endpoint: str | None = Field(
        None,
        description="S3 of one's own: its address; empty: Amazon's if a key is set, else the embedded one",
    )
    s3_access_key: SecretStr | None = Field(
        None, description="S3 key; empty with an endpoint set: boto3's own chain, as of the machine's role"
    )
    s3_secret_key: SecretStr | None = Field(None, description="the secret of the S3 key")
    s3_region: str = Field("us-east-1", description="S3 region")
    s3_tries: int = Field(6, ge=1, description="tries of one request to S3 before it fails")
    lake: str = Field("", description="a folder or s3a:// URL; empty: <home>/lake")

    # Services
    postgres_dsn: SecretStr = Field(SecretStr(""), description="libpq URL of the platform's own database")
    postgres_patience: float = Field(
        90.0, ge=0, description="seconds for which a Postgres out of reach is tried again, as in a restart"
    )
    spark_remote: str = Field("", description="Spark Connect URL, sc://host:port; empty: the embedded Spark")
    airflow_url: str = Field("", description="base address of the Airflow UI, for links in messages")
    docs_url: str = Field("", description="base address where Data Docs are served, for links in messages")

    # Landing
    max_chunks: int = Field(
        50,
        ge=1,
        validation_alias=AliasChoices("VIGIL_MAX_CHUNKS", "MAX_CHUNKS", "max_chunks"),
        description="most chunks that one run takes",
    )
    max_bytes: int = Field(
        1 << 30,
        ge=1,
        validation_alias=AliasChoices("VIGIL_MAX_BYTES", "MAX_BYTES", "max_bytes"),
        description="most bytes that one run takes; a single larger chunk still goes alone",
    )
    max_object_bytes: int = Field(
        256 << 20, ge=1, description="larger objects are refused, with an incident; bytes"
    )
    settle_seconds: float = Field(
        1.0, ge=0, description="an object younger than these seconds is still being written"
    )
    folder_settle_seconds: float = Field(
        60.0, ge=0, description="the same for the newest part of a folder that has no _SUCCESS"
    )
    poll_seconds: float = Field(5.0, gt=0, description="seconds between two looks of a sensor at a prefix")
    transactions_prefix: str = Field("transaction_chunks/", description="where transaction chunks land")
    importance_prefix: str = Field("reference/importance/", description="where importance files land")
    contact_requests_prefix: str = Field("contact_requests/", description="where contact requests land")
    clickstream_prefix: str = Field("clickstream/", description="where clicks land")
    ibm_clickstream_prefix: str = Field(
        "ibm_clickstream/", description="where files of IBM's clickstream land"
    )
    user_activity_prefix: str = Field("user_activity/", description="where activity of users land")
    subscriptions_prefix: str = Field("subscriptions/", description="where subscriptions land")
    payments_prefix: str = Field("payments/", description="where payments for subscriptions land")
    key_pattern: str = Field(
        r"[^/]+\.(?:csv|json|jsonl|ndjson)(?:\.gz)?(?:/part-[^/]+)?",
        description="regular expression over the key after the prefix",
    )
    last_event_day: date = Field(
        date(2035, 12, 31), description="rows of later days are quarantined, as their days would move the cut"
    )
    transactions_epoch: str = Field("2026-01-01", description="the day of step 0, in the dataset's zone")
    transactions_last_step: int = Field(
        3650,
        ge=0,
        le=100_000,  # dates stay dates of four-digit years
        description="rows of later steps are quarantined, as their days would move the cut; 3650: ten years",
    )

    # Personal data
    pseudonym_keys: SecretStr = Field(
        SecretStr(""),
        description="secrets that pseudonyms are made with, by the first event day of each, as JSON",
    )
    revealers: list[str] = Field(
        default_factory=list, description='who may reveal what a pseudonym stands for: ["ana", "omar"]'
    )

    # Detection
    profile: str = Field("default", description="parameter profile of scheduled runs: default or sample")
    rule_parameters: dict[str, dict[str, int | str]] = Field(
        default_factory=dict, description='overrides by rule, as JSON: {"child": {"min_transactions": 90}}'
    )
    run_lease_seconds: int = Field(
        3600, gt=0, description="a run that is silent for so many seconds loses its chunks"
    )
    chunk_tries: int = Field(3, gt=0, description="a chunk on which this many runs failed is held")
    checkpoint_every: int = Field(8, gt=0, description="most deltas read before a checkpoint is written")

    most_dirty_cuts: int = Field(
        40, gt=0, description="most past cuts that one run evaluates again because of late events"
    )

    # Export
    export_prefix: str = Field("output_detections/", description="where detections are exported")
    export_layout: Literal["runs", "flat"] = Field(
        "runs", description="runs: a folder a run; flat: all files in one folder"
    )
    export_rows: int = Field(50, ge=1, le=50, description="most detections in one exported file")

    # Alerts
    alert_thresholds: dict[str, int] = Field(
        default_factory=dict,
        description='new detections of an event day that open an incident, by rule; else 1: {"child": 10}',
    )
    slack_conn_id: str = Field("", description="Airflow connection (slackwebhook) to tell Slack; empty: off")
    pagerduty_conn_id: str = Field(
        "", description="Airflow connection (pagerduty_events) to page by PagerDuty; empty: off"
    )
    email_conn_id: str = Field("", description="Airflow connection (smtp) to send mail; empty: off")
    email_to: str = Field("", description="who gets the mail: addresses with commas between")
    webhook_conn_id: str = Field(
        "", description="Airflow connection (http) to POST to, its password the key that signs; empty: off"
    )
    webhook_url: str = Field(
        "", description="a webhook without a connection, and so unsigned: where to POST; empty: off"
    )
    alert_timeout: float = Field(
        10.0,
        gt=0,
        validation_alias=AliasChoices("VIGIL_ALERT_TIMEOUT", "VIGIL_WEBHOOK_TIMEOUT", "alert_timeout"),
        description="seconds that a channel has to accept a message",
    )
    alert_tries: int = Field(12, gt=0, description="tries before a delivery is dead")
    alert_budget: int = Field(
        50,
        ge=0,
        description="most messages of a channel and UTC day, critical ones twice that; a digest has the rest",
    )
    runbooks_url: str = Field("", description="where docs/runbooks is served, for links in messages")

    # Health
    health_schedule: str = Field(
        "*/15 * * * *", description="when the platform looks at its own health; a cron expression, UTC"
    )
    freshness_hours: dict[str, float] = Field(
        default_factory=dict,
        description="hours in which a dataset must land, be aggregated and evaluated anew; others are not "
        'watched: {"transactions": 26}',
    )
    daily_late_hours: float = Field(
        6.0, ge=0, description="hours after its day's end from which a daily run that is not through is late"
    )
    anomaly_score: float = Field(
        5.0,
        gt=0,
        description="deviations from the same weekday's median from which a day's figure is unusual",
    )
    anomaly_days: int = Field(7, ge=1, description="newest complete event days whose figures are judged")
    anomaly_min_days: int = Field(
        4,
        ge=2,
        le=8,
        description="fewest earlier days of the same weekday to judge by; of the last eight weeks",
    )
    anomaly_min_rows: int = Field(100, ge=1, description="fewest rows of a day, or usual on one, to judge by")
    anomaly_settle_hours: float = Field(
        1.0, ge=0, description="hours that a day must be over, and get no more rows, before it is judged"
    )

    # Retention: days, whole or not; 0 keeps for ever
    retention_unpublished_days: float = Field(
        7.0, ge=0, description="days until outputs that nothing published are collected; 0: never"
    )
    retention_chunks_days: float = Field(
        365.0,
        ge=0,
        description="days for which the bytes of chunks are kept once they are in the state; 0: for ever",
    )
    retention_events_days: float = Field(
        180.0,
        ge=0,
        description="days for which checked events, and the rows of tables of events, are kept; 0: for ever",
    )
    retention_quarantine_days: float = Field(
        90.0, ge=0, description="days for which quarantined rows are kept; 0: for ever"
    )
    retention_state_days: float = Field(
        90.0,
        ge=0,
        description="days whose cuts stay open to late events and backfills; 0: all cuts, for ever",
    )
    retention_exports_days: float = Field(
        365.0, ge=0, description="days for which exported files are kept on S3; 0: for ever"
    )
    retention_docs_days: float = Field(
        90.0, ge=0, description="days for which pages of Data Docs are kept; 0: for ever"
    )

    @property
    def lake_root(self) -> str:
        """The lake's root, without a trailing slash."""
        return (self.lake or str(self.home / "lake")).rstrip("/")


@cache
def get_settings() -> Settings:
    """The settings of this process, read once. Raises pydantic.ValidationError naming each wrong variable."""
    return Settings(_env_file=(home_dir() / "stack.env", env_file()))
