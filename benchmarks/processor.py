"""Processor time of the client for an answer of 5,000 deltas: this package against a plain websocket-client loop.

The server, in another process, sends frames it made beforehand as fast as they are taken. The two take turns.
"""

import tempfile
from statistics import median

import clients
from gateway import Gateway
from report import show

COUNT, ROUNDS, TARGET = 5000, 15, 0.25


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Gateway(folder) as gateway:
        ours, plain = [], []
        for _ in range(1 + ROUNDS):
            ours.append(clients.processor_time(clients.ours, gateway.url, COUNT))
            plain.append(clients.processor_time(clients.plain, gateway.url, COUNT))
        del ours[0], plain[0]  # what is loaded at the first use
        detail = f"{1e3 * median(ours):.0f} ms against {1e3 * median(plain):.0f} ms"
        detail += f"; fastest {min(ours) / min(plain):.2f}x"
        show(f"CPU of {COUNT} deltas", median(ours) / median(plain), TARGET, "x", detail)


if __name__ == "__main__":
    main()
