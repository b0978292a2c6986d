"""The checks of every request (host, origin, sign-in) and the headers of every answer.

They hold on 127.0.0.1 too, against other web sites in the same browser. The host is checked because an attacker can make a name of their
own point here (DNS rebinding). A request that changes something must come from one of our pages and carry its token (CSRF).
"""

import hashlib
import hmac
import ipaddress
import secrets
import socket
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from threading import Lock
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import InputError
from .store import Store

SESSION_S: Final = 14 * 24 * 3600.0
LEAST_PASSWORD: Final = 10  # characters
TRIES: Final = 5  # wrong passwords from one address
TRIES_S: Final = 300.0  # the time in which they are counted
MOST_GUESSERS: Final = 10_000  # addresses with wrong passwords that are remembered
LARGEST_BODY: Final = 1 << 20  # bytes, of any request but an upload
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_PATHS: Final = frozenset({"/login", "/api/login", "/api/session"})
UPLOAD: Final = ("POST", "/api/clips")

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # Plotly sets styles on its elements
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


def is_local(host: str) -> bool:
    """Whether only this computer can reach a server bound to ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def neighbourhood(address: str) -> str:
    """What stands for an address when guesses are counted: for one of IPv6 its /64, all of which one home or one machine has."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)


def hashed(password: str, salt: bytes | None = None) -> bytes:
    """Salt and scrypt hash of a password, 16 and 32 bytes. One guess costs 64 MB and a tenth of a second."""
    salt = salt or secrets.token_bytes(16)
    return salt + hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, n=1 << 16, r=8, p=1, maxmem=1 << 27, dklen=32)


def agreed(store: Store, password: str | None) -> bytes:
    """The hash to check passwords against: of the given password, else the stored one. A new password signs everybody out."""
    kept = store.fact("password")
    if password is None:
        if kept is None:
            raise InputError("a password is needed where others can reach the page. Set HINGECHECK_PASSWORD, or start in a terminal.")
        return kept
    if len(password) < LEAST_PASSWORD:
        raise InputError(f"the password is too short. Give {LEAST_PASSWORD} characters or more.")
    if kept is None or not hmac.compare_digest(kept, hashed(password, kept[:16])):
        kept = hashed(password)
        store.set_fact("password", kept)
        store.end_sessions()
    return kept


@dataclass
class Gate:
    """Decides who may come in. ``password``: salt and hash, or None where only this computer can reach the server."""

    store: Store
    password: bytes | None
    host: str
    https: bool = False
    _secret: bytes = b""
    _failures: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _one_at_a_time: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._secret = self.store.fact("secret") or b""

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return "__Host-hingecheck" if self.https else "hingecheck"

    def set_cookie(self, session: str) -> str:
        """The Set-Cookie header that gives a session to the browser."""
        secure = "; Secure" if self.https else ""
        return f"{self.cookie}={session}; Path=/; HttpOnly; SameSite=Strict; Max-Age={SESSION_S:.0f}{secure}"

    def token(self, session: str) -> str:
        """The CSRF token that a page of this session must send with every change."""
        return hmac.new(self._secret, b"csrf " + session.encode(), hashlib.sha256).hexdigest()

    def session_in(self, headers: Headers) -> str | None:
        """The session of a request, or None."""
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return None
        return found.value if found is not None and len(found.value) == 43 and found.value.isascii() else None

    def _digest(self, session: str) -> str:
        return hashlib.sha256(session.encode()).hexdigest()

    def is_in(self, session: str) -> bool:
        """Whether this session may see anything."""
        return self.password is None or self.store.session_holds(self._digest(session))

    def sign_in(self, password: str, address: str) -> str | None:
        """A new session for the right password, None for a wrong one. ``TooManyTries`` after ``TRIES`` wrong ones."""
        if self.password is None:
            return None
        with self._one_at_a_time:  # each guess takes 64 MB
            if len(self._failures) > MOST_GUESSERS:
                self._failures.clear()
            failures, now = self._failures[neighbourhood(address)], time.monotonic()
            while failures and failures[0] < now - TRIES_S:
                failures.popleft()
            if len(failures) >= TRIES:
                raise TooManyTries(int(failures[0] + TRIES_S - now) + 1)
            if not hmac.compare_digest(hashed(password, self.password[:16]), self.password):
                failures.append(now)
                return None
            self._failures.pop(neighbourhood(address), None)
        session = new_session()
        self.store.begin_session(self._digest(session), time.time() + SESSION_S)
        return session

    def sign_out(self, session: str) -> None:
        """End a session."""
        self.store.end_sessions(self._digest(session))

    def knows(self, host: str) -> bool:
        """Whether a Host header names this server.

        Where other computers may come, any IP address is fine too: DNS rebinding needs a name.
        """
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
        name = name.lower().rstrip(".")
        bare = name.removeprefix("[").removesuffix("]")
        if is_local(bare):
            return True
        if is_local(self.host):
            return False
        own = socket.gethostname().lower()
        if bare in {self.host.lower(), own, own.partition(".")[0], f"{own.partition('.')[0]}.local"}:
            return True
        try:
            ipaddress.ip_address(bare)
        except ValueError:
            return False
        return True


