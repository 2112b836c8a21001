"""Shell exports, so that psql, boto3, curl and Spark clients work against the running stack."""

from __future__ import annotations

import shlex

from stack.airflow import ADMIN
from stack.services import Stack


def exports(stack: Stack) -> str:
    """`export NAME=value` lines for a POSIX shell."""
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
    if s3 := stack.s3:
        values |= {
            "AWS_ENDPOINT_URL": s3.endpoint,
            "AWS_ACCESS_KEY_ID": s3.access_key,
            "AWS_SECRET_ACCESS_KEY": s3.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "BUCKET": stack.settings.bucket,
        }
    if spark := stack.spark:
        values["SPARK_REMOTE"] = spark.remote
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())
