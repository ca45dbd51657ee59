"""Time to the first delta from the second call of a process on: this package against a plain websocket-client loop.

The two take turns. Both ask a server in another process; `wss` is verified against the authorities the machine knows
and one of our own, through SSL_CERT_FILE. Both sign their address, as they have to; the plain loop has no limits.
"""

import os
import tempfile
from statistics import median

import clients
from gateway import Gateway
from report import show

ROUNDS = {"wss": 40, "ws": 400}
TARGETS = {"wss": 0.15, "ws": 0.9}


def measure(scheme: str, url: str) -> None:
    """Print the ratio of the medians, and that of the fastest."""
    ours, plain = [], []
    for _ in range(1 + ROUNDS[scheme]):
        ours.append(clients.first_delta(clients.ours, url))
        plain.append(clients.first_delta(clients.plain, url))
    del ours[0], plain[0]  # the first call of a process
    detail = f"{1e3 * median(ours):.1f} ms against {1e3 * median(plain):.1f} ms; fastest {min(ours) / min(plain):.2f}x"
    show(f"first delta over {scheme}", median(ours) / median(plain), TARGETS[scheme], "x", detail)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Gateway(folder) as gateway:
        os.environ["SSL_CERT_FILE"] = str(gateway.authorities)
        measure("wss", gateway.secure_url)
        measure("ws", gateway.url)


if __name__ == "__main__":
    main()
