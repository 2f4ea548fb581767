#!/usr/bin/env python3
"""What the test kits of controllers (envtest, jenvtest, kube-api-test) do with `etcd` and `kube-apiserver`, done by this script:
start, certificates, users, two control planes side by side, stop.

    envtest.py --binary .build/release/fairlead [--rounds 20] [--within 0.2]
"""
import argparse
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks  # noqa: E402


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Authority:
    """A certificate authority as envtest makes it: P-256, one signed leaf for each purpose."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.count = 0
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "7",
                 "-subj", "/CN=" + name, "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", name + ".key", "-out", name + ".crt")

    def run(self, *arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, cwd=self.folder)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def path(self, name):
        return os.path.join(self.folder, name)

    def issue(self, subject, extensions):
        """(certificate, key), both as files."""
        self.count += 1
        stem = f"{self.name}-{self.count}"
        self.run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", subject,
                 "-keyout", stem + ".key", "-out", stem + ".csr")
        with open(self.path(stem + ".ext"), "w") as file:
            file.write(extensions + "authorityKeyIdentifier=keyid\n")
        self.run("x509", "-req", "-in", stem + ".csr", "-CA", self.name + ".crt", "-CAkey", self.name + ".key", "-set_serial",
                 str(time.time_ns()), "-days", "7", "-extfile", stem + ".ext", "-out", stem + ".crt")
        return self.path(stem + ".crt"), self.path(stem + ".key")

    def user(self, name, groups=()):
        subject = "".join(f"/O={group}" for group in groups) + "/CN=" + name
        return self.issue(subject, "keyUsage=digitalSignature\nextendedKeyUsage=clientAuth\n")


class ControlPlane:
    """One etcd and one kube-apiserver, as envtest starts them."""

    def __init__(self, assets, authorities, extra=(), environment=None):
        self.assets, self.extra, self.environment = assets, list(extra), environment
        self.servers, self.clients, self.template = authorities
        self.etcd_folder = tempfile.mkdtemp(prefix="k8s_test_framework_")
        self.certificates = tempfile.mkdtemp(prefix="k8s_test_framework_")
        for name in os.listdir(self.template):
            shutil.copy(os.path.join(self.template, name), self.certificates)
        self.etcd_port, self.port = free_port(), free_port()
        self.etcd = self.server = None
        self.log = tempfile.NamedTemporaryFile(mode="w+", prefix="envtest-log-")

    def start_process(self, name, flags):
        variables = dict(os.environ, **(self.environment or {}))
        # A process group of its own, as envtest makes it.
        return subprocess.Popen([os.path.join(self.assets, name), *flags], stdout=self.log, stderr=self.log, env=variables,
                                start_new_session=True)

    def start(self):
        """Returns how many seconds kube-apiserver took to be ready."""
        url = f"http://127.0.0.1:{self.etcd_port}"
        self.etcd = self.start_process("etcd", [
            f"--advertise-client-urls={url}", f"--data-dir={self.etcd_folder}", f"--listen-client-urls={url}",
            f"--listen-peer-urls=http://127.0.0.1:{free_port()}"])
        self.wait(self.etcd, lambda: urllib.request.urlopen(url + "/health", timeout=5).status)
        return self.start_server()

    def start_server(self):
        own = self.certificates
        flags = [
            "--allow-privileged=true", "--authorization-mode=RBAC", "--bind-address=127.0.0.1", f"--cert-dir={own}",
            f"--client-ca-file={os.path.join(own, 'client-ca.crt')}", "--disable-admission-plugins=ServiceAccount",
            f"--etcd-servers=http://127.0.0.1:{self.etcd_port}", f"--secure-port={self.port}",
            f"--service-account-issuer=https://127.0.0.1:{self.port}/",
            f"--service-account-key-file={os.path.join(own, 'sa-signer.crt')}",
            f"--service-account-signing-key-file={os.path.join(own, 'sa-signer.key')}", "--service-cluster-ip-range=10.0.0.0/24",
        ] + self.extra
        began = time.monotonic()
        self.server = self.start_process("kube-apiserver", flags)
        self.wait(self.server, lambda: self.request("GET", "/healthz")[0])
        return time.monotonic() - began

    def wait(self, process, ask):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if process.poll() is not None:
                break
            try:
                if ask() == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.005)
        raise RuntimeError(f"{process.args[0]} is not ready (code {process.poll()}): {open(self.log.name).read()[-3000:]}")

    def context(self, user=None, verify=False):
        context = ssl.create_default_context(cafile=os.path.join(self.certificates, "server-ca.crt"))
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if user:
            context.load_cert_chain(*user)
        return context

    def request(self, method, path, body=None, user=None, verify=False, kind="application/json"):
        """(status, JSON or text)."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=self.context(user, verify))
        try:
            connection.request(method, path, body if body is None or isinstance(body, str) else json.dumps(body),
                               {"Content-Type": kind} if body is not None else {})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def stop_server(self):
        began = time.monotonic()
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(timeout=20)
        return time.monotonic() - began

    def stop(self):
        """Returns the longest time that one of them took to end."""
        took = self.stop_server() if self.server else 0
        if self.etcd:
            began = time.monotonic()
            self.etcd.send_signal(signal.SIGTERM)
            self.etcd.wait(timeout=20)
            took = max(took, time.monotonic() - began)
        shutil.rmtree(self.etcd_folder)
        shutil.rmtree(self.certificates)
        self.log.close()
        return took


