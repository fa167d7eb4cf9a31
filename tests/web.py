"""A server with its HTTP door open, for tests, and what speaks to it."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.conftest import RunningServer, StartServer

HTTP: dict[str, object] = {"http": True, "http_port": 0}


@dataclass
class Answer:
    code: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Door:
    """An HTTP port."""

    host: str
    port: int

    def ask(
        self, verb: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """body : bytes as they are, anything else as JSON"""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        sent = dict(headers or {})
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        try:
            connection.request(verb, path, data, sent)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read().decode())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.code == 200, answer.text
        return answer.json


@dataclass
class Web(Door):
    """One of a running server."""

    server: RunningServer


def start_web(start_server: StartServer, server: Mapping[str, object] | None = None, **tables: Any) -> Web:
    """A server of this configuration, with HTTP."""
    settings = {**HTTP, **(server or {})}
    running = start_server(server=settings, **tables)
    assert running.http_address is not None
    host, _, port = running.http_address.rpartition(":")
    return Web(host, int(port), running)
