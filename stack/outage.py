"""Errors of services that cannot be used, in words: which service, why, where its log is, what helps."""

from __future__ import annotations

import psycopg
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

from include.settings import get_settings
from stack.config import stack_settings

# What a service that is being started again gives.
PASSING = (psycopg.OperationalError, ConnectionError, HTTPClientError)


def in_words(error: BaseException) -> str | None:
    """The message for people; None if it is no error of a service."""
    settings = get_settings()
    logs = settings.home / "logs"
    if isinstance(error, psycopg.OperationalError):
        return _say("Postgres", error, f"Its log: {logs / 'postgres.log'}; `make up` starts it")
    if not isinstance(error, BotoCoreError | ClientError):
        return None
    if stack_settings().embeds_s3:
        return _say("S3", error, f"Its log: {logs / 's3.log'}; `make up` starts it")
    where = settings.s3_endpoint or "its usual address"
    return _say("S3", error, f"It is taken from {where}, bucket {settings.bucket}; see VIGIL_S3_… in .env")


def _say(service: str, error: BaseException, help: str) -> str:
    return f"{service} cannot be used: {str(error).strip()}\n{help}"