class Envtest(Checks):
    def __init__(self, binary, folder):
        super().__init__()
        self.binary, self.folder = os.path.abspath(binary), folder

    def prepare(self):
        printed = subprocess.run([self.binary, "envtest", "assets", os.path.join(self.folder, "assets")], capture_output=True,
                                 text=True)
        self.assets = printed.stdout.strip()
        self.check("`fairlead envtest assets` prints its directory", printed.returncode == 0 and os.path.isabs(self.assets),
                   printed.stdout + printed.stderr)
        again = subprocess.run([self.binary, "envtest", "assets", self.assets], capture_output=True, text=True)
        self.check("it may be called again", again.stdout == printed.stdout, again.stdout + again.stderr)
        folders = [self.assets] + [os.path.join(self.assets, "k8s", name) for name in os.listdir(os.path.join(self.assets, "k8s"))]
        self.check("the directory is also as setup-envtest and jenvtest arrange it",
                   any(os.path.basename(name).startswith("1.36.") and "-linux-" in name for name in folders[1:]), folders)
        for folder in folders:
            for name in ("etcd", "kube-apiserver"):
                done = subprocess.run([os.path.join(folder, name), "--help"], capture_output=True, text=True)
                lines = (done.stdout + done.stderr).splitlines()
                self.check(f"{os.path.relpath(folder, self.folder)}/{name} --help ends with 0",
                           done.returncode == 0 and len(lines) > 5, done.stdout + done.stderr)
                self.check("  and is not of a very old server", not any(line.strip().startswith("--insecure-port") for line in lines))
        done = subprocess.run([os.path.join(self.assets, "kube-apiserver"), "--version"], capture_output=True, text=True)
        self.check("kube-apiserver --version", done.stdout.startswith("Kubernetes v1.36."), done.stdout)
        if shutil.which("kubectl"):
            done = subprocess.run([os.path.join(self.assets, "kubectl"), "version", "--client"], capture_output=True, text=True)
            self.check("kubectl is there, too", done.returncode == 0 and "Client Version" in done.stdout, done.stdout + done.stderr)
        with open(os.path.join(self.folder, "taken"), "w") as file:
            file.write("mine")
        os.makedirs(os.path.join(self.folder, "other"))
        shutil.copy(os.path.join(self.folder, "taken"), os.path.join(self.folder, "other", "etcd"))
        done = subprocess.run([self.binary, "envtest", "assets", os.path.join(self.folder, "other")], capture_output=True, text=True)
        self.check("a file that is no link is left alone", done.returncode == 1 and "is no link" in done.stderr
                   and open(os.path.join(self.folder, "other", "etcd")).read() == "mine", done.stderr)
        self.make_certificates()

    def make_certificates(self):
        self.own = os.path.join(self.folder, "authorities")
        os.makedirs(self.own)
        self.servers = Authority(self.own, "server-ca")
        self.clients = Authority(self.own, "client-ca")
        self.template = os.path.join(self.folder, "template")
        os.makedirs(self.template)
        pair = self.servers.issue("/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        signer = Authority(self.own, "sa-signer")
        for source, name in zip(pair + (self.servers.path("server-ca.crt"), self.clients.path("client-ca.crt"),
                                        signer.path("sa-signer.crt"), signer.path("sa-signer.key")),
                                ("apiserver.crt", "apiserver.key", "server-ca.crt", "client-ca.crt", "sa-signer.crt", "sa-signer.key")):
            shutil.copy(source, os.path.join(self.template, name))
        self.admin = self.clients.user("default", ["system:masters"])

    def plane(self, extra=(), environment=None):
        return ControlPlane(self.assets, (self.servers, self.clients, self.template), extra, environment)

    # One control plane

    def contract(self):
        plane = self.plane(["--feature-gates=A=true", "--runtime-config=api/all=true", "--enable-admission-plugins=NamespaceLifecycle",
                            "--v=2", "--advertise-address=127.0.0.1", "--storage-backend=etcd3", "--insecure-port=0"])
        try:
            plane.start()
            log = open(plane.log.name).read()
            warnings = [line for line in log.splitlines() if line.startswith("warning:")]
            self.check("flags that mean nothing here are named in one line", len(warnings) == 1 and "--feature-gates=A=true" in log
                       and "--storage-backend=etcd3" in log and "--insecure-port" not in log, warnings)
            self.everything(plane)
        finally:
            took = plane.stop()
        self.check("it ends soon, with a watch open", took < 5, took)

    def everything(self, plane):
        status, body = plane.request("GET", "/healthz", verify=True)
        self.check("/healthz, for the anonymous, with the certificate of --cert-dir", (status, body) == (200, "ok"), (status, body))
        status, body = plane.request("GET", "/api/v1/namespaces/default", user=self.admin)
        self.check("the namespace default is there", status == 200, (status, body))
        status, body = plane.request("GET", "/api/v1/namespaces/default/pods")
        self.check("the anonymous may do nothing", status == 403 and "system:anonymous" in str(body), (status, body))
        self.users(plane)
        self.nothing_acts(plane)
        self.definitions(plane)
        self.webhooks(plane)
        raw = plane.context(self.admin).wrap_socket(socket.create_connection(("127.0.0.1", plane.port)), server_hostname="localhost")
        raw.sendall(b"GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.check("a watch begins", b"200" in raw.recv(64))
        self.open_watch = raw

    def users(self, plane):
        # Signed after the start, as AddUser does.
        alice = self.clients.user("alice", ["dev"])
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        status, body = plane.request("POST", path, {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"}, alice)
        user = body["status"]["userInfo"] if status == 201 else {}
        self.check("a new certificate is a new user", (user.get("username"), user.get("groups")) == ("alice", ["dev", "system:authenticated"]),
                   (status, body))
        pods = "/api/v1/namespaces/default/pods"
        self.check("who has no role is refused", plane.request("GET", pods, user=alice)[0] == 403)
        rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
        plane.request("POST", rbac + "/roles", {"metadata": {"name": "r"}, "rules": [
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]}, self.admin)
        plane.request("POST", rbac + "/rolebindings", {"metadata": {"name": "b"}, "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}, "subjects": [
                {"kind": "Group", "name": "dev", "apiGroup": "rbac.authorization.k8s.io"}]}, self.admin)
        self.check("and let in with one", plane.request("GET", pods, user=alice)[0] == 200)
        self.check("to that only", plane.request("GET", "/api/v1/namespaces/default/secrets", user=alice)[0] == 403)
        stranger = Authority(self.own, f"stranger-{plane.port}").user("alice", ["system:masters"])
        self.check("another authority's certificates are nobody's", plane.request("GET", pods, user=stranger)[0] == 401)

    def nothing_acts(self, plane):
        """No controller runs."""
        plane.request("POST", "/api/v1/namespaces", {"metadata": {"name": "quiet"}}, self.admin)
        status, body = plane.request("POST", "/api/v1/namespaces/quiet/pods", {"metadata": {"name": "p"}, "spec": {
            "containers": [{"name": "c", "image": "c"}]}}, self.admin)
        self.check("a pod needs no account and has no volume of a token", status == 201 and "volumes" not in body["spec"]
                   and "serviceAccountName" not in body["spec"], (status, body))
        apps = "/apis/apps/v1/namespaces/quiet/deployments"
        labels = {"app": "web"}
        status, body = plane.request("POST", apps, {"metadata": {"name": "web"}, "spec": {
            "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
                "containers": [{"name": "c", "image": "c"}]}}}}, self.admin)
        self.check("a Deployment is created", status == 201, (status, body))
        owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "gone", "uid": "00000000-0000-0000-0000-000000000000"}
        plane.request("POST", "/api/v1/namespaces/quiet/configmaps", {"metadata": {"name": "owned", "ownerReferences": [owner]}},
                      self.admin)
        plane.request("POST", "/api/v1/namespaces", {"metadata": {"name": "ending"}}, self.admin)
        plane.request("DELETE", "/api/v1/namespaces/ending", user=self.admin)
        time.sleep(1)
        status, body = plane.request("POST", "/api/v1/namespaces/quiet/serviceaccounts", {"metadata": {"name": "default"}}, self.admin)
        self.check("no ServiceAccount appears by itself", status == 201, (status, body))
        status, body = plane.request("GET", apps + "/web", user=self.admin)
        self.check("the Deployment stays untouched", body.get("status") == {}, body)
        status, body = plane.request("GET", "/api/v1/namespaces/quiet/configmaps/owned", user=self.admin)
        self.check("nothing is collected", status == 200, (status, body))
        status, body = plane.request("GET", "/api/v1/namespaces/ending", user=self.admin)
        self.check("a namespace that is deleted stays Terminating", status == 200 and body["status"]["phase"] == "Terminating", body)
        status, body = plane.request("GET", "/api/v1/namespaces/default/services/kubernetes", user=self.admin)
        self.check("the Service kubernetes has the first address of the range", body["spec"]["clusterIP"] == "10.0.0.1", body)

    def definitions(self, plane):
        schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        status, body = plane.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
            "metadata": {"name": "things.example.com"}, "spec": {"group": "example.com", "scope": "Namespaced", "names": {
                "plural": "things", "singular": "thing", "kind": "Thing"}, "versions": [{
                    "name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]}}, self.admin)
        self.check("a definition is created", status == 201, (status, body))
        end = time.monotonic() + 10
        found = []
        while time.monotonic() < end and "things" not in found:
            status, body = plane.request("GET", "/apis/example.com/v1", user=self.admin)
            found = [item["name"] for item in body["resources"]] if status == 200 else []
        self.check("and appears in discovery", "things" in found, found)
        status, body = plane.request("POST", "/apis/example.com/v1/namespaces/default/things", {
            "apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "one"}}, self.admin)
        self.check("an object of it is created", status == 201, (status, body))

    def webhooks(self, plane):
        """A webhook of the suite, by URL and the authority that envtest makes for it."""
        authority = Authority(self.own, f"hook-{plane.port}")
        pair = authority.issue("/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        import base64
        import http.server

        class Hook(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                patch = base64.b64encode(json.dumps([{"op": "add", "path": "/data", "value": {"by": "hook"}}]).encode()).decode()
                answer = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {
                    "uid": review["request"]["uid"], "allowed": True, "patchType": "JSONPatch", "patch": patch}}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        bundle = base64.b64encode(open(authority.path(authority.name + ".crt"), "rb").read()).decode()
        rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}
        plane.request("POST", "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", {
            "metadata": {"name": "hook"}, "webhooks": [{
                "name": "hook.example.com", "clientConfig": {
                    "url": f"https://127.0.0.1:{server.server_address[1]}/mutate", "caBundle": bundle},
                "rules": [rule], "sideEffects": "None", "admissionReviewVersions": ["v1"]}]}, self.admin)
        status, body = plane.request("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "hooked"}}, self.admin)
        self.check("a webhook is called by URL", status == 201 and body.get("data") == {"by": "hook"}, (status, body))
        server.shutdown()
        server.server_close()

    # Several

    def side_by_side(self):
        first, second = self.plane(), self.plane()
        try:
            first.start()
            second.start()
            first.request("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "mine"}}, self.admin)
            self.check("two control planes side by side have nothing in common",
                       first.request("GET", "/api/v1/namespaces/default/configmaps/mine", user=self.admin)[0] == 200
                       and second.request("GET", "/api/v1/namespaces/default/configmaps/mine", user=self.admin)[0] == 404)
            first.stop_server()
            self.check("the second goes on without the first", second.request("GET", "/healthz")[0] == 200)
            first.start_server()
            self.check("a kube-apiserver that is started again beside its etcd has what it had",
                       first.request("GET", "/api/v1/namespaces/default/configmaps/mine", user=self.admin)[0] == 200)
        finally:
            first.stop()
            second.stop()

    def chosen_controllers(self):
        plane = self.plane(environment={"FAIRLEAD_ENVTEST_CONTROLLERS": "serviceaccount-controller"})
        try:
            plane.start()
            status = 0
            end = time.monotonic() + 20
            while status != 200 and time.monotonic() < end:
                status, _ = plane.request("GET", "/api/v1/namespaces/default/serviceaccounts/default", user=self.admin)
            self.check("FAIRLEAD_ENVTEST_CONTROLLERS names controllers that run", status == 200, status)
        finally:
            plane.stop()
        plane = self.plane(environment={"FAIRLEAD_ENVTEST_CONTROLLERS": "*,machines"})
        try:
            plane.start()
            labels = {"app": "web"}
            plane.request("POST", "/apis/apps/v1/namespaces/default/deployments", {"metadata": {"name": "web"}, "spec": {
                "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
                    "containers": [{"name": "c", "image": "nginx"}]}}}}, self.admin)
            ready, end = 0, time.monotonic() + 60
            while ready != 1 and time.monotonic() < end:
                _, body = plane.request("GET", "/apis/apps/v1/namespaces/default/deployments/web", user=self.admin)
                ready = body.get("status", {}).get("readyReplicas", 0)
            self.check("with `*,machines` a Deployment has a pod that is ready", ready == 1, body)
        finally:
            plane.stop()
        done = subprocess.run([os.path.join(self.assets, "kube-apiserver"), "--secure-port=1"], capture_output=True, text=True,
                              timeout=60, env=dict(os.environ, FAIRLEAD_ENVTEST_CONTROLLERS="nonsense"))
        self.check("an unknown name is refused", done.returncode != 0 and "nonsense" in done.stderr, done.stderr)

    def separate_values(self):
        """As jenvtest and kube-api-test start them: `--name value`, one RSA certificate for everything, its key for tokens, and a
        client whose certificate has signed itself."""
        folder = tempfile.mkdtemp(prefix="jenvtest-")
        data, wal = tempfile.mkdtemp(prefix="etcddata"), tempfile.mkdtemp(prefix="etcdwal")
        run = Authority(self.own, "unused").run
        run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "7", "-subj", "/CN=example.org", "-addext",
            "subjectAltName=IP:127.0.0.1,DNS:kubernetes", "-keyout", folder + "/apiserver.key8", "-out", folder + "/apiserver.crt")
        run("rsa", "-in", folder + "/apiserver.key8", "-traditional", "-out", folder + "/apiserver.key")
        with open(folder + "/plain.cnf", "w") as file:
            file.write("[req]\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\n[v3]\nsubjectKeyIdentifier=hash\n")
        run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "7", "-subj", "/O=system:masters/CN=jenvtest", "-config",
            folder + "/plain.cnf", "-keyout", folder + "/client.key", "-out", folder + "/client.crt")
        etcd_port, port, peer = free_port(), free_port(), free_port()
        log = open(folder + "/log", "w")
        etcd = subprocess.Popen([
            os.path.join(self.assets, "etcd"), "-data-dir", data, "-wal-dir", wal, "--listen-client-urls", f"http://0.0.0.0:{etcd_port}",
            "--advertise-client-urls", f"http://0.0.0.0:{etcd_port}", "--initial-cluster", f"default=http://localhost:{peer}",
            "--initial-advertise-peer-urls", f"http://localhost:{peer}", "--listen-peer-urls", f"http://localhost:{peer}"],
            stdout=log, stderr=log)
        time.sleep(0.5)
        server = subprocess.Popen([
            os.path.join(self.assets, "kube-apiserver"), "--cert-dir", folder, "--secure-port", str(port), "--etcd-servers",
            f"http://0.0.0.0:{etcd_port}", "--authorization-mode", "RBAC", "--service-account-issuer", "https://localhost",
            "--service-account-signing-key-file", folder + "/apiserver.key", "--service-account-signing-key-file",
            folder + "/apiserver.key", "--service-account-key-file", folder + "/apiserver.key", "--service-account-issuer",
            folder + "/apiserver.crt", "--disable-admission-plugins", "ServiceAccount", "--client-ca-file", folder + "/client.crt",
            "--service-cluster-ip-range", "10.0.0.0/24", "--allow-privileged"], stdout=log, stderr=log)
        try:
            answer, end = (0, ""), time.monotonic() + 20
            while answer[0] != 200 and time.monotonic() < end and server.poll() is None:
                answer = self.ask(port, "/readyz")
                time.sleep(0.05)
            self.check("jenvtest: /readyz", answer[0] == 200, (answer, open(folder + "/log").read()[-2000:]))
            answer = self.ask(port, "/api/v1/namespaces/default", (folder + "/client.crt", folder + "/client.key"))
            self.check("jenvtest: its client reads the namespace default", answer[0] == 200, answer)
            self.check("jenvtest: the data is in the folder of its etcd", os.path.exists(data + "/fairlead.db"), os.listdir(data))
        finally:
            for process in (server, etcd):  # as destroyForcibly does
                process.kill()
                process.wait()
            log.close()
            for one in (folder, data, wal):
                shutil.rmtree(one)

    def ask(self, port, path, user=None):
        context = ssl._create_unverified_context()
        if user:
            context.load_cert_chain(*user)
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)
        finally:
            connection.close()

    def orphans(self):
        """When the suite dies, what it has started ends."""
        code = ("import sys, subprocess, os\n"
                "for words in sys.argv[1:]: print(subprocess.Popen(words.split(' '), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,"
                " start_new_session=True).pid, flush=True)\n"
                "sys.stdin.read(1)\nos._exit(1)\n")
        folder = tempfile.mkdtemp(prefix="k8s_test_framework_")
        etcd_port, port = free_port(), free_port()
        suite = subprocess.Popen([sys.executable, "-c", code,
                                  f"{self.assets}/etcd --data-dir={folder} --listen-client-urls=http://127.0.0.1:{etcd_port}",
                                  f"{self.assets}/kube-apiserver --bind-address=127.0.0.1 --secure-port={port} --authorization-mode=RBAC "
                                  f"--cert-dir={folder} --etcd-servers=http://127.0.0.1:{etcd_port}"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        children = [int(suite.stdout.readline()) for _ in range(2)]
        end = time.monotonic() + 30
        while self.ask(port, "/readyz")[0] != 200 and time.monotonic() < end:
            time.sleep(0.05)
        self.check("both run", all(alive(pid) for pid in children))
        suite.kill()
        suite.wait()
        end = time.monotonic() + 20
        while any(alive(pid) for pid in children) and time.monotonic() < end:
            time.sleep(0.1)
        left = [pid for pid in children if alive(pid)]
        self.check("when the suite is killed, both end", not left, left)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder)

    def rounds(self, count, within):
        before = self.traces()
        times, stops = [], []
        for _ in range(count):
            plane = self.plane()
            try:
                times.append(plane.start())
            finally:
                stops.append(plane.stop())
        times.sort()
        print(f"     start to ready in TLS: {times[0] * 1000:.0f} to {times[-1] * 1000:.0f} ms, half within "
              f"{times[len(times) // 2] * 1000:.0f} ms; to stop at most {max(stops) * 1000:.0f} ms")
        # Others may use the machine, too: a quarter of the starts shows what they take.
        self.check(f"starts are ready within {within * 1000:.0f} ms", times[len(times) // 4] < within, times)
        after = self.traces()
        self.check(f"{count} rounds leave no process and no file", after == before, (after - before))

    def traces(self):
        """Processes of the assets, and files where a kit or a server might leave some."""
        found = set()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            if words[0].decode(errors="replace").startswith(self.assets):
                found.add(f"process {pid}")
        for folder in (tempfile.gettempdir(), os.environ["HOME"], self.assets, os.getcwd()):
            for base, folders, names in os.walk(folder):
                if base.count("/") - folder.count("/") > 2:
                    folders.clear()
                found.update(os.path.join(base, name) for name in names
                             if "fairlead" in name or "k8s_test_framework" in base or base.startswith(os.environ["HOME"]))
        return {name for name in found if not name.startswith(self.folder + "/authorities")}


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--within", type=float, default=0.2, help="seconds within which a server is ready")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fairlead-test-") as folder:
        # Nothing may be left in a home of its own.
        os.environ["HOME"] = os.path.join(folder, "home")
        os.makedirs(os.environ["HOME"])
        tempfile.tempdir = os.path.join(folder, "tmp")
        os.makedirs(tempfile.tempdir)
        os.environ["TMPDIR"] = tempfile.tempdir
        test = Envtest(arguments.binary, folder)
        test.prepare()
        test.contract()
        test.side_by_side()
        test.chosen_controllers()
        test.separate_values()
        test.orphans()
        test.rounds(arguments.rounds, arguments.within)
        return test.finish()


if __name__ == "__main__":
    sys.exit(main())
