"""The programs that a measurement needs: the server, what loads it, and what it is compared with."""
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), "Tests"))
from fairlead_process import Fairlead  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
NAMESPACE = "bench"
BASE = f"/api/v1/namespaces/{NAMESPACE}"
TOKEN = "of-the-bench"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def processor(pid):
    """Seconds of CPU that a process has taken."""
    with open(f"/proc/{pid}/stat") as text:
        words = text.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / TICKS


def resident(pid, field="VmRSS"):
    """Megabytes (of a million bytes) in memory; VmHWM is the most since `forget_peak`."""
    with open(f"/proc/{pid}/status") as lines:
        return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(field)), 0)


def forget_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w") as file:
        file.write("5")


class Server(Fairlead):
    """A Fairlead whose processor time and memory are looked at. It takes requests of an administrator: on the port without TLS
    from anybody here, on the one with TLS by a token."""

    def __init__(self, binary, *flags):
        super().__init__(binary, *flags)
        tokens = os.path.join(self.scratch.name, "tokens")
        with open(tokens, "w", opener=lambda path, mode: os.open(path, mode, 0o600)) as file:
            file.write(f"{TOKEN},bench,1,system:masters\n")
        self.flags += ["--token-auth-file", tokens]

    def start(self):
        super().start()
        self.connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=300)
        self.last_call = time.monotonic()

    @property
    def pid(self):
        return self.process.pid

    def cost(self, work, count=None):
        """Runs the work; returns what it returns, and the microseconds of this server's CPU for each of so many, or for each of the
        requests that the work says it has made."""
        before = processor(self.pid)
        found = work()
        return found, (processor(self.pid) - before) / max(1, count or found["requests"]) * 1e6

    def call(self, method, path, body=None, kind="application/json", ok=(200, 201, 202)):
        if time.monotonic() - self.last_call > 20:
            self.connection.close()  # the server may have closed it meanwhile, as it was idle
        self.connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": kind})
        answer = self.connection.getresponse()
        text = answer.read()
        self.last_call = time.monotonic()
        if answer.status not in ok:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        return text

    def read(self, path):
        return json.loads(self.call("GET", path))

    def make_namespace(self):
        self.call("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}}, ok=(201, 409))
        # Otherwise the first request to what is measured may come before the ServiceAccount of the namespace is written.
        time.sleep(0.3)

    def count(self, path):
        """How many objects there are, without fetching them."""
        page = self.read(f"{path}?limit=1")
        return len(page["items"]) + page["metadata"].get("remainingItemCount", 0)

    def settle(self, seconds=120, share=0.05):
        """Waits until the process has taken less than a share of a core for a second."""
        until = time.monotonic() + seconds
        quiet = 0
        while quiet < 4 and time.monotonic() < until:
            before = processor(self.pid)
            time.sleep(0.25)
            quiet = quiet + 1 if processor(self.pid) - before < share * 0.25 else 0


class Tool:
    """fairlead-bench."""

    def __init__(self, path):
        self.path = path

    def start(self, *arguments):
        """A run whose lines are read one by one."""
        return subprocess.Popen([self.path, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def run(self, *arguments, patience=900):
        done = subprocess.run([self.path, *map(str, arguments)], capture_output=True, text=True, timeout=patience)
        if done.returncode != 0:
            raise RuntimeError(f"fairlead-bench {arguments[0]}: {done.stderr[-500:]}")
        return fields(done.stdout)

    def load(self, server, path, body=None, method=None, status=None, **options):
        """Sends a request again and again; `body` is its text. All answers have to have the status."""
        method = method or ("POST" if body is not None else "GET")
        status = status or (201 if method == "POST" else 200)
        arguments = ["load", "--server", server.url, "--method", method, "--path", path, "--status", status]
        for name, value in options.items():
            if value is not None:
                arguments += [f"--{name.replace('_', '-')}", value]
        if body is None:
            return self.run(*arguments)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(body)
            file.flush()
            return self.run(*arguments, "--body", file.name)


def fields(text):
    """name=value pairs, as numbers where they are some."""
    found = {}
    for name, value in re.findall(r"(\w+)=(\S+)", text):
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = value
    return found


def line_of(process, word):
    """Reads what a run prints until a line has the word, and returns its name=value pairs."""
    line = ""
    for line in process.stdout:
        if word in line and not line.startswith("Error"):
            return fields(line)
    raise RuntimeError(f"the run ended with {process.wait()} before it said `{word}`: {line}")


def h2load(url, *flags):
    """What h2load has measured; every request has to succeed."""
    done = subprocess.run(["h2load", *map(str, flags), url], capture_output=True, text=True, timeout=900)
    return judge_h2load(done.stdout, f"{url}: {done.stdout[-600:]}{done.stderr[-300:]}")


def judge_h2load(output, said):
    speed = re.search(r"finished in ([\d.]+)(us|ms|s), ([\d.]+) req/s", output)
    counts = re.search(r"(\d+) done, (\d+) succeeded, (\d+) failed", output)
    data = re.search(r"headers \(space savings [^)]*\), [^(]*\((\d+)\) data", output)
    codes = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", output)
    # During a warm-up, statuses are not counted.
    if not speed or not counts or not codes or int(codes.group(1)) == 0 or any(int(codes.group(each)) for each in (2, 3, 4)) \
            or counts.group(1) != counts.group(2) or counts.group(3) != "0":
        raise RuntimeError(f"h2load {said}")
    scale = {"us": 1e-6, "ms": 1e-3, "s": 1}[speed.group(2)]
    return {"seconds": float(speed.group(1)) * scale, "rate": float(speed.group(3)), "requests": int(counts.group(1)),
            "bytes": int(data.group(1)) if data else 0}


class Nginx:
    """Serves files, with and without TLS."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="fairlead-bench-")
        self.port, self.secure_port, self.files = free_port(), free_port(), 0

    def add(self, content):
        """Serves it from now on; returns the path."""
        # Never the same name again: it remembers open files.
        self.files += 1
        with open(os.path.join(self.folder.name, str(self.files)), "wb") as file:
            file.write(content)
        return f"/{self.files}"

    def __enter__(self):
        folder = self.folder.name
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                        "/CN=localhost", "-days", "2", "-keyout", f"{folder}/key", "-out", f"{folder}/crt"], check=True, capture_output=True)
        with open(f"{folder}/conf", "w") as file:
            file.write(f"""
{"user root;" if os.getuid() == 0 else ""}
worker_processes auto;
daemon off;
pid {folder}/pid;
error_log {folder}/err;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    default_type application/json;
    keepalive_requests 1000000000;
    sendfile on;
    tcp_nodelay on;
    open_file_cache max=100;
    http2_max_concurrent_streams 1000;
    ssl_certificate {folder}/crt;
    ssl_certificate_key {folder}/key;
    ssl_protocols TLSv1.3;
    server {{ listen 127.0.0.1:{self.port}; listen 127.0.0.1:{self.secure_port} ssl http2; root {folder}; }}
}}
""")
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([program, "-c", f"{folder}/conf", "-e", f"{folder}/err"], stderr=subprocess.DEVNULL)
        self.url, self.secure = f"http://127.0.0.1:{self.port}", f"https://127.0.0.1:{self.secure_port}"
        wait_for_port(self.port, "nginx")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def wait_for_port(port, what, seconds=15):
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise RuntimeError(f"{what} does not listen") from None
            time.sleep(0.05)
