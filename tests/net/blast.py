# SPDX-License-Identifier: GPL-2.0-only
"""Sends one frame many times from one CPU: blast.py IFACE CPU COUNT HEX.

A process of its own, because two of these must run at the same time. Waits
for a line on stdin, so that both start together.
"""

import os
import socket
import sys


def main():
    interface, cpu, count, frame = sys.argv[1:]
    os.sched_setaffinity(0, {int(cpu)})
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    out.bind((interface, 0))
    data = bytes.fromhex(frame)
    print("ready", flush=True)
    sys.stdin.readline()
    sent = 0
    for _ in range(int(count)):
        try:
            out.send(data)
            sent += 1
        except OSError:  # the queue is full: not sent, not counted
            pass
    print(sent)


if __name__ == "__main__":
    main()
