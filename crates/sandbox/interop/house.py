"""A running sandbox, and a merchant's server that keeps what it is notified of."""

import http.server
import json
import os
import pathlib
import queue
import shutil
import subprocess
import tempfile
import threading
import urllib.request

BIN_DIR = os.environ.get("WX_CHECKOUT_BIN_DIR") or pathlib.Path(__file__).resolve().parents[3] / "target/debug"
ACKNOWLEDGED = b"<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>"


class House:
    def __init__(self):
        self.notifications = queue.Queue()
        house = self

        class Receiver(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                answer = ACKNOWLEDGED if body.startswith(b"<") else b""
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                house.notifications.put((dict(self.headers), body))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="wx-checkout-interop-"))
        route = f"https://pay.example.com=http://127.0.0.1:{self.server.server_port}"
        command = [pathlib.Path(BIN_DIR) / "wx-checkout-sandbox", "serve", "--dir", self.dir, "--port", "0", "--deliver", route]
        self.sandbox = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.base = self.sandbox.stdout.readline().split()[-1]
        self.identity = json.loads(self.read("sandbox.json"))

    def read(self, name):
        return (self.dir / name).read_text(encoding="utf-8")

    def control(self, call, body):
        request = urllib.request.Request(f"{self.base}/_sandbox/{call}", json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def notified(self):
        """The next notification: headers, and the bytes of its body."""
        return self.notifications.get(timeout=30)

    def close(self):
        self.sandbox.terminate()
        self.sandbox.wait(timeout=30)
        self.sandbox.stdout.close()
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.dir)
