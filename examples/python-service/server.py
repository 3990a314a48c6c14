"""A service beside the kit in another language, with Python's standard library alone.

It is all that the kit asks of a service: listen on HOST and PORT, answer the ready path, read every body, end on SIGTERM.
"""

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # Keeps connections, as the gate does.

    def parse_request(self):
        """Reads the body as well, for every method: bytes left unread would be taken for the next request."""
        if not super().parse_request():
            return False
        try:
            self.body = self.read_body()
            return True
        except (ValueError, ConnectionError):
            self.close_connection = True  # Nobody knows where the next request begins.
            return False

    def read_body(self):
        if "Transfer-Encoding" in self.headers:
            return self.read_chunks()
        return self.read_exactly(int(self.headers.get("Content-Length", 0)))

    def read_chunks(self):
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.read_exactly(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # Trailers, and the empty line after them.
        return b"".join(chunks)

    def read_exactly(self, size):
        data = self.rfile.read(size)
        if len(data) < size:
            raise ValueError("the caller broke off its request")
        return data

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/ready":
            self.answer(200, {"status": "ok"})
        elif url.path == "/greet/hello":
            name = parse_qs(url.query).get("name", ["world"])[0]
            self.answer(200, {"greeting": f"Hello, {name}", "client": self.headers.get("X-Forwarded-For")})
        else:
            self.answer(404, {"code": "not_found"})

    def answer(self, status, body):
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *args):
        pass  # The gate logs every request.


class Server(ThreadingHTTPServer):
    daemon_threads = False  # Answers under way are finished before the process ends.


server = Server((os.environ["HOST"], int(os.environ["PORT"])), Handler)
# shutdown() waits for serve_forever(), which runs in the thread that signals come to.
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print(f"greeter listening on {server.server_address[0]}:{server.server_address[1]}", flush=True)
server.serve_forever()
server.server_close()
print("greeter stopped", flush=True)
