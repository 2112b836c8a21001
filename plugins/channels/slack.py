"""Slack, by an incoming webhook: a connection `slackwebhook` with the webhook's URL as its password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugins.channels.connection import connection, refusals, seconds

if TYPE_CHECKING:
    from include.stages.message import Message

# Slack cuts a message that is longer than this.
MOST_TEXT = 40_000


def send(message: Message) -> None:
    """Post the message once. Raises DeliveryError if Slack does not accept it.

    Slack knows no keys: a message whose sender was killed before it could be marked is shown twice.
    """
    from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
    from slack_sdk.errors import SlackClientError

    conn_id = connection("slack_conn_id", "slackwebhook").conn_id
    with refusals("Slack", SlackClientError):
        # Trying again is the outbox's, which keeps its transaction open for no longer than one try.
        hook = SlackWebhookHook(slack_webhook_conn_id=conn_id, timeout=seconds(), retry_handlers=[])
        hook.send_text(text(message), unfurl_links=False, unfurl_media=False)


def text(message: Message) -> str:
    """The message in Slack's markup."""
    lines = [f"*{_plain(message.headline)}*", _plain(message.when)]
    lines += [f"{_plain(name)}: {_plain(value)}" for name, value in message.facts]
    lines += [_link(name, url) for name, url in message.links]
    if message.rerun:
        lines.append(f"again: `{_plain(message.rerun)}`")
    return "\n".join(lines)[:MOST_TEXT]


def _link(name: str, url: str) -> str:
    return f"<{_plain(url)}|{name}>" if "://" in url else f"{name}: {_plain(url)}"


def _plain(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
