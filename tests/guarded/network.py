"""Refuses every connection and every look-up of a name that would leave this machine.

It listens to the interpreter's own audit events (PEP 578), so it sees whatever goes through Python's
sockets: asyncio, threads, any library. What a C library opens by itself (libpq, for one) it can't see.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import sys

_NAMES_OF_THIS_MACHINE = frozenset({"", "localhost"})
_LOOK_UPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_CONNECTIONS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class OffMachineError(RuntimeError):
    """A test tried to reach another machine. Not an OSError: nothing takes it for bad luck and retries."""


refused: list[str] = []
"""Every host refused so far, oldest first: code that catches what it should not is seen all the same."""


def install() -> None:
    """Refuse from now on, until this process ends: an audit hook can't be taken back."""
    sys.addaudithook(_refuse_others)


def stays_here(host: object) -> bool:
    """Tell whether `host`, a name or an address as sockets take them, is this machine."""
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)
    if name.lower() in _NAMES_OF_THIS_MACHINE:
        return True
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(name.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        return address.is_loopback or address.is_unspecified
    return False


def _refuse_others(event: str, arguments: tuple[object, ...]) -> None:
    if event in _LOOK_UPS:
        host = arguments[0]
    elif event in _CONNECTIONS:
        host = _peer(*arguments)
    else:
        return
    if not stays_here(host):
        refused.append(str(host))
        message = f"a test may reach this machine only, not {host!r}: give it a fake server"
        raise OffMachineError(message)


def _peer(sock: object, address: object) -> object:
    """Find the host in a socket's address; other families than the internet's stay on the machine."""
    family = sock.family if isinstance(sock, socket.socket) else None
    if family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
        return address[0]
    return None
