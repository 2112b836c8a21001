"""E-mail, by a connection `smtp` with `from_email` among its extras, to the addresses of VIGIL_EMAIL_TO."""

from __future__ import annotations

import hashlib
from html import escape
from typing import TYPE_CHECKING

from include.errors import DeliveryError
from include.settings import get_settings
from plugins.channels.connection import connection, refusals, seconds

if TYPE_CHECKING:
    from include.stages.message import Message


def send(message: Message) -> None:
    """Hand the mail to the server once. Raises DeliveryError if it does not take it.

    All tries carry one Message-ID, of which many readers show one; mails of an incident refer to one thread.
    """
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    class OneTry(SmtpHook):
        """Trying again is the outbox's; the hook would send a mail anew whose answer it missed."""

        smtp_retry_limit = 0
        timeout = seconds()

    to = get_settings().email_to
    if not to:
        raise DeliveryError("nobody is to get the mail: VIGIL_EMAIL_TO is empty")
    conn_id = connection("email_conn_id", "smtp").conn_id
    thread = hashlib.sha256(message.thread.encode()).hexdigest()[:32]
    headers = {"Message-ID": f"<{message.key}@vigil>", "References": f"<{thread}@vigil>"}
    with refusals("the mail server"), OneTry(smtp_conn_id=conn_id) as hook:
        hook.send_email_smtp(
            to=to, subject=message.headline, html_content=html(message), custom_headers=headers
        )


def html(message: Message) -> str:
    """The message as a small page."""
    rows = [(escape(name), escape(value)) for name, value in message.facts]
    rows += [(escape(name), _link(url)) for name, url in message.links]
    if message.rerun:
        rows.append(("again", f"<code>{escape(message.rerun)}</code>"))
    table = "".join(f"<tr><th align=left>{name}</th><td>{value}</td></tr>\n" for name, value in rows)
    return f"<h3>{escape(message.headline)}</h3>\n<p>{escape(message.when)}</p>\n<table>\n{table}</table>\n"


def _link(url: str) -> str:
    return f'<a href="{escape(url)}">{escape(url)}</a>' if "://" in url else escape(url)
