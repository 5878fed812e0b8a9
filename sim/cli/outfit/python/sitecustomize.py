"""Leads the connections of a Python program to the stage where it reads no proxy variable, and has the stage trusted
where a program brings authorities of its own. The name that is asked for stays the name in TLS and in `Host`, so the
stage knows whom it speaks for; behind ports that are not the web's it is asked before."""
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
    import _thread
    import errno
    import ipaddress
    import socket

    stage, port = os.environ["STANDIN_TLS"].split(":")
    port = int(port)
    drop = {21: int(os.environ["FTP_PORT"]), 22: int(os.environ["SFTP_PORT"])}
    plain = socket.socket
    plain_connect, plain_connect_ex = plain.connect, plain.connect_ex
    allowed = set(filter(None, os.environ.get("STANDIN_ALLOW", "").split(",")))
    # Addresses that names of the world outside were found to have.
    reached = set()
    # Names, by the address that they have here for who asks without a port: one of this machine that nobody has, so that
    # what is not led stays here. The port is known when that address is called.
    given = {}
    giving = _thread.allocate_lock()

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

    def number(service):
        try:
            return int(service or 0)
        except ValueError:
            pass
        try:
            return socket.getservbyname(service)
        except (OSError, TypeError):
            return 0

    def way(name, service):
        """The port of this machine to which a port of a name leads. What speaks neither HTTP nor TLS does not say there
        whom it means, and would not understand the refusal."""
        if service in (0, 80, 443):
            return port
        asking = plain(socket.AF_INET, socket.SOCK_STREAM)
        try:
            asking.settimeout(10)
            plain_connect(asking, (stage, port))
            place = "[%s]" % name if ":" in name else name
            asking.sendall(("CONNECT %s:%d HTTP/1.1\r\n\r\n" % (place, service)).encode())
            with asking.makefile("rb") as answer:
                if answer.readline().startswith(b"HTTP/1.1 200 "):
                    return drop.get(service, port)
                words = answer.read().partition(b"\r\n\r\n")[2].decode()
        finally:
            asking.close()
        raise ConnectionRefusedError(errno.ECONNREFUSED, words)

    def stand_in(name):
        with giving:
            for address, known in given.items():
                if known == name:
                    return address
            address = "127.64.%d.%d" % divmod(len(given) % 0xFFFF + 1, 256)
            given[address] = name
            return address

    def meant(host):
        name = named(host)
        return given.get(str(numeric(name)), name)

    getaddrinfo, gethostbyname = socket.getaddrinfo, socket.gethostbyname

    def led_getaddrinfo(host, service, family=0, type=0, proto=0, flags=0):
        name = named(host)
        # An address needs no search, and who listens asks for itself.
        searched = numeric(name) is None and not flags & (socket.AI_NUMERICHOST | socket.AI_PASSIVE)
        if searched and not elsewhere(name):
            port = number(service)
            there, port = (stage, way(name, port)) if port else (stand_in(name), service)
            there = "::ffff:" + there if family == socket.AF_INET6 else there
            return getaddrinfo(there, port, family, type, proto)
        found = getaddrinfo(host, service, family, type, proto, flags)
        if name in allowed:
            reached.update(entry[4][0].lower() for entry in found)
        return found

    def led_gethostbyname(host):
        name = named(host)
        if numeric(name) is None and not elsewhere(name):
            return stand_in(name)
        found = gethostbyname(host)
        if name in allowed:
            reached.add(found)
        return found

    def led_gethostbyname_ex(host):
        return (host, [], [led_gethostbyname(host)])

    socket.getaddrinfo = led_getaddrinfo
    socket.gethostbyname, socket.gethostbyname_ex = led_gethostbyname, led_gethostbyname_ex

    def led(sock, address):
        stream = sock.type & 0xF == socket.SOCK_STREAM and sock.family in (socket.AF_INET, socket.AF_INET6)
        if not stream or not isinstance(address, tuple) or elsewhere(meant(address[0])):
            return address
        there = stage if sock.family == socket.AF_INET else "::ffff:" + stage
        return (there, way(meant(address[0]), address[1]))

    def connect(self, address):
        return plain_connect(self, led(self, address))

    def connect_ex(self, address):
        try:
            return plain_connect_ex(self, led(self, address))
        except ConnectionRefusedError as refused:
            return refused.errno

    plain.connect, plain.connect_ex = connect, connect_ex


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
