#!/usr/bin/env python3
"""Lets the Python client libraries live their ordinary lives against a real server.

    clients.py --binary .build/debug/fairlead [--venv DIR] [--only NAME]

The pinned libraries of requirements.txt are installed into a virtual environment, which is kept from run to run (in
.build beside the binary if --venv is left out). Where they cannot be had, that is one failure that says so.
"""
import argparse
import hashlib
import importlib
import os
import shutil
import subprocess
import sys
import venv

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402

REQUIREMENTS = os.path.join(HERE, "requirements.txt")
CLIENTS = ["kubernetes_client", "kr8s_client", "lightkube_client", "kopf_operator"]


def prepare(folder):
    """The Python of an environment with the pinned libraries; made anew when the pins change."""
    with open(REQUIREMENTS, "rb") as file:
        wanted = hashlib.sha256(file.read() + sys.version.encode()).hexdigest()
    stamp, python = os.path.join(folder, "requirements.sha256"), os.path.join(folder, "bin", "python")
    if os.path.exists(stamp) and open(stamp).read() == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=540)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip()[-2000:])
    with open(stamp, "w") as file:
        file.write(wanted)
    return python


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--venv")
    parser.add_argument("--only", choices=CLIENTS)
    args = parser.parse_args()
    checks = Checks()
    folder = os.path.abspath(args.venv or os.path.join(os.path.dirname(args.binary), "..", "clients-venv"))
    if os.path.realpath(sys.prefix) != os.path.realpath(folder):
        try:
            python = prepare(folder)
        except Exception as error:
            checks.check("the client libraries can be installed (does this machine have a network?)", False, error)
            return checks.finish()
        os.execv(python, [python, os.path.abspath(__file__), "--venv", folder, *sys.argv[1:]])
    with Fairlead(args.binary) as server:
        for name in [args.only] if args.only else CLIENTS:
            try:
                importlib.import_module(name).run(server, checks)
            except Exception as error:  # a client that breaks off is one failure, not the end of the test
                import traceback
                checks.check(f"{name} comes to its end", False, f"{error!r}\n{traceback.format_exc()}")
        checks.check("the server is the one that was started", server.process.poll() is None)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
