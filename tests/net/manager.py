# SPDX-License-Identifier: GPL-2.0-only
"""A client of the manager, as doc/protocol.md says: one connection and one
registration. Nothing in it is xmgm's own."""

import json
import socket

from topology import until


class Manager:
    """Alerts are kept in the order in which they came, and not answered: who
    asks for rpf and creation as well has to."""

    def __init__(self, router, name, callbacks=(), **options):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(router.socket))
        self._bytes = b""
        self._id = 0
        self.told = []
        self.why = None  # the sentence of the last error
        self.call("hello", version=1)
        made = self.call("register", name=name, callbacks=list(callbacks),
                         **{"protocol": 0, **options})
        self.client, self.protocol = made["client"], made["protocol"]

    def _line(self, flags=0):
        """The next object, or None: there is none yet."""
        while b"\n" not in self._bytes:
            try:
                read = self._socket.recv(1 << 20, flags)
            except BlockingIOError:
                return None
            assert read, "the daemon has hung up"
            self._bytes += read
        line, self._bytes = self._bytes.split(b"\n", 1)
        return json.loads(line)

    def _keep(self, alert):
        assert alert["params"].pop("client") == self.client
        self.told.append((alert["method"].removeprefix("mgm."),
                          alert["params"]))

    def call(self, method, **params):
        """The result, or the name of the error."""
        self._id += 1
        self._socket.sendall(json.dumps({
            "jsonrpc": "2.0", "id": self._id, "method": "mgm." + method,
            "params": params}).encode() + b"\n")
        while "id" not in (answer := self._line()):
            self._keep(answer)
        assert answer["id"] == self._id
        if "result" in answer:
            return answer["result"]
        self.why = answer["error"]["message"]
        return answer["error"]["data"]["error"]

    def do(self, method, **params):
        """The same, of this client."""
        return self.call(method, client=self.client, **params)

    def hear(self, *names):
        """What it has been told so far; only these alerts, if any."""
        while alert := self._line(socket.MSG_DONTWAIT):
            self._keep(alert)
        return [(n, p) for n, p in self.told if not names or n in names]

    def hears(self, name, **params):
        """Waits for this alert; returns what it says and forgets it and all
        that came before it."""
        def found():
            for at, (said, what) in enumerate(self.hear()):
                if said == name and params.items() <= what.items():
                    self.told = self.told[at + 1:]
                    return [what]
            return None
        return until(found, 5, f"{name} {params}, but not {self.told}")[0]

    def close(self):
        """As if it had been killed."""
        self._socket.close()
