#!/usr/bin/env python3
"""Ends the server with the signals of a crash and checks what it leaves: a report at the end of its output, and the
exit status that anybody would expect.

    crash_report.py --binary .build/debug/fairlead
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402

SIGNALS = ["SIGSEGV", "SIGBUS", "SIGILL", "SIGTRAP", "SIGABRT", "SIGFPE"]


def crash(binary, name, *flags):
    """The exit status and the log."""
    with Fairlead(binary, "--bare", *flags) as server:
        server.process.send_signal(getattr(signal, name))
        status = server.process.wait(timeout=20)
        with open(server.log.name) as log:
            return status, log.read()


def nobody_reads(binary):
    """How long a process whose standard error is a full pipe takes to end by SIGSEGV."""
    with tempfile.TemporaryDirectory() as scratch:
        reading, writing = os.pipe()
        process = subprocess.Popen(
            [binary, "serve", "--bare", "--listen", "127.0.0.1:0", "--dns-listen", "none", "--data", ":memory:"],
            stdout=subprocess.PIPE, stderr=writing, text=True, cwd=scratch)
        for line in process.stdout:
            if line.startswith("Kubernetes "):
                break
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, b"x" * 4096)
        except BlockingIOError:
            pass
        process.send_signal(signal.SIGSEGV)
        began = time.monotonic()
        status = process.wait(timeout=60)
        os.close(reading)
        os.close(writing)
        return status, time.monotonic() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    binary = os.path.abspath(parser.parse_args().binary)
    checks = Checks()
    for name in SIGNALS:
        status, log = crash(binary, name)
        last = (log.strip().splitlines() or [""])[-1]
        checks.check(f"{name} ends the process as it always does", status == -getattr(signal, name), status)
        checks.check(f"{name}: the last line says what happened", f"{name} sent by process {os.getpid()}" in last, last)
        checks.check(f"{name}: and the version, the way here and what to do",
                     all(word in last for word in ["version=", "backtrace=", "todo=", "+0x"]), last)
        checks.check(f"{name}: the frames have lines of their own", "\n  0   " in log, log[-2000:])
    status, log = crash(binary, "SIGABRT", "--log-format", "json")
    lines = log.strip().splitlines()
    try:
        entry = json.loads(lines[-1])
    except (ValueError, IndexError):
        entry = {}
    checks.check("with --log-format json the report is an object on a line",
                 entry.get("level") == "critical" and "SIGABRT" in entry.get("cause", ""), lines[-1:])
    checks.check("and there is nothing else", all(line.startswith("{") for line in lines), log[-2000:])
    status, seconds = nobody_reads(binary)
    checks.check("the process ends even if nobody reads its report", status == -signal.SIGSEGV and seconds < 30,
                 f"{status} after {seconds:.1f} s")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
