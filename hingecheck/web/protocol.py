"""HTTP below the application: connections that send nothing are closed, and HEAD is answered as GET without its body."""

import asyncio
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S: Final = 20.0  # that the head of a request may take: it is a few hundred bytes


class Patient(H11Protocol):
    """uvicorn's protocol, which by itself waits without end for the first byte, and for the rest of a head."""

    _giving_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._giving_up = self.loop.call_later(REQUEST_S, self._give_up)

    def data_received(self, data: bytes) -> None:
        """Take what came. While that is no whole head, go on waiting, but no longer than from its beginning."""
        super().data_received(data)
        if not self._idle():
            self._wait_no_more()
        elif self._giving_up is None:
            self._giving_up = self.loop.call_later(REQUEST_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _wait_no_more(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    def _give_up(self) -> None:
        self._giving_up = None
        if self._idle() and not self.transport.is_closing():
            self.transport.close()


class Heads:
    """ASGI middleware: HEAD is answered by what answers GET, without its body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is no HEAD; else end the answer after its head, however long the body would be."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        begun = asyncio.Event()

        async def only_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})
                begun.set()

        answer = asyncio.ensure_future(self.app({**scope, "method": "GET"}, receive, only_head))
        head = asyncio.ensure_future(begun.wait())
        try:
            await asyncio.wait((answer, head), return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                answer.result()  # or its error
        finally:
            for task in (answer, head):
                task.cancel()
