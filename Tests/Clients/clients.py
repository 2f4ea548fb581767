#!/usr/bin/env python3
"""Runs the Python client libraries against a real server, doing what they usually do: most over TLS as the administrator,
kopf on the port without TLS, and all of them, with kubectl, over TLS as users with exactly the rights that they need.

    clients.py --binary .build/debug/fairlead [--only NAME]

If the libraries cannot be installed, that counts as one failure with a message.
"""
import argparse
import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import python_environment  # noqa: E402
from fairlead_process import Checks, Fairlead  # noqa: E402

CLIENTS = ["kubernetes_client", "kr8s_client", "lightkube_client", "kopf_operator", "restricted"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--only", choices=CLIENTS)
    args = parser.parse_args()
    checks = Checks()
    try:
        python_environment.enter()
    except Exception as error:
        checks.check("the client libraries are there", False, error)
        return checks.finish()
    with Fairlead(args.binary) as server:
        for name in [args.only] if args.only else CLIENTS:
            try:
                importlib.import_module(name).run(server, checks)
            except Exception as error:  # a client that breaks off counts as one failure and does not end the test
                import traceback
                checks.check(f"{name} comes to its end", False, f"{error!r}\n{traceback.format_exc()}")
        checks.check("the server is the one that was started", server.process.poll() is None)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
