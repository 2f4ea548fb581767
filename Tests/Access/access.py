#!/usr/bin/env python3
"""The two doors of a server, and who comes in: TLS with both versions of HTTP, certificates, tokens, other users of the
machine, and what strangers try.

    access.py --binary .build/debug/fairlead
"""
import argparse
import base64
import json
import os
import socket
import ssl
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402
from strangers import Strangers  # noqa: E402

NOBODY = 65534


class Access(Checks):
    def __init__(self, server):
        super().__init__()
        self.server = server
        self.folder = server.scratch.name
        self.kubeconfig = os.path.join(self.folder, "fairlead.kubeconfig")
        self.port = int(server.secure.rsplit(":", 1)[1])

    def path(self, name):
        return os.path.join(self.folder, name)

    def curl(self, path, *arguments, base=None, user=None, stdin=None):
        """(status, body, version of HTTP)."""
        done = subprocess.run(["curl", "-sk", "--max-time", "20", "-w", "\n%{http_code} %{http_version}", *arguments,
                               (base or self.server.secure) + path], input=stdin, capture_output=True, text=True, user=user)
        body, _, last = done.stdout.rpartition("\n")
        code, _, version = last.partition(" ")
        return int(code or 0), body, version

    def kubectl(self, *arguments, config=None, stdin=None):
        done = subprocess.run(["kubectl", *arguments], input=stdin, capture_output=True, text=True, timeout=60,
                              env={"PATH": os.environ["PATH"], "HOME": self.folder, "KUBECONFIG": config or self.kubeconfig})
        return done.returncode, done.stdout, done.stderr

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, cwd=self.folder)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def answers(self):
        began = time.monotonic()
        code, _, _ = self.curl("/readyz")
        return code == 200 and time.monotonic() - began < 5

    # The door with TLS

    def doors(self):
        for flag, version in (("--http1.1", "1.1"), ("--http2", "2")):
            code, body, spoken = self.curl("/version", flag)
            self.check(f"/version over HTTP/{version}, without credentials", (code, spoken) == (200, version) and "v1.36" in body,
                       (code, spoken, body[:200]))
            code, body, _ = self.curl("/api/v1/pods", flag)
            self.check(f"the anonymous are refused over HTTP/{version}", code == 403 and 'User \\"system:anonymous\\" cannot list' in body,
                       (code, body))
            for token, wanted in (("of-an-admin", 200), ("of-nobody", 401), ("", 403)):
                code, body, _ = self.curl("/api/v1/namespaces", flag, "-H", f"Authorization: Bearer {token}".rstrip())
                self.check(f"token {token or 'left out'}: {wanted} over HTTP/{version}", code == wanted, (code, body[:300]))
        code, body, _ = self.curl("/api/v1/namespaces/default/configmaps", "--http2", "-H", "Authorization: Bearer of-an-admin",
                                  "-H", "Content-Type: application/json", "-d", "@-",
                                  stdin=json.dumps({"metadata": {"name": "big"}, "data": {"a": "x" * 900_000}}))
        self.check("a create of 900 kB over HTTP/2", code == 201, (code, body[:200]))
        code, body, _ = self.curl("/api/v1/namespaces/default/configmaps/big", "--http2", "-H", "Authorization: Bearer of-an-admin")
        self.check("a get of 900 kB over HTTP/2", code == 200 and len(body) > 900_000, (code, len(body)))
        code, body, _ = self.curl("/api/v1/namespaces/default/configmaps/big", "--http2", "-I", "-H", "Authorization: Bearer of-an-admin")
        self.check("HEAD over HTTP/2", code == 405 or code == 200, (code, body[:200]))
        watch = subprocess.run(["curl", "-skN", "--http2", "--max-time", "2", "-H", "Authorization: Bearer of-an-admin",
                                self.server.secure + "/api/v1/namespaces?watch=1"], capture_output=True, text=True)
        kinds = [json.loads(line)["type"] for line in watch.stdout.splitlines()]
        self.check("a watch over HTTP/2", kinds.count("ADDED") >= 4, watch.stdout[:300])
        time.sleep(1.2)  # faults are noted once a second
        with open(self.path("log")) as log:
            said = [line for line in log if "not an HTTP request" in line]
        self.check("and nothing of that is a fault in the log", not said, said)
        code, out, err = self.kubectl("get", "namespaces", "-o", "name")
        self.check("kubectl with the administrator's certificate, the server's checked", code == 0 and "namespace/default" in out, out + err)
        code, out, err = self.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username} {.status.userInfo.groups}")
        self.check("it is kubernetes-admin", out == 'kubernetes-admin ["system:masters","system:authenticated"]', out + err)
        for name in ("fairlead.kubeconfig", "fairlead.db"):
            mode = os.stat(self.path(name)).st_mode & 0o777
            self.check(f"{name} is for its owner only", mode == 0o600, oct(mode))

    def resumption(self):
        """A session that goes on knows the client's certificate again."""
        self.kubeconfig_files()
        context = ssl._create_unverified_context()
        context.load_cert_chain(self.path("admin.crt"), self.path("admin.key"))
        session, users = None, []
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as raw:
                with context.wrap_socket(raw, server_hostname="localhost", session=session) as secure:
                    secure.sendall(b"GET /api/v1/namespaces HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    users.append(secure.recv(65536).split(b" ", 2)[1])
                    session = secure.session
        self.check("resumed sessions are the same user", users == [b"200"] * 3, users)

    def kubeconfig_files(self):
        """The administrator's certificate and key as files."""
        with open(self.kubeconfig) as file:
            for line in file:
                name, _, value = line.strip().partition(": ")
                if name in ("client-certificate-data", "client-key-data"):
                    with open(self.path("admin.crt" if "cert" in name else "admin.key"), "wb") as out:
                        out.write(base64.b64decode(value))

    # Certificates

    def certificates(self):
        authority = self.authority()
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=kubernetes", "-days", "10",
                     "-keyout", "foreign-ca.key", "-out", "foreign-ca.crt")
        cases = [("a client of ours", authority, "clientAuth", "10", "alice", 200), ("signed by a stranger of the same name",
                 ("foreign-ca.crt", "foreign-ca.key"), "clientAuth", "10", "alice", 401),
                 ("for servers only", authority, "serverAuth", "10", "alice", 401), ("expired", authority, "clientAuth", "-1", "alice", 401),
                 ("without a name", authority, "clientAuth", "10", "", 403)]
        for claim, (ca, key), usage, days, name, wanted in cases:
            self.issue(ca, key, usage, days, name)
            for flag in ("--http1.1", "--http2"):
                code, body, _ = self.curl("/apis/authentication.k8s.io/v1/selfsubjectreviews", flag, "--cert", self.path("c.crt"),
                                          "--key", self.path("c.key"), "-H", "Content-Type: application/json", "-d",
                                          '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}')
                good = code == (201 if wanted == 200 else wanted)
                if wanted == 200 and good:
                    user = json.loads(body)["status"]["userInfo"]
                    good = user["username"] == "alice" and user["groups"] == ["dev", "ops", "system:authenticated"]
                self.check(f"a certificate: {claim}, {flag[2:]}: {wanted}", good, (code, body[:400]))
        code, body, _ = self.curl("/api/v1/namespaces", "--cert", self.path("c.crt"), "--key", self.path("c.key"),
                                  "-H", "Authorization: Bearer of-an-admin")
        self.check("a token counts beside a certificate that names nobody", code == 200, (code, body[:200]))

    def authority(self):
        folder = next(os.path.join(self.folder, name) for name in os.listdir(self.folder) if name.endswith(".pki"))
        self.check("the folder of keys is for its owner only", os.stat(folder).st_mode & 0o777 == 0o700)
        modes = {name: oct(os.stat(os.path.join(folder, name)).st_mode & 0o777) for name in os.listdir(folder)}
        self.check("and so are the files", set(modes.values()) == {"0o600"}, modes)
        texts = {name: open(os.path.join(folder, name)).read() for name in modes}
        for stem in {name.rsplit(".", 1)[0] for name in texts}:
            pair = [os.path.join(folder, n) for n in texts if n.rsplit(".", 1)[0] == stem]
            crt = next((p for p in pair if "BEGIN CERTIFICATE" in open(p).read()), None)
            key = next((p for p in pair if "PRIVATE KEY" in open(p).read()), None)
            if crt and key:
                return crt, key
        raise RuntimeError(f"no authority in {modes}")

    def issue(self, ca, key, usage, days, name):
        subject = f"/O=dev/O=ops/CN={name}" if name else "/O=dev"
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", subject,
                     "-keyout", "c.key", "-out", "c.csr")
        with open(self.path("ext"), "w") as file:
            file.write(f"extendedKeyUsage={usage}\nkeyUsage=digitalSignature\n")
        self.openssl("x509", "-req", "-in", "c.csr", "-CA", ca, "-CAkey", key, "-set_serial", str(time.time_ns()), "-days", days,
                     "-extfile", "ext", "-out", "c.crt")

    def requests(self):
        """CertificateSigningRequests that are none: Kubernetes' words."""
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=alice",
                     "-keyout", "r.key", "-out", "r.csr")
        with open(self.path("r.csr")) as file:
            good = file.read()
        lines = good.splitlines()
        der = base64.b64decode("".join(lines[1:-1]))

        def pem(bytes_, name="CERTIFICATE REQUEST"):
            return f"-----BEGIN {name}-----\n{base64.encodebytes(bytes_).decode()}-----END {name}-----\n"
        for claim, text, wanted in (
                ("a good one", good, None), ("no PEM", "hello", "PEM block type must be CERTIFICATE REQUEST"),
                ("a certificate", pem(der, "CERTIFICATE"), "PEM block type must be CERTIFICATE REQUEST"),
                ("no base64", good.replace(lines[1], "!!"), "PEM block type must be CERTIFICATE REQUEST"),
                ("a cut one", pem(der[:-40]), "asn1: syntax error: data truncated"),
                ("something else in DER", pem(b"\x04\x02ab"), "asn1: structure error: tags don't match"),
                ("a forged one", pem(der.replace(b"alice", b"admin")), "x509: ")):
            code, body, _ = self.curl("/apis/certificates.k8s.io/v1/certificatesigningrequests", "-H", "Authorization: Bearer of-an-admin",
                                      "-H", "Content-Type: application/json", "-d", json.dumps({
                                          "metadata": {"generateName": "r-"}, "spec": {
                                              "request": base64.b64encode(text.encode()).decode(), "signerName": "a.example/b", "usages": ["client auth"]}}))
            if wanted is None:
                self.check("a request for a certificate can be read", code == 201, (code, body))
            else:
                message = json.loads(body).get("message", "")
                self.check(f"a request for a certificate: {claim}: {wanted}", code == 422 and "spec.request: Invalid value: " in message
                           and message.endswith(wanted) | (wanted.endswith(" ") and wanted in message) and ".swift" not in message, (code, message))

    # Users and their rights

    def rights(self):
        data = self.server.data
        printed = subprocess.run([self.server.binary, "kubeconfig", "--data", data, "--user", "bob", "--group", "testers"],
                                 capture_output=True, text=True)
        self.check("fairlead kubeconfig prints one for another user", printed.returncode == 0, printed.stderr)
        config = self.path("bob.kubeconfig")
        with open(config, "w") as file:
            file.write(printed.stdout)
        code, out, err = self.kubectl("get", "pods", config=config)
        self.check("bob may do nothing at first", code == 1 and 'pods is forbidden: User "bob" cannot list resource "pods"' in err, out + err)
        self.kubectl("create", "role", "reader", "--verb=get,list,watch", "--resource=pods")
        self.kubectl("create", "rolebinding", "readers", "--role=reader", "--group=testers")
        code, out, err = self.kubectl("get", "pods", config=config)
        self.check("a role of his group lets him list pods", code == 0, out + err)
        code, out, err = self.kubectl("get", "secrets", config=config)
        self.check("but not Secrets", code == 1 and "forbidden" in err, out + err)
        code, out, err = self.kubectl("create", "clusterrole", "all", "--verb=*", "--resource=*", config=config)
        self.check("nor grant himself more", code == 1 and "forbidden" in err, out + err)
        code, out, err = self.kubectl("get", "pods", "--as", "system:admin", "--as-group", "system:masters", config=config)
        self.check("nor be somebody else", code == 1 and "cannot impersonate" in err, out + err)
        self.kubectl("delete", "rolebinding", "readers")
        code, out, err = self.kubectl("get", "pods", config=config)
        self.check("and without the binding nothing again, at once", code == 1 and "forbidden" in err, out + err)
        self.kubectl("create", "serviceaccount", "robot")
        token = self.kubectl("create", "token", "robot")[1].strip()
        code, body, _ = self.curl("/api/v1/namespaces/default/pods", "-H", f"Authorization: Bearer {token}")
        self.check("a ServiceAccount's token: known, and not allowed", code == 403 and "system:serviceaccount:default:robot" in body, (code, body))
        head, payload, signature = token.split(".")
        for claim, forged in (("without signature", f"{head}.{payload}."), ("with another's", f"{head}.{payload}.{signature[:-6]}AAAAAA"),
                              ("alg none", f"eyJhbGciOiJub25lIn0.{payload}.")):
            code, body, _ = self.curl("/api/v1/namespaces/default/pods", "-H", f"Authorization: Bearer {forged}")
            self.check(f"a token {claim}: 401", code == 401, (code, body))
        self.kubectl("delete", "serviceaccount", "robot")
        code, body, _ = self.curl("/api/v1/namespaces/default/pods", "-H", f"Authorization: Bearer {token}")
        self.check("and it ends with its account", code == 401, (code, body))

    def other_users(self):
        """Another user of the machine comes in by no door."""
        if os.getuid() != 0:
            print("SKIPPED other users of the machine: not root")
            return
        code, body, _ = self.curl("/api/v1/namespaces", base=self.server.url)
        self.check("the owner is the administrator on the port without TLS", code == 200, (code, body[:200]))
        for path in ("/api/v1/namespaces", "/debug/status", "/healthz"):
            code, body, _ = self.curl(path, base=self.server.url, user=NOBODY)
            self.check(f"another user is refused there: {path}", code == 403 and f"user with the id {NOBODY}" in body, (code, body[:300]))
        for path in ("/api/v1/namespaces", "/debug/status", "/metrics", "/logs", "/api/v1/nodes/node-1/proxy/metrics"):
            code, body, _ = self.curl(path, user=NOBODY)
            self.check(f"and anonymous on the other: {path}", code == 403 and "system:anonymous" in body, (code, body[:300]))

    def strangers(self):
        Strangers(self).run()


