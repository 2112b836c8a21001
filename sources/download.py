"""Files from http(s) addresses and Google Drive share links, streamed to a local file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from include.errors import FeedError

CONNECT_SECONDS = 15.0
READ_SECONDS = 60.0
TRIES = 3

Advance = Callable[[int, int | None], None]


def is_address(file: str) -> bool:
    """Whether this names something on the web rather than a local file."""
    return urlsplit(file).scheme.lower() in ("http", "https")


def direct_address(address: str) -> str:
    """The address that gives the file itself; differs for Google Drive's share links only."""
    parts = urlsplit(address)
    if parts.hostname not in ("drive.google.com", "docs.google.com", "drive.usercontent.google.com"):
        return address
    in_path = re.search(r"/file/(?:u/\d+/)?d/([\w-]+)", parts.path)
    drive_id = in_path[1] if in_path else parse_qs(parts.query).get("id", [""])[0]
    if not drive_id:
        raise FeedError(
            f"{address} is not the share link of a file: open it in Google Drive, choose Share, Copy link"
        )
    # `confirm` answers the page that large files get instead of a virus scan.
    return f"https://drive.usercontent.google.com/download?id={drive_id}&export=download&confirm=t"


def download(address: str, target: Path, advance: Advance) -> None:
    """Writes what the address gives to `target`; `advance(bytes so far, in all or None)` is told on the way.

    Redirects are followed; a broken transfer starts again, three tries in all. Raises FeedError if the
    address cannot be reached, answers with an error, or answers with a web page instead of data.
    """
    import httpx
    from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

    direct = direct_address(address)
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)

    @retry(
        retry=retry_if_exception_type(httpx.TransportError),
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential(multiplier=0.5, max=10),
        reraise=True,
    )
    def transfer() -> None:
        with httpx.stream("GET", direct, follow_redirects=True, timeout=timeout) as answer:
            answer.raise_for_status()
            if answer.headers.get("content-type", "").lower().startswith("text/html"):
                raise FeedError(
                    f"{address} gives a web page instead of data; is it shared with anyone who has the link?"
                )
            length = answer.headers.get("content-length")
            total = int(length) if length and "content-encoding" not in answer.headers else None
            with target.open("wb") as file:
                for block in answer.iter_bytes():
                    file.write(block)
                    advance(file.tell(), total)

    try:
        transfer()
    except httpx.HTTPStatusError as error:
        raise FeedError(f"{address} answers {error.response.status_code}") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FeedError(f"{address} cannot be fetched: {error}") from error