class TooManyTries(Exception):
    """Too many wrong passwords. ``wait_s``: seconds until the next try."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many wrong passwords. Wait {wait_s} seconds and try again")
        self.wait_s = wait_s


def new_session() -> str:
    """A new session: 43 random characters, too many to guess."""
    return secrets.token_urlsafe(32)


class Guard:
    """ASGI middleware: asks the gate about every request."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self.app, self.gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refused request, pass on the others, and add the headers to every answer."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        session = self.gate.session_in(headers)
        known = session is not None
        scope["session_id"] = session = session or new_session()
        scope["gate"] = self.gate
        refused = self._refusal(scope, headers, session)
        if scope["type"] == "websocket":
            if refused is not None:
                await send({"type": "websocket.close", "code": 1008})
                return
            await self.app(scope, receive, send)
            return

        begun = False

        async def marked(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                answer = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answer.setdefault(name, value)
                answer.setdefault("Cache-Control", "no-store")
                if not known and "set-cookie" not in answer and message["status"] < 400:
                    answer.append("Set-Cookie", self.gate.set_cookie(session))
            await send(message)

        if refused is not None:
            await refused(scope, receive, marked)
            return
        try:
            await self.app(scope, receive if (scope["method"], scope["path"]) == UPLOAD else _bounded(receive), marked)
        except Exception as error:
            if not begun:
                sorry = f"hingecheck failed on its own account ({type(error).__name__}). The terminal that serves says more."
                await _no(500, sorry)(scope, receive, marked)
            raise

    def _refusal(self, scope: Scope, headers: Headers, session: str) -> Response | None:
        """The answer that refuses a request, with the reason. None: the request may pass."""
        host = headers.get("host", "")
        if not self.gate.knows(host):
            return _no(400, "this server is not known under that name. Open it by its address.")
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if changes:
            origin, site = headers.get("origin"), headers.get("sec-fetch-site")
            if (origin is not None and origin.partition("://")[2] != host) or site not in (None, "same-origin", "none"):
                return _no(403, "this request comes from another site.")
            if scope["type"] == "websocket" and origin is None:
                return _no(403, "only a page may open this.")
            if scope["type"] == "http" and not hmac.compare_digest(
                headers.get("x-csrf-token", "").encode(), self.gate.token(session).encode()
            ):
                return _no(403, "the token is missing or old. Load the page again.")
        path = scope["path"]
        if not (path in OPEN_PATHS or path.startswith("/static/")) and not self.gate.is_in(session):
            if scope["type"] == "http" and scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
                asked = scope["path"] + ("?" + scope["query_string"].decode("latin-1") if scope["query_string"] else "")
                return RedirectResponse("/login" if asked == "/" else f"/login?{urlencode({'next': asked})}", 303)
            return _no(401, "sign in first.")
        length = headers.get("content-length", "0")
        upload = scope["type"] == "http" and (scope["method"], path) == UPLOAD
        if not upload and (not length.isdigit() or int(length) > LARGEST_BODY):
            return _no(413, "too much for this request.")
        return None


def _no(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status)


def _bounded(receive: Receive) -> Receive:
    """A body that is cut off after ``LARGEST_BODY`` bytes, whatever its Content-Length says."""
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message: Message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > LARGEST_BODY:
                return {"type": "http.disconnect"}
        return message

    return bounded