def every_port(checks, binary):
    """A default start listens on two doors and for the DNS, whatever there is in the cluster."""
    with Fairlead(binary) as server:
        def kubectl(*arguments):
            return subprocess.run(["kubectl", "--kubeconfig", server.kubeconfig, *arguments], capture_output=True, text=True, timeout=90)
        kubectl("create", "deployment", "web", "--image=nginx", "--port=80")
        kubectl("expose", "deployment", "web", "--type=NodePort", "--port=80")
        ready = kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        checks.check("a pod with a node port runs", ready.returncode == 0, ready.stdout + ready.stderr)
        found, wanted = listening(server.process.pid), {("tcp", int(server.url.rsplit(":", 1)[1])), ("tcp", int(server.secure.rsplit(":", 1)[1])),
                                                        ("tcp", server.dns[1]), ("udp", server.dns[1])}
        checks.check("nothing listens for node ports, pods or metrics", found == wanted, (found, wanted))
        port = kubectl("get", "service", "web", "-o", "jsonpath={.spec.ports[0].nodePort}").stdout
        refused = False
        try:
            socket.create_connection(("127.0.0.1", int(port)), timeout=2).close()
        except OSError:
            refused = True
        checks.check("a node port is the simulation's alone", refused, port)
        names_are_for_the_owner(checks, server)
    with Fairlead(binary, "--bare", "--dns-open", "--tls-listen", "none") as server:
        if os.getuid() == 0:
            checks.check("--dns-open answers others", ask("udp", server.dns, NOBODY) == ask("udp", server.dns) == ("NOERROR", True),
                         ask("udp", server.dns, NOBODY))


