"""The channels of messages, each by Airflow's own hook and an Airflow connection that a setting names.

Not for Airflow's plugin manager (.airflowignore): it would load every file here under its bare name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from include.stages.deliver import Sender


def senders() -> dict[str, Sender]:
    """What hands a message to each channel; the hooks are imported when they are first used."""
    from plugins.channels import mail, pager, slack, webhook

    return {
        "slack": slack.send,
        "pagerduty": pager.send,
        "email": mail.send,
        "webhook": webhook.send,
    }
