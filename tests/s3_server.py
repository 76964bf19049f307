"""An S3 server on this machine whose answers can be made to fail, to break off and to be late."""

from __future__ import annotations

import logging
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@dataclass
class Faults:
    """What goes wrong with requests, and what was requested since the last `clear`."""

    requests: list[str] = field(default_factory=list)
    """``GET /bucket/key``"""
    every: int = 0
    """each request of that number fails; 1: all, 0: none"""
    kind: str = "busy"
    """of `_ERRORS`; reset: the connection is closed; half: it is closed when half of the content is sent"""
    late_s: float = 0.0
    """each answer comes so late"""
    missing_bytes: int = 0
    """objects have so much less content than the store says, for all requests"""

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.__init__()  # type: ignore[misc]


@dataclass
class S3:
    """``endpoint`` is its URL; ``client`` is boto3's for it."""

    endpoint: str
    faults: Faults
    client: Any

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which the libraries of S3 find the server."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "SECRET",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "1",
        }

    def put(self, bucket: str, key: str, data: bytes) -> str:
        """Store an object; its URL."""
        self.client.put_object(Bucket=bucket, Key=key, Body=data)
        return f"s3://{bucket}/{key}"


@contextmanager
def s3_server() -> Iterator[S3]:
    """The server, for as long as the block takes."""
    import boto3
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    faults = Faults()
    application = _Faulty(DomainDispatcherApplication(create_backend_app), faults)
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(
        target=server.serve_forever, daemon=True
    )  # for a server that the end of the process stops
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "SECRET", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=endpoint, **keys)
    try:
        yield S3(endpoint, faults, client)
    finally:
        client.close()
        server.shutdown()
        thread.join()
        server.server_close()


class _Faulty:
    """The application with faults in front of it."""

    def __init__(self, application: Callable[..., Iterable[bytes]], faults: Faults) -> None:
        self._application, self._faults = application, faults

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        faults = self._faults
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._application(environ, start)
        faults.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        time.sleep(faults.late_s)
        if faults.every and len(faults.requests) % faults.every == 0:
            return self._failed(environ, start)
        return self._answered(environ, start, faults.missing_bytes)

    def _failed(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        kind = self._faults.kind
        if kind in _ERRORS:
            status, code = _ERRORS[kind]
            body = f"<Error><Code>{code}</Code><Message>{code}, says the server.</Message></Error>".encode()
            start(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
            return [body] if environ["REQUEST_METHOD"] == "GET" else []
        if kind == "half" and environ["REQUEST_METHOD"] == "GET":
            return self._half(environ, start)
        raise _closed(environ)

    def _half(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        data = b"".join(self._application(environ, start))
        yield data[: len(data) // 2]
        raise _closed(environ)

    def _answered(self, environ: dict[str, Any], start: Callable[..., Any], missing: int) -> Iterable[bytes]:
        """With less content of an object than it has, and headers that fit what is sent."""
        if not missing or environ["REQUEST_METHOD"] != "GET" or "list-type" in environ["QUERY_STRING"]:
            return self._application(environ, start)
        told: list[Any] = []
        data = b"".join(self._application(environ, lambda *arguments: told.extend(arguments)))
        headers = {name.lower(): value for name, value in told[1] if "checksum" not in name}
        first, _, size = headers["content-range"].removeprefix("bytes ").replace("-", "/").split("/")
        data = data[: max(0, int(size) - missing - int(first))]
        start(told[0], list((headers | {"content-length": str(len(data))}).items()))
        return [data]


_ERRORS = {
    "busy": ("503 Slow Down", "SlowDown"),
    "broken": ("500 Internal Server Error", "InternalError"),
    "forbidden": ("403 Forbidden", "AccessDenied"),
    "unknown key": ("403 Forbidden", "InvalidAccessKeyId"),
}
"""Kinds of `Faults` that are answers: the status, and S3's code."""


def _closed(environ: dict[str, Any]) -> ConnectionResetError:
    """Close the connection; what the server is told of it."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return ConnectionResetError()