def anonymous(checks, binary):
    """Where everybody may do everything, nobody comes in without credentials; nor do they with --anonymous-auth=false."""
    for flags in (["--authorization-mode", "AlwaysAllow"], ["--anonymous-auth=false"]):
        with Fairlead(binary, "--listen", "none", "--bare", "--dns-listen", "none", *flags) as server:
            access = Access(server)
            for path in ("/api/v1/namespaces", "/version", "/readyz"):
                code, body, _ = access.curl(path)
                checks.check(f"{' '.join(flags)}: {path} is 401 without credentials", code == 401, (code, body))
            code, out, err = access.kubectl("get", "namespaces", "-o", "name")
            checks.check(f"{' '.join(flags)}: the administrator comes in", code == 0 and "namespace/default" in out, (out, err))


def names_are_for_the_owner(checks, server):
    """The DNS, too, is closed to other users."""
    if os.getuid() != 0:
        print("SKIPPED the names of the cluster for other users: not root")
        return
    for way in ("udp", "connected", "both families", "tcp"):
        checks.check(f"the owner asks the DNS ({way})", ask(way, server.dns) == ("NOERROR", True), ask(way, server.dns))
        checks.check(f"another user is refused ({way})", ask(way, server.dns, NOBODY) == ("REFUSED", False), ask(way, server.dns, NOBODY))
    with open(os.path.join(server.scratch.name, "log")) as file:
        log = file.read()
    checks.check("the log says so, and what lets them ask", "--dns-open" in log and f"id {NOBODY}" in log, log[-600:])


