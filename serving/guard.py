"""Middleware in front of the page: who may ask, how much they may send, and how long they may take.

gradio serves what it is asked for. This module refuses requests by another name than the server's
(DNS rebinding) and from pages of other sites, bodies that are too large or too slow, and routes
that the page does not need; and it closes connections that send nothing.
"""

import asyncio
import ipaddress
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

# Seconds that a client may pause while it sends, and that one request may take to arrive.
PAUSE_SECONDS, UPLOAD_SECONDS = 20, 600
# Bytes of a request other than an upload.
_MAX_MESSAGE = 1_000_000
_UPLOAD = "/gradio_api/upload"
# Routes of gradio that run ffmpeg, fetch other sites, show statistics or serve other pages.
_CLOSED = (
    *("/gradio_api/process_recording", "/gradio_api/file=http", "/gradio_api/proxy="),
    *("/monitoring", "/gradio_api/monitoring", "/gradio_api/deep_link", "/gradio_api/mcp"),
)
# gradio's page has scripts and styles in its text, and its player makes workers from blobs.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    b"content-security-policy": _POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
}


@dataclass(frozen=True)
class Rules:
    """Rules of a :class:`Guard`.

    Parameters
    ----------
    hosts : frozenset of str
        Names, in lower case, that a request may give the server, besides ``localhost`` and IP
        addresses; ``.example.org`` stands for all names below it.
    max_bytes : int
        Largest upload, of all its files together.
    pause_seconds, upload_seconds : float
        How long a client may pause within a request, and how long a request may take to arrive.
    """

    hosts: frozenset = field(default_factory=frozenset)
    max_bytes: int = 500_000_000
    pause_seconds: float = PAUSE_SECONDS
    upload_seconds: float = UPLOAD_SECONDS

    def allows(self, authority):
        """Return whether a ``Host`` header or the authority of a URL names this server.

        Examples
        --------
        >>> rules = Rules(frozenset([".example.org"]))
        >>> [rules.allows(name) for name in ("127.0.0.1:80", "[::1]:80", "a.example.org", "b.test")]
        [True, True, True, False]
        """
        try:
            host = (urlsplit(f"//{authority}").hostname or "").rstrip(".")
        except ValueError:
            return False
        with suppress(ValueError):
            # A name that resolves to this machine may be anyone's; an address is the machine's.
            return bool(ipaddress.ip_address(host.partition("%")[0]))
        names = {host, *(host[i:] for i, letter in enumerate(host) if letter == ".")}
        return host == "localhost" or not names.isdisjoint(self.hosts)


class Guard:
    """ASGI middleware that applies rules to requests, and security headers to answers.

    Parameters
    ----------
    app : ASGI application
    rules : Rules
    """

    def __init__(self, app, rules):
        self.app, self.rules = app, rules

    async def __call__(self, scope, receive, send):
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            # Without websockets there is no other kind that a client can ask for.
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refuse(scope, headers)
        if refusal:
            await _answer(send, *refusal)
            return
        limited = _LimitedBody(receive, self._max_body(scope), self.rules)
        await self.app(scope, limited.receive, _with_headers(send))

    def _max_body(self, scope):
        return self.rules.max_bytes if scope["path"].startswith(_UPLOAD) else _MAX_MESSAGE

    def _refuse(self, scope, headers):
        """Return status and text of a refusal, or None."""
        if not self.rules.allows(headers.get(b"host", "")):
            return 421, "The Host header does not name this server; see --allow-host."
        origin = headers.get(b"origin")
        if origin and not self.rules.allows(urlsplit(origin).netloc):
            return 403, "Requests from pages of other sites are refused."
        if headers.get(b"sec-fetch-site") == "cross-site" and scope["method"] != "GET":
            return 403, "Requests from pages of other sites are refused."
        path = unquote(scope["path"]).lower()
        if any(path.startswith(closed) for closed in _CLOSED):
            return 404, "Not found."
        length = headers.get(b"content-length", "0")
        if not length.isdecimal() or int(length) > self._max_body(scope):
            return 413, "The request is too large."
        return None


class _LimitedBody:
    """Body of a request that is counted and timed while it arrives."""

    def __init__(self, receive, max_bytes, rules):
        self._receive, self._max_bytes, self._rules = receive, max_bytes, rules
        self._n_bytes, self._start, self._is_whole = 0, time.monotonic(), False

    async def receive(self):
        """Return the next message, or raise the error after which gradio removes its files."""
        if self._is_whole:
            # Waits for the client to leave, however long the answer takes.
            return await self._receive()
        left = self._rules.upload_seconds - (time.monotonic() - self._start)
        try:
            message = await asyncio.wait_for(
                self._receive(), max(0, min(left, self._rules.pause_seconds))
            )
        except asyncio.TimeoutError:
            raise _stopped("The request took too long to arrive.") from None
        if message["type"] == "http.disconnect":
            raise _stopped("The client left.")
        self._n_bytes += len(message.get("body", b""))
        if self._n_bytes > self._max_bytes:
            raise _stopped("The request exceeded the maximum allowed size.")
        self._is_whole = not message.get("more_body", False)
        return message


def _stopped(reason):
    # The exception that gradio's parser of uploads removes unfinished files for.
    from starlette.formparsers import MultiPartException

    return MultiPartException(reason)


def _with_headers(send):
    async def send_with_headers(message):
        if message["type"] == "http.response.start":
            others = [pair for pair in message["headers"] if pair[0].lower() not in _HEADERS]
            message = {**message, "headers": [*others, *_HEADERS.items()]}
        await send(message)

    return send_with_headers


async def _answer(send, status, text):
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    send = _with_headers(send)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


class IdleConnections:
    """Closes connections that sent no whole request for a while, so that they cannot use up all.

    Parameters
    ----------
    seconds : float
        Connections are closed after once to twice this time.

    Attributes
    ----------
    server : uvicorn.Server or None
        Set when it has been started.
    """

    def __init__(self, seconds=PAUSE_SECONDS):
        self.seconds, self.server = seconds, None
        self._waiting = {}

    @asynccontextmanager
    async def lifespan(self, app):
        """Run in the event loop of an application, as its lifespan."""
        task = asyncio.create_task(self._run())
        yield
        task.cancel()

    async def _run(self):
        while True:
            await asyncio.sleep(self.seconds)
            if self.server is not None:
                self._close_idle(self.server.server_state.connections)

    def _close_idle(self, connections):
        """Close connections that were idle at the last look, on the same request."""
        waiting = {}
        for connection in list(connections):
            cycle = getattr(connection, "cycle", None)
            if cycle is None or cycle.response_complete:
                waiting[connection] = cycle
                if self._waiting.get(connection, waiting) is cycle:
                    connection.transport.close()
        self._waiting = waiting
