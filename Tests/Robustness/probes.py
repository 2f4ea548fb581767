"""Tools of the robustness tests: an HTTP connection, samples of a process, and a canary.

The canary is a process of its own, so that the load generator's Python does not slow it: a few connections, each on an
event loop of the server's choosing, request /livez and small objects every 20 ms. It also measures how late its own
sleeps end: that is the noise of the machine, and bounds allow for it.
"""
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time


class Gone(ConnectionError):
    """The connection ended before the answer did."""


class Connection:
    """One persistent connection; any bytes may be sent. Not thread-safe.

    A URL may be http://HOST:PORT, or https://TOKEN@HOST:PORT, whose certificate is not looked at."""

    def __init__(self, url, timeout=30):
        scheme, rest = url.split("://", 1)
        token, _, place = rest.rpartition("@")
        host, port = place.rsplit(":", 1)
        self.address, self.timeout = (host, int(port)), timeout
        self.token = f"Authorization: Bearer {token}\r\n" if token else ""
        self.context = None
        if scheme == "https":
            self.context = ssl.create_default_context()
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE
        self.socket = self.file = None

    def close(self):
        if self.socket is not None:
            self.file.close()
            self.socket.close()
        self.socket = self.file = None

    def open(self):
        if self.socket is None:
            self.socket = socket.create_connection(self.address, timeout=self.timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context is not None:
                self.socket = self.context.wrap_socket(self.socket)
            self.file = self.socket.makefile("rb", 1 << 18)

    def request(self, method, path, body=None, kind="application/json", headers=(), timeout=None):
        """(status, body) of one request; `body` is bytes or what JSON can hold. Gone or TimeoutError otherwise."""
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self.token}"
        if body is not None:
            head += f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers)
        return self.send(head.encode("utf-8", "surrogateescape") + b"\r\n" + data, method, timeout)

    def send(self, data, method="GET", timeout=None):
        try:
            self.open()
            self.socket.settimeout(timeout or self.timeout)
            try:
                self.socket.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before all of it was sent: the answer can be read
            return self.answer(method)
        except TimeoutError:
            self.close()
            raise
        except (OSError, ValueError) as error:
            self.close()
            raise Gone(repr(error)) from None

    def head(self):
        """(status, head in lower case)"""
        line = self.file.readline()
        if not line:
            raise Gone("closed")
        head = b""
        while (field := self.file.readline()) not in (b"\r\n", b""):
            head += field.lower()
        return int(line.split()[1]), head

    def chunks(self):
        while True:
            line = self.file.readline()
            if not line:
                raise Gone("closed within a chunked body")
            size = int(line, 16)
            chunk = self.file.read(size)
            self.file.readline()
            if size == 0:
                return
            yield chunk

    def answer(self, method):
        status, head = self.head()
        while status == 100:
            status, head = self.head()
        if method == "HEAD" or status in (204, 304):
            body = b""
        elif b"transfer-encoding: chunked" in head:
            body = b"".join(self.chunks())
        else:
            length = next((int(f.split(b":")[1]) for f in head.split(b"\r\n") if f.startswith(b"content-length:")), None)
            body = self.file.read() if length is None else self.file.read(length)
            if length is not None and len(body) < length:
                raise Gone("closed within a body")
        if b"connection: close" in head:
            self.close()
        return status, body

    def json(self, *arguments, **named):
        status, body = self.request(*arguments, **named)
        try:
            return status, json.loads(body)
        except ValueError:
            return status, {"message": body[:500].decode(errors="replace")}


def sample(pid):
    """RSS and its peak in KiB, threads, descriptors; {} when the process is gone."""
    found = {}
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith(("VmRSS", "VmHWM", "Threads")):
                    name, value = line.split(":")
                    found[name] = int(value.split()[0])
        found["descriptors"] = len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return {}
    return found


def forget_peak(pid):
    """Resets VmHWM, so that it counts from now on."""
    try:
        with open(f"/proc/{pid}/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass  # not allowed here: the peak then counts from the start, and is never lower


class Canary:
    """`mark` begins a new window; `finish` ends the process and returns {window: Window}."""

    def __init__(self, url, *paths, connections=4):
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), url, str(connections), *paths],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def mark(self, window):
        self.process.stdin.write(window + "\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def window(self, name):
        """A window so far, including the requests that are still waiting."""
        self.process.stdin.write(f"show {name}\n")
        self.process.stdin.flush()
        return Window(name, *json.loads(self.process.stdout.readline()))

    def finish(self):
        out, _ = self.process.communicate()
        return {name: Window(name, *values) for name, values in json.loads(out.splitlines()[-1]).items()}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Window:
    def __init__(self, name, times, lates, troubles):
        self.name, self.times, self.lates, self.troubles = name, sorted(times), sorted(lates), troubles
        self.late = self.lates[-1] if lates else 0  # how much too long the worst sleep was

    def at(self, share):
        return self.times[min(len(self.times) - 1, int(len(self.times) * share))] if self.times else float("inf")

    @property
    def worst(self):
        return self.at(1)

    def within(self, bound):
        """No answer took longer than `bound`, give or take the machine's noise, and none failed."""
        return bool(self.times) and self.worst <= bound + 4 * self.late and not self.troubles

    def __str__(self):
        text = f"{len(self.times)} answers, p50 {self.at(.5) * 1e3:.1f} ms, p99 {self.at(.99) * 1e3:.1f} ms, " \
               f"most {self.worst * 1e3:.0f} ms (sleeps up to {self.late * 1e3:.0f} ms late)"
        return text + (f", {len(self.troubles)} failed: {self.troubles[0]}" if self.troubles else "")


def canary(url, connections, *paths):
    lock, windows, over = threading.Lock(), {"": ([], [], [])}, threading.Event()
    current, waiting = [""], {}

    def watch(path):
        connection = Connection(url)
        while not over.is_set():
            began = time.monotonic()
            time.sleep(0.02)
            awake = time.monotonic()
            window, trouble = current[0], None
            waiting[threading.get_ident()] = (window, awake)
            try:
                status, _ = connection.request("GET", path)
                if status != 200:
                    trouble = f"GET {path}: {status}"
            except OSError as error:
                trouble = f"GET {path}: {error!r}"
            ended = time.monotonic()
            with lock:
                del waiting[threading.get_ident()]
                times, lates, troubles = windows[window]
                times.append(ended - awake)
                lates.append(awake - began - 0.02)
                if trouble:
                    troubles.append(trouble)
            if trouble:
                time.sleep(0.2)

    threads = [threading.Thread(target=watch, args=(path,), daemon=True) for path in paths for _ in range(int(connections))]
    for thread in threads:
        thread.start()
    print("started", flush=True)
    for line in sys.stdin:
        if line.startswith("show "):
            with lock:
                times, lates, troubles = windows[line[5:].strip()]
                now = time.monotonic()
                print(json.dumps((times + [now - began for name, began in waiting.values() if name == line[5:].strip()], lates, troubles)), flush=True)
            continue
        with lock:
            windows.setdefault(line.strip(), ([], [], []))
        current[0] = line.strip()
        print("marked", flush=True)
    over.set()
    until = time.monotonic() + 31
    for thread in threads:  # waits for one that hangs: that is what the test looks for
        thread.join(max(0, until - time.monotonic()))
    with lock:
        print(json.dumps(windows), flush=True)


if __name__ == "__main__":
    canary(*sys.argv[1:])
