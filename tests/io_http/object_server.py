"""A folder on HTTP, as object storage serves it, for the tests of the store: ranges, HEAD, connections that stay open; and
with faults. The first part of a path is the way to answer ("plain" for none), the rest is the name of a file."""
import collections
import http.server
import os
import re
import threading
import time
import urllib.parse

PART = 1000


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        address = urllib.parse.urlsplit(self.path)
        _, way, name = address.path.split("/", 2)
        with self.server.lock:
            self.server.requests[self.path] += 1
            count = self.server.requests[self.path]
        try:
            getattr(self, "answer_" + way.replace("-", "_"))(urllib.parse.unquote(name), count)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def send(self, status, body=b"", **headers):
        self.send_response(status)
        headers.setdefault("Content_Length", len(body))
        for header, value in headers.items():
            self.send_header(header.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def load(self, name):
        path = os.path.join(self.server.folder, name)
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as file:
            return file.read()

    def range(self):
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        return match and (int(match[1]), int(match[2]))

    def answer_plain(self, name, count, shift=0):
        body, part = self.load(name), self.range()
        if body is None:
            self.send(404, b"no such object")
        elif part is None:
            self.send(200, body)
        elif part[0] >= len(body):
            self.send(416, Content_Range=f"bytes */{len(body)}")
        else:
            first, last = part[0] + shift, min(part[1] + shift, len(body) - 1)
            self.send(206, body[first:last + 1], Content_Range=f"bytes {first}-{last}/{len(body)}")

    def answer_no_range(self, name, count):
        self.send(200, self.load(name))

    def answer_other_range(self, name, count):
        self.answer_plain(name, count, 1)

    def answer_long_range(self, name, count):
        first, last = self.range()
        self.send(206, bytes(last - first + PART), Content_Range=f"bytes {first}-{last}/{10 * PART}")

    def answer_no_head(self, name, count):
        if self.command == "HEAD":
            self.send(405)
        else:
            self.answer_plain(name, count)

    def answer_unavailable_twice(self, name, count):
        if count <= 2:
            self.send(503, b"slow down")
        else:
            self.answer_plain(name, count)

    def answer_unavailable(self, name, count):
        self.send(503, b"slow down")

    def answer_forbidden(self, name, count):
        self.send(403, b"no")

    def endless(self, status, chunk=bytes(100 * PART), **headers):
        self.close_connection = True
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header.replace("_", "-"), value)
        self.end_headers()
        while True:
            self.wfile.write(chunk)

    def answer_endless(self, name, count):
        self.endless(200)

    def answer_endless_error(self, name, count):
        self.endless(404)

    def answer_endless_redirect(self, name, count):
        self.endless(302, Location="/plain/" + name)

    def answer_endless_headers(self, name, count):
        self.close_connection = True
        self.send_response(200)
        self.flush_headers()
        while True:
            self.wfile.write(b"X-More: " + b"m" * PART + b"\r\n")

    def answer_cut(self, name, count):
        body = self.load(name)
        self.close_connection = True
        self.send(200, body[:len(body) // 2], Content_Length=len(body))

    def answer_cut_once(self, name, count):
        (self.answer_cut if count == 1 else self.answer_plain)(name, count)

    def answer_dropped_once(self, name, count):
        if count == 1:
            self.close_connection = True
        else:
            self.answer_plain(name, count)

    def answer_stalled(self, name, count):
        body = self.load(name)
        self.close_connection = True
        self.send(200, body[:1], Content_Length=len(body))
        self.server.closing.wait(20)

    def answer_slow(self, name, count):
        body = self.load(name)
        self.send(200, Content_Length=len(body))
        for start in range(0, len(body), PART):
            time.sleep(0.02)
            self.wfile.write(body[start:start + PART])

    def answer_redirect(self, name, count):
        self.send(302, Location="/plain/" + name)

    def answer_loop(self, name, count):
        self.send(302, Location=self.path)

    def answer_to_file(self, name, count):
        self.send(302, Location="file:///etc/passwd")

    def answer_elsewhere(self, name, count):
        self.send(307, Location=f"http://localhost:{self.server.server_port}/echo/{name}")

    def answer_echo(self, name, count):
        self.send(200, str(self.headers).encode())

    def answer_locked(self, name, count):
        # user:p@ss
        if self.headers.get("Authorization") == "Basic dXNlcjpwQHNz":
            self.answer_plain(name, count)
        else:
            self.send(401, WWW_Authenticate="Basic")

    def log_message(self, *arguments):
        pass


class ObjectServer(http.server.ThreadingHTTPServer):
    """At a free port, in threads of its own, inside "with"."""
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder, context=None):
        super().__init__(("127.0.0.1", 0), Handler)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.folder = folder
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.forget()

    def forget(self):
        self.requests, self.connections = collections.Counter(), 0

    def handle_error(self, request, client_address):
        # Clients break transfers off, and refuse certificates.
        pass

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(self, *arguments):
        self.closing.set()
        self.shutdown()
        self.server_close()
