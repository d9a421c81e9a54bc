"""Which addresses of a platform may be called, and connections that obey: the checked address is the one used."""

import contextlib
import io
import re
import socket
import threading
import time
from functools import lru_cache
from http.client import HTTPResponse
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from urllib3 import connection, connectionpool
from urllib3.exceptions import HTTPError

ODD = re.compile(r"[\x00-\x20\\\x7f\ud800-\udfff]")
"""Browsers and we could read an address with one of these differently, or no database keeps it."""
NAT64 = IPv6Network("64:ff9b::/96")


class Call(threading.local):
    """What the connection must know of the call that this thread makes."""

    deadline: float = 0.0
    allow_private: bool = False
    sent: bool = False
    """Whether any byte of the request may have left."""
    forbidden: bool = False
    """Whether the name led into a private network."""


call = Call()


@lru_cache(maxsize=1024)
def speaks_allowed(url: str, allow_private: bool) -> bool:
    """Whether `url` has a form that may be called at all: https (http only where private platforms are allowed)."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if ODD.search(url) or not host or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and allow_private)


def is_public(address: str) -> bool:
    ip = ip_address(address.split("%", 1)[0])
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or _behind_nat64(ip) or ip
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _behind_nat64(ip: IPv6Address) -> IPv4Address | None:
    """The address that a gateway would call for this one."""
    return IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else None


def _resolve(host: str, port: int) -> dict[str, None]:
    """The addresses of a name, each once, in order; none of them private unless this call allows it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    if not call.allow_private and not all(is_public(a) for a in addresses):
        call.forbidden = True
        raise OSError("a private address")
    return addresses


class _BoundedReader(socket.SocketIO):
    """Gives each read only what is left of the call's whole time: a platform that drips bytes cannot hold a worker."""

    def readinto(self, buffer: Any) -> int | None:
        left = call.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the whole time of this call is over")
        sock: socket.socket = self._sock  # type: ignore[attr-defined]
        sock.settimeout(min(left, sock.gettimeout() or left))
        return super().readinto(buffer)


class _BoundedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        sock._io_refs += 1  # type: ignore[attr-defined] # as socket.makefile counts its readers
        self.fp = io.BufferedReader(_BoundedReader(sock, "r"))


class _Guarded(connection.HTTPConnection):
    response_class = _BoundedResponse

    def _new_conn(self) -> socket.socket:
        name = self.host
        addresses = list(_resolve(name, self.port))
        try:
            for address in addresses[:-1]:
                self.host = address
                with contextlib.suppress(HTTPError):
                    return super()._new_conn()
            self.host = addresses[-1]
            return super()._new_conn()
        finally:
            self.host = name

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        call.sent = True
        super().send(data)


class _GuardedTLS(_Guarded, connection.HTTPSConnection):
    pass


class GuardedHTTPPool(connectionpool.HTTPConnectionPool):
    ConnectionCls = _Guarded


class GuardedHTTPSPool(connectionpool.HTTPSConnectionPool):
    ConnectionCls = _GuardedTLS
