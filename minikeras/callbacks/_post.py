"""Sending text to a web server; a module of its own, as loading what it needs takes long."""

import urllib.parse
import urllib.request

__all__ = ["check_url", "post"]


def check_url(url: str) -> None:
    """Refuse what is no web address; ``urllib`` opens files too.

    Raises
    ------
    ValueError
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"expected an address that begins with http:// or https://, got {url!r}")


def post(url: str, text: str, field: str | None, headers: dict[str, str], seconds: float) -> None:
    """Send ``text`` as JSON, or in a field of a form.

    Raises
    ------
    OSError
        If the server cannot be reached or answers with an error.
    """
    if field is None:
        body, kind = text, "application/json"
    else:
        body, kind = urllib.parse.urlencode({field: text}), "application/x-www-form-urlencoded"
    request = urllib.request.Request(url, body.encode(), {"Content-Type": kind, **headers})
    with urllib.request.urlopen(request, timeout=seconds) as answer:
        answer.read(1)
