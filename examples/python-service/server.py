"""A service beside the kit in another language, with Python's standard library alone.

It is all that the kit asks of a service: listen on HOST and PORT, answer the ready path, end on SIGTERM.
"""

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # Keeps connections, as the gate does.

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
