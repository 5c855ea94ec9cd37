"""A server on loopback that speaks the part of GitHub's API that a pull request needs."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = "shop/workflows"
PULL = 12
TOKEN = "a-token"
AUTHOR = "github-actions[bot]"


class Forge:
    """What the server knows, and what it was asked to change.

    Attributes:
        comments: of the pull request, each with id, author and body.
        labels: of the pull request.
        writes: method and path of everything that was to be changed, in order.
        may_write: whether the token may change anything, as it may not for forks.
        address: of the API.
    """

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.labels: list[str] = []
        self.writes: list[str] = []
        self.may_write = True
        self.address = ""

    def say(self, author: str, body: str) -> None:
        """Comment as somebody."""
        self.comments.append({"id": len(self.comments) + 1, "user": {"login": author}, "body": body})

    def answer(self, method: str, address: str, data: Any) -> tuple[int, Any, str]:
        """The status, what is said, and the address of the next page."""
        split = urlsplit(address)
        issue = f"/repos/{REPOSITORY}/issues/{PULL}"
        if method != "GET":
            self.writes.append(f"{method} {unquote(split.path)}")
            if not self.may_write:
                return 403, {"message": "Resource not accessible by integration"}, ""
        match method, split.path:
            case "GET", "/user":
                return 403, {"message": "Resource not accessible by integration"}, ""
            case "GET", path if path == f"{issue}/comments":
                return self._page(split.query)
            case "POST", path if path == f"{issue}/comments":
                self.say(AUTHOR, data["body"])
                return 201, self.comments[-1], ""
            case "PATCH", path if path.startswith(f"/repos/{REPOSITORY}/issues/comments/"):
                [comment] = [each for each in self.comments if each["id"] == int(path.rpartition("/")[2])]
                comment["body"] = data["body"]
                return 200, comment, ""
            case "GET", path if path == f"{issue}/labels":
                return 200, [{"name": label} for label in self.labels], ""
            case "DELETE", path if path.startswith(f"{issue}/labels/"):
                self.labels.remove(unquote(path.rpartition("/")[2]))
                return 200, [], ""
        return 404, {"message": "Not Found"}, ""

    def _page(self, query: str) -> tuple[int, Any, str]:
        said = parse_qs(query)
        size, page = int(said["per_page"][0]), int(said.get("page", ["1"])[0])
        shown = self.comments[(page - 1) * size : page * size]
        more = page * size < len(self.comments)
        path = f"/repos/{REPOSITORY}/issues/{PULL}/comments?per_page={size}&page={page + 1}"
        return 200, shown, f"{self.address}{path}" if more else ""


@contextmanager
def serve(forge: Forge) -> Iterator[str]:
    """Serve it; gives the address of the API."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            data = json.loads(self.rfile.read(length)) if length else None
            allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            status, said, after = forge.answer(self.command, self.path, data) if allowed else (401, {}, "")
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if after:
                self.send_header("Link", f'<{after}>; rel="next", <{after}>; rel="last"')
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names that the server asks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        forge.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield forge.address
        finally:
            server.shutdown()
            thread.join()
