"""Leads the connections of a Python program to the stage where it reads no proxy variable, and has the stage trusted
where a program brings authorities of its own. The name that is asked for stays the name in TLS and in `Host`, so the
stage knows whom it speaks for."""
import os
import sys


def _theirs():
    """Runs the module of this name that would have been found without this one."""
    from importlib import machinery, util

    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != here]
    found = machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if found and found.loader:
        module = util.module_from_spec(found)
        sys.modules["sitecustomize"] = module
        found.loader.exec_module(module)


def _lead():
    import ipaddress
    import socket

    stage, port = os.environ["STANDIN_TLS"].split(":")
    port = int(port)
    allowed = set(filter(None, os.environ.get("STANDIN_ALLOW", "").split(",")))
    # Addresses that names of the world outside were found to have.
    reached = set()

    def named(host):
        host = host.decode("idna") if isinstance(host, bytes) else host or ""
        return host.lower().strip("[]").rstrip(".")

    def numeric(name):
        try:
            address = ipaddress.ip_address(name.split("%")[0])
        except ValueError:
            return None
        return getattr(address, "ipv4_mapped", None) or address

    def elsewhere(name):
        if name in allowed or name in reached or name in ("", "localhost") or name.endswith(".localhost"):
            return True
        address = numeric(name)
        return address is not None and (address.is_loopback or address.is_unspecified)

    getaddrinfo = socket.getaddrinfo

    def led_getaddrinfo(host, service, family=0, type=0, proto=0, flags=0):
        name = named(host)
        # An address needs no search, and who listens asks for itself.
        searched = numeric(name) is None and not flags & (socket.AI_NUMERICHOST | socket.AI_PASSIVE)
        if searched and not elsewhere(name):
            there = "::ffff:" + stage if family == socket.AF_INET6 else stage
            return getaddrinfo(there, port, family, type, proto)
        found = getaddrinfo(host, service, family, type, proto, flags)
        if name in allowed:
            reached.update(entry[4][0].lower() for entry in found)
        return found

    socket.getaddrinfo = led_getaddrinfo

    def led(sock, address):
        stream = sock.type & 0xF == socket.SOCK_STREAM and sock.family in (socket.AF_INET, socket.AF_INET6)
        if not stream or not isinstance(address, tuple) or elsewhere(named(address[0])):
            return address
        return (stage if sock.family == socket.AF_INET else "::ffff:" + stage, port)

    for name in ("connect", "connect_ex"):
        plain = getattr(socket.socket, name)

        def connect(self, address, _plain=plain):
            return _plain(self, led(self, address))

        setattr(socket.socket, name, connect)


def _trust():
    import ssl

    authority = os.environ["STANDIN_CA_FILE"]
    load = ssl.SSLContext.load_verify_locations

    def load_verify_locations(self, cafile=None, capath=None, cadata=None):
        load(self, cafile, capath, cadata)
        load(self, authority)

    ssl.SSLContext.load_verify_locations = load_verify_locations


if sys.version_info >= (3,) and "STANDIN_TLS" in os.environ:
    for each in (_lead, _trust):
        try:
            each()
        except ImportError:
            pass  # A Python without sockets or without TLS has nothing to lead.
if sys.version_info >= (3,):
    _theirs()
