#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A web server of 127.0.0.1 that errs on demand: webserver.py FOLDER CERTIFICATE

Serves the files of FOLDER over TLS, on a free port that it prints. The first part of a path says
how: /good/FILE, /truncated/FILE, /slow/FILE, /loop/FILE... Every request is appended to
FOLDER/requests: path, If-None-Match, If-Modified-Since, status.
"""
import gzip
import hashlib
import http.server
import pathlib
import ssl
import sys
import time

folder = pathlib.Path(sys.argv[1])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self, status):
        asked = [self.headers.get(name, "-") for name in ("If-None-Match", "If-Modified-Since")]
        with open(folder / "requests", "a", encoding="ascii") as requests:
            print(self.path, *asked, status, sep="\t", file=requests)

    def answer(self, status, body=b"", length=None, **headers):
        self.note(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def whole(self, body):
        tag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
        if self.headers.get("If-None-Match") == tag:
            self.answer(304, ETag=tag)
        else:
            self.answer(200, body, ETag=tag, Last_Modified="Sat, 01 Aug 2026 00:00:00 GMT")

    def dated(self, body):
        date = "Sun, 02 Aug 2026 00:00:00 GMT"
        if self.headers.get("If-Modified-Since") == date:
            self.answer(304)
        else:
            self.answer(200, body, Last_Modified=date)

    def drip(self, body):
        self.note(200)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for i in range(min(len(body), 200)):
            self.wfile.write(body[i : i + 1])
            self.wfile.flush()
            time.sleep(0.1)

    def do_GET(self):
        _, how, name = self.path.split("/", 2)
        body = (folder / name).read_bytes() if (folder / name).is_file() else b""
        location = {"loop": self.path, "plain": "http://127.0.0.1:1/", "moved": "/good/" + name}
        if how == "good":
            self.whole(body)
        elif how == "dated":
            self.dated(body)
        elif how == "truncated":
            self.answer(200, body[: len(body) // 2], length=len(body))
            self.close_connection = True
        elif how == "cut":  # shorter, and the server says that it is right
            lines = body.splitlines(keepends=True)
            self.answer(200, b"".join(lines[: len(lines) // 4]))
        elif how == "slow":
            self.drip(body)
        elif how == "empty":
            self.answer(200)
        elif how == "html":
            self.answer(200, b"<!DOCTYPE html>\n<title>Sign in</title>\n" + b"<p>\n" * 1200,
                        Content_Type="text/html")
        elif how == "grown":
            self.answer(200, body * 5000)
        elif how == "packed":
            self.whole(gzip.compress(body, mtime=0))
        elif how == "brokenzip":
            self.answer(200, gzip.compress(body)[:-12])
        elif how == "sum":
            digest = hashlib.sha256(body).hexdigest()
            self.answer(200, f"{'0' * 64}  another\n{digest}  {name}\n".encode())
        elif how == "wrongsum":
            self.answer(200, f"{'1' * 64}  {name}\n".encode())
        elif how in location:
            self.answer(302, Location=location[how])
        else:
            self.answer(404, b"no such thing\n")


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
