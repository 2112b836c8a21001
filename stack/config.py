"""The settings of the embedded stack: its ports, Spark's size, and which services stand outside of it."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from include.settings import Home, env_file, home_dir

# Each with the setting VIGIL_PORT_<NAME>. Beside the usual ports of such servers, which may well be taken.
DEFAULT_PORTS = {
    "airflow": 8080,
    "docs": 8081,
    "postgres": 5442,
    "s3": 9010,
    "spark": 15012,
    "supervisor": 9011,
}


class StackSettings(BaseSettings):
    """Read from the environment and `.env`, never from what the stack wrote; all start with `VIGIL_`."""

    model_config = SettingsConfigDict(env_prefix="VIGIL_", extra="ignore", env_ignore_empty=True)

    home: Home = Field(default_factory=home_dir, description="the one folder that holds all local state")
    bucket: str = Field("vigil", description="the bucket that is created on the embedded S3")

    port_airflow: int | None = Field(None, ge=1, le=65535, description="port of Airflow's UI and API")
    port_docs: int | None = Field(None, ge=1, le=65535, description="port of Data Docs")
    port_postgres: int | None = Field(None, ge=1, le=65535, description="port of Postgres")
    port_s3: int | None = Field(None, ge=1, le=65535, description="port of the embedded S3")
    port_spark: int | None = Field(None, ge=1, le=65535, description="port of the embedded Spark")
    port_supervisor: int | None = Field(
        None, ge=1, le=65535, description="port of the supervisor's own interface"
    )

    spark_memory: str = Field("4g", pattern=r"^\d+[mg]$", description="heap of the embedded Spark")
    spark_cores: str = Field("*", pattern=r"^(\*|\d+)$", description="cores of the embedded Spark; *: all")

    # Given here, these stand outside, and the embedded service is not started.
    s3_endpoint: str = Field("", description="an S3 server of one's own")
    s3_access_key: SecretStr = Field(SecretStr(""), description="with a key and no endpoint: Amazon's S3")
    spark_remote: str = Field("", description="a Spark Connect server of one's own")

    # To where Airflow tells what happens; nothing is sent, and nothing loaded for it, unless they are set.
    metrics_url: str = Field(
        "", description="OTLP/HTTP receiver of metrics, as http://127.0.0.1:4318; empty: none are sent"
    )
    openlineage_url: str = Field(
        "", description="OpenLineage server, as http://127.0.0.1:5000; empty: no lineage is sent"
    )

    @property
    def embeds_s3(self) -> bool:
        """Whether the embedded S3 is started."""
        return not (self.s3_endpoint or self.s3_access_key.get_secret_value())

    @property
    def embeds_spark(self) -> bool:
        """Whether the embedded Spark is started."""
        return not self.spark_remote

    def fixed_ports(self) -> dict[str, int]:
        """The ports that were set, by name."""
        given = {name: getattr(self, f"port_{name}") for name in DEFAULT_PORTS}
        return {name: port for name, port in given.items() if port is not None}


def stack_settings() -> StackSettings:
    """The stack's settings now. Raises pydantic.ValidationError naming each wrong variable."""
    return StackSettings(_env_file=env_file())
