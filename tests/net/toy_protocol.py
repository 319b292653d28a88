# SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause
"""A protocol in thirty lines: python3 toy_protocol.py SOCKET IFACE [GRACE_MS]"""
import collections, json, socket, sys


class Toy:
    def __init__(self, path):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        self.send, self.file = connection.sendall, connection.makefile("rb")
        self.alerts, self.id = collections.deque(), 0
        self.call("hello", version=1)

    def call(self, method, **params):
        """Returns the result, or the error's name; alerts wait for run()."""
        self.id += 1
        self.send(json.dumps({"jsonrpc": "2.0", "id": self.id, "params": params,
                              "method": "mgm." + method}).encode() + b"\n")
        while "id" not in (said := json.loads(self.file.readline())):
            self.alerts.append(said)
        return said.get("result") or said["error"]["data"]["error"]

    def run(self, on):
        while True:
            alert = self.alerts.popleft() if self.alerts else json.loads(self.file.readline())
            print(alert["method"], json.dumps(alert["params"]), flush=True)
            on(alert["method"], alert["params"])


def on(method, params):  # whatever it is, 239.2.0.0/16 does not go there
    if method == "mgm.creation":
        wanted = not params["group"].startswith("239.2.")
        toy.call("creation_reply", client=client, token=params["token"],
                 oifs=[[oif["ifid"], wanted] for oif in params["oifs"]])


toy = Toy(sys.argv[1])
ifid, = [i["ifid"] for i in toy.call("interface_next", count=500) if i["name"] == sys.argv[2]]
client = toy.call("register", protocol=0, name="toy", grace_ms=int((sys.argv + [10000])[3]),
                  callbacks=["creation", "local_join", "local_leave", "ownership"])["client"]
print("take", toy.call("interface_take", client=client, ifid=ifid), flush=True)
toy.call("membership_add", client=client, ifid=ifid, group="239.1.1.1")
print("settled", toy.call("client_settled", client=client), flush=True)
toy.run(on)
