#!/usr/bin/env python3
"""Secrets in the database: no file has them in the clear, the key is for its owner, another key is named, and the command
encrypts what was there before.

    secrets.py --binary .build/debug/fairlead
"""
import argparse
import base64
import json
import os
import re
import stat
import subprocess
import sys
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402

VALUE = b"correct-horse-battery-staple"
CODED = base64.b64encode(VALUE)
SECRETS = "/api/v1/namespaces/default/secrets"


def call(server, method, path, body=None):
    request = urllib.request.Request(server.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                     headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def secret(name):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": {"password": CODED.decode()}}


class Secrets(Checks):
    def __init__(self, binary):
        super().__init__()
        self.binary = binary

    def server(self, *flags):
        return Fairlead(self.binary, "--bare", "--dns-listen", "none", "--log-level", "debug", *flags)

    def files(self, server):
        """The files of the server that have the value in them, as it is or as it was sent."""
        found = []
        for folder, _, names in os.walk(server.scratch.name):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    data = file.read()
                if VALUE in data or CODED in data:
                    found.append(name)
        return sorted(found)

    def reencrypt(self, server, *flags):
        done = subprocess.run([self.binary, "secrets", "reencrypt", "--data", server.data, *flags], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def password(self, server, name):
        status, answer = call(server, "GET", f"{SECRETS}/{name}")
        return answer["data"]["password"].encode() if status == 200 else answer

    def flag(self):
        with self.server("--encrypt-secrets") as server:
            call(server, "POST", SECRETS, secret("a"))
            call(server, "PUT", f"{SECRETS}/a", secret("a") | {"type": "Opaque", "stringData": {"more": VALUE.decode()}})
            self.check("a Secret is in no file while the server runs", self.files(server) == [], self.files(server))
            server.kill()
            self.check("nor after a crash", self.files(server) == [], self.files(server))
            server.start()
            self.check("and is what it was", self.password(server, "a") == CODED, self.password(server, "a"))
            server.stop()
            self.check("nor after an end", self.files(server) == [], self.files(server))
            key = os.path.join(server.scratch.name, "fairlead.pki", "encryption.yaml")
            self.check("the key is for its owner only", stat.S_IMODE(os.stat(key).st_mode) == 0o600, oct(os.stat(key).st_mode))

            with open(key) as file:
                name = re.search("name: (key-[0-9a-z]+)", file.read()).group(1)
            os.rename(key, key + ".away")
            server.flags.remove("--encrypt-secrets")
            server.start()
            status, answer = call(server, "GET", f"{SECRETS}/a")
            self.check("without its key it is 500, and the key is named", status == 500 and "no matching prefix found" in answer["message"]
                       and f'"{name}"' in answer["message"], (status, answer))
            with open(server.log.name) as log:
                text = log.read()
            self.check("the log names it at the start", "cannot be decrypted" in text and name in text, text[-500:])
            status, answer = call(server, "GET", "/api/v1/namespaces/default")
            self.check("everything else is served", status == 200, (status, answer))
            server.stop()
            os.rename(key + ".away", key)
            server.start()
            self.check("with it, nothing is lost, even without the flag", self.password(server, "a") == CODED, self.password(server, "a"))

    def turned_on(self):
        with self.server() as server:
            call(server, "POST", SECRETS, secret("a"))
            server.stop()
            self.check("without the flag a Secret is in the file", "fairlead.db" in self.files(server), self.files(server))
            server.flags.append("--encrypt-secrets")
            server.start()
            self.check("it is read after the flag was added", self.password(server, "a") == CODED, self.password(server, "a"))
            code, said = self.reencrypt(server, "--encrypt-secrets")
            self.check("the command wants the file for itself", code == 1 and "open in another process" in said, (code, said))
            server.stop()
            code, said = self.reencrypt(server, "--encrypt-secrets")
            self.check("the command encrypts what was there", code == 0 and "rewritten" in said and self.files(server) == [], (code, said, self.files(server)))
            done = subprocess.run([self.binary, "check", "--data", server.data], capture_output=True, text=True, timeout=60)
            self.check("the file is sound", done.returncode == 0, done.stdout)
            server.start()
            self.check("and the Secret is what it was", self.password(server, "a") == CODED, self.password(server, "a"))

    def configuration(self):
        def write(path, *providers, resources=("secrets", "configmaps")):
            with open(path, "w") as file:
                json.dump({"kind": "EncryptionConfiguration", "apiVersion": "apiserver.config.k8s.io/v1",
                           "resources": [{"resources": list(resources), "providers": list(providers)}]}, file)

        def provider(kind, *names):
            return {kind: {"keys": [{"name": name, "secret": base64.b64encode(name.encode().ljust(32, b"0")).decode()} for name in names]}}

        with self.server() as server:
            path = os.path.join(server.scratch.name, "encryption.json")
            server.flags += ["--encryption-provider-config", path]
            server.stop()
            # Of the first start, which had no keys; what is not encrypted can only be read by an identity.
            write(path, provider("secretbox", "old"), {"identity": {}})
            server.start()
            call(server, "POST", SECRETS, secret("a"))
            call(server, "POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "c"}, "data": {"a": VALUE.decode()}})
            server.stop()
            self.check("a secretbox hides what the configuration names", self.files(server) == [], self.files(server))
            write(path, provider("aesgcm", "new"), provider("secretbox", "old"), {"identity": {}})
            server.start()
            self.check("the second provider reads", self.password(server, "a") == CODED, self.password(server, "a"))
            server.stop()
            code, said = self.reencrypt(server, "--encryption-config", path)
            self.check("the command changes the key", code == 0, (code, said))
            write(path, provider("aesgcm", "new"), {"identity": {}})
            server.start()
            self.check("the old key is not needed any more", self.password(server, "a") == CODED, self.password(server, "a"))
            server.stop()
            write(path, {"kms": {"name": "x"}})
            done = subprocess.run([self.binary, "serve", "--data", server.data, *server.flags, "--listen", "127.0.0.1:0"],
                                  capture_output=True, text=True, timeout=60)
            self.check("what is not supported is said at the start", done.returncode != 0 and "kms" in done.stderr, (done.returncode, done.stderr))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    checks = Secrets(parser.parse_args().binary)
    for scene in (checks.flag, checks.turned_on, checks.configuration):
        scene()
    sys.exit(checks.finish())


if __name__ == "__main__":
    main()