ASK = """
import os, socket, struct, sys
way, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
if len(sys.argv) > 4: os.setuid(int(sys.argv[4]))
name = b"".join(bytes([len(part)]) + part for part in b"kubernetes.default.svc.cluster.local".split(b".")) + b"\\0"
query = struct.pack("!6H", 77, 0x100, 1, 0, 0, 0) + name + struct.pack("!2H", 1, 1)
if way == "tcp":
    one = socket.socket()
    one.settimeout(10)
    one.connect((host, port))
    one.sendall(struct.pack("!H", len(query)) + query)
    answer = b""
    while len(answer) < 2 or len(answer) < 2 + struct.unpack("!H", answer[:2])[0]:
        part = one.recv(4096)
        if not part: break
        answer += part
    answer = answer[2:]
else:
    six = way == "both families"
    one = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
    one.settimeout(10)
    target = ("::ffff:" + host if six else host, port)
    if way == "connected":
        one.connect(target)
        one.send(query)
    else:
        one.sendto(query, target)
    answer = one.recv(4096)
flags, _, answers = struct.unpack("!3H", answer[2:8])
print({0: "NOERROR", 5: "REFUSED"}.get(flags & 15, flags & 15), answers > 0)
"""


def ask(way, address, user=None):
    """(response code, whether there are answers) for the name of the API server."""
    who = [] if user is None else [str(user)]
    done = subprocess.run([sys.executable, "-c", ASK, way, address[0], str(address[1]), *who], capture_output=True, text=True, timeout=60)
    code, _, answers = done.stdout.strip().partition(" ")
    return code or done.stderr[-300:], answers == "True"


