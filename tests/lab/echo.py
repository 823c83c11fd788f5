#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Ends of connections that come in.

echo.py serve TCP,... UDP,...           sends back what it gets; says "ready"
echo.py hold FROM TO PORT COUNT         holds COUNT TCP connections, says how many are made; then for
                                        each line it reads: how many send a byte back
echo.py udp FROM TO PORT BYTES COUNT    how many datagrams of COUNT come back, one after another
echo.py echo FROM TO BYTES COUNT        the same of ICMP echo requests
echo.py tcp FROM TO PORT                "ok", or the error, as in ECONNREFUSED (ETIMEDOUT: silence)
echo.py from PORT TO                    the same of a connection to TO that is made from PORT
"""
import errno
import selectors
import socket
import struct
import sys
import time

PATIENCE = 3.0  # seconds: TCP sends again


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve(tcp_ports, udp_ports):
    ready = selectors.DefaultSelector()
    for ports, kind in ((tcp_ports, socket.SOCK_STREAM), (udp_ports, socket.SOCK_DGRAM)):
        for port in filter(None, ports.split(",")):
            server = socket.socket(socket.AF_INET6, kind)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("::", int(port)))
            if kind == socket.SOCK_STREAM:
                server.listen(256)
            ready.register(server, selectors.EVENT_READ, kind)
    print("ready", flush=True)
    while True:
        for key, _ in ready.select():
            try:
                if key.data == socket.SOCK_STREAM:
                    ready.register(key.fileobj.accept()[0], selectors.EVENT_READ, "client")
                elif key.data == socket.SOCK_DGRAM:
                    data, peer = key.fileobj.recvfrom(65536)
                    key.fileobj.sendto(data, peer)
                else:
                    data = key.fileobj.recv(65536)
                    if data:
                        key.fileobj.send(data)
                    else:
                        ready.unregister(key.fileobj)
                        key.fileobj.close()
            except OSError as error:
                print(errno.errorcode.get(error.errno, error), flush=True)


def connect(source, port, target, target_port, patience=PATIENCE):
    client = socket.socket(family(target), socket.SOCK_STREAM)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.settimeout(patience)
    client.bind((source, port))
    client.connect((target, target_port))
    return client


def answers(clients, mark):
    """How many send this byte back in time, all asked at once. What is late from before, too."""
    end = time.monotonic() + PATIENCE
    for client in clients:
        client.send(mark)
    count = 0
    for client in clients:
        try:
            got = b""
            while not got.endswith(mark):
                client.settimeout(max(end - time.monotonic(), 0.001))
                got = client.recv(4096)
                closed = not got
                if closed:
                    break
            count += not closed
        except OSError:
            pass
    return count


def hold(source, target, port, count):
    clients = []
    for _ in range(count):
        try:
            clients.append(connect(source, 0, target, port, 0.5))
        except OSError:
            break
    print(len(clients), flush=True)
    for number, _ in enumerate(sys.stdin):
        print(answers(clients, bytes([number % 256])), flush=True)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def echo(source, target, size, count):
    """Raw, since there may be no ping here."""
    v6 = ":" in target
    request, answer = (128, 129) if v6 else (8, 0)
    client = socket.socket(family(target), socket.SOCK_RAW,
                           socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP)
    client.bind((source, 0))
    client.connect((target, 0))
    back = 0
    for number in range(count):
        body = struct.pack("!HH", 4711, number) + bytes(size)
        total = 0 if v6 else checksum(struct.pack("!BBH", request, 0, 0) + body)
        client.send(struct.pack("!BBH", request, 0, total) + body)
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            client.settimeout(max(end - time.monotonic(), 0.001))
            try:
                packet = client.recv(65536)
            except OSError:
                break
            got = packet if v6 else packet[20:]
            if got[0] == answer and got[4:] == body:
                back += 1
                break
    print(back)


def datagrams(source, target, port, size, count):
    client = socket.socket(family(target), socket.SOCK_DGRAM)
    client.bind((source, 0))
    client.connect((target, port))
    client.settimeout(0.5)
    back = 0
    for _ in range(count):
        try:
            client.send(b"x" * size)
            back += len(client.recv(65536)) == size
        except OSError as error:
            if error.errno:
                print(errno.errorcode[error.errno])
                return
    print(back)


def attempt(source, port, target, target_port):
    try:
        connect(source, port, target, target_port, 0.5)
        print("ok")
    except TimeoutError:
        print("ETIMEDOUT")
    except OSError as error:
        print(errno.errorcode[error.errno])


how, *words = sys.argv[1:]
if how == "serve":
    serve(*words)
elif how == "hold":
    hold(words[0], words[1], int(words[2]), int(words[3]))
elif how == "udp":
    datagrams(words[0], words[1], int(words[2]), int(words[3]), int(words[4]))
elif how == "echo":
    echo(words[0], words[1], int(words[2]), int(words[3]))
elif how == "tcp":
    attempt(words[0], 0, words[1], int(words[2]))
elif how == "from":
    attempt("::" if ":" in words[1] else "0.0.0.0", int(words[0]), words[1], 443)
