"""Shell exports, so that psql, boto3, curl and Spark clients work against the running stack."""

from __future__ import annotations

import shlex

from include.settings import Settings
from stack.airflow_client import ADMIN
from stack.services import Stack


def exports(stack: Stack, settings: Settings) -> str:
    """`export NAME=value` lines for a POSIX shell; `settings` tell where S3 and Spark are, ours or another.

    What they leave to the clients (an endpoint, keys) is left to the clients.
    """
    values = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(stack.ports["postgres"]),
        "PGUSER": "vigil",
        "PGDATABASE": "vigil",
        "PGPASSWORD": stack.credentials.postgres_vigil_password,
        "DATABASE_URL": stack.vigil_dsn,
        "AIRFLOW_URL": stack.airflow.url,
        "AIRFLOW_USER": ADMIN,
        "AIRFLOW_PASSWORD": stack.credentials.airflow_admin_password,
        "DOCS_URL": stack.docs.url,
    }
    chosen = {
        "BUCKET": settings.bucket,
        "AWS_DEFAULT_REGION": settings.s3_region,
        "AWS_ENDPOINT_URL": settings.s3_endpoint,
        "AWS_ACCESS_KEY_ID": settings.s3_access_key and settings.s3_access_key.get_secret_value(),
        "AWS_SECRET_ACCESS_KEY": settings.s3_secret_key and settings.s3_secret_key.get_secret_value(),
        "SPARK_REMOTE": settings.spark_remote,
    }
    values |= {name: value for name, value in chosen.items() if value}
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())