def listening(pid):
    """(protocol, port) of each socket of a process that takes connections or datagrams."""
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = set()
    for protocol, state in (("tcp", "0A"), ("udp", "07")):
        for family in ("", "6"):
            with open(f"/proc/{pid}/net/{protocol}{family}") as file:
                for line in list(file)[1:]:
                    words = line.split()
                    if words[3] == state and words[9] in inodes:
                        found.add((protocol, int(words[1].rsplit(":", 1)[1], 16)))
    return found


def closed(checks, binary):
    """A server with only the door with TLS."""
    with Fairlead(binary, "--listen", "none", "--bare", "--dns-listen", "none") as server:
        checks.check("--listen none leaves only TLS", server.url is None and server.secure is not None, (server.url, server.secure))
        nobody = Access(server)
        code, body, _ = nobody.curl("/version")
        checks.check("nobody in particular may ask for the version", code == 200, (code, body))
        config = os.path.join(server.scratch.name, "fairlead.kubeconfig")
        done = subprocess.run(["kubectl", "get", "namespaces", "-o", "name"], capture_output=True, text=True,
                              env={"PATH": os.environ["PATH"], "HOME": server.scratch.name, "KUBECONFIG": config})
        checks.check("its kubeconfig leads there", done.returncode == 0 and "namespace/default" in done.stdout, done.stdout + done.stderr)
        for command in (["status"], ["explain", "access", "get", "pods", "--user", "bob"]):
            done = subprocess.run([binary, *command, "--data", server.data], capture_output=True, text=True)
            checks.check(f"and so does fairlead {command[0]}", done.returncode == 0 and done.stdout, done.stdout + done.stderr)
        done = subprocess.run([binary, "status", "--server", server.secure], capture_output=True, text=True,
                              env={"HOME": server.scratch.name, "PATH": os.environ["PATH"]})
        checks.check("a certificate that nobody knows is not trusted", done.returncode == 1 and "not trusted" in done.stderr, done.stderr)
        taken = server.secure.rsplit("/", 1)[1]
        other = subprocess.run([binary, "serve", "--listen", "127.0.0.1:0", "--tls-listen", taken, "--data", ":memory:", "--dns-listen", "none"],
                               capture_output=True, text=True, timeout=60)
        checks.check("a port that is taken is named", other.returncode != 0 and "--tls-listen" in other.stderr, other.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--only", help="one group of checks")
    args = parser.parse_args()
    tokens = "of-an-admin,root,1,system:masters\nof-a-reader,reader,2\n"
    server = Fairlead(args.binary, "--bare", "--dns-listen", "none", "--token-auth-file", "TOKENS")
    file = os.path.join(server.scratch.name, "tokens")
    with open(file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        out.write(tokens)
    server.flags[server.flags.index("TOKENS")] = file
    with server:
        checks = Access(server)
        for name in ("doors", "resumption", "certificates", "requests", "rights", "other_users", "strangers"):
            if args.only in (None, name):
                getattr(checks, name)()
    if args.only in (None, "every_port"):
        every_port(checks, args.binary)
    if args.only in (None, "anonymous"):
        anonymous(checks, args.binary)
    if args.only in (None, "closed"):
        closed(checks, args.binary)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
