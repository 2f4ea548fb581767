"""Programs that serve, reached through the API server's proxies, from other pods, by Services and by names."""
import json
import re
from concurrent.futures import ThreadPoolExecutor

from cluster import (AGNHOST, BUSYBOX, DNS_IMAGE, NAMESPACE, REGISTRY, Broken, agnhost, container, found, mount, pod,
                     port, service)
from outputs import EMPTY

DOMAIN = f"{NAMESPACE}.svc.cluster.local"


def deployment(name, replicas, *containers):
    labels = {"name": name}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {
        "replicas": replicas, "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"terminationGracePeriodSeconds": 0,
                                                              "containers": list(containers)}}}}


def deploy(cluster, name, replicas, *containers, wait=True):
    cluster.create("deployments", deployment(name, replicas, *containers))
    if wait:
        deployed(cluster, name, replicas)


def deployed(cluster, name, replicas):
    got = cluster.eventually(lambda: cluster.get("deployments", name).get("status", {}).get("availableReplicas"),
                             lambda n: n == replicas, 40, 0.3)
    if got != replicas:
        raise Broken(f"deployment {name}: {got} of {replicas} available")


# Programs by the pod proxy (1.4, 2) ---------------------------------------------------------------------------------

PROXIED = [  # pod:port, path, status, expected ("=" exact, pattern, or substring)
    ("web:8080", "/", 200, re.compile(r"^NOW: \d{4}-")),
    ("web:8080", "/no/such/path", 200, "NOW: "),
    ("web:8080", "/hostname", 200, "=web"),
    ("web:8080", "/hostName", 200, "=web"),
    ("web:8080", "/clientip", 200, re.compile(r"^[\d.]+:\d+$")),
    ("web:8080", "/serverport", 200, "=8080"),
    ("web:8080", "/header?key=User-Agent", 200, re.compile("")),
    ("web:8080", "/header", 200, re.compile(r'^\{.*"X-Forwarded-Host"', re.I | re.S)),
    ("web:8080", "/echo?msg=hello", 200, "=hello"),
    ("web:8080", "/echo?msg=gone&code=410", 410, "=gone"),
    ("web:8080", "/echo?msg=a&code=x", 200, "argument 'code' must be an integer or empty, got \"x\""),
    ("web:8080", "/dial?host=127.0.0.1&port=8080&request=hostname&protocol=http&tries=1", 200,
     '={"responses":["web"]}'),
    ("web:8080", "/dial?host=127.0.0.1&port=8081&request=hostname&protocol=udp&tries=1", 200, '={"responses":["web"]}'),
    ("web:8080", "/dial?host=127.0.0.1&port=9&request=hostname&protocol=http&tries=1", 200,
     re.compile('^{"errors":\\["')),
    ("web:8080", "/dial?host=127.0.0.1&port=8080", 400, "request parameter not specified"),
    ("web:8080", "/shell?shellCommand=echo%20hi%3B%20false", 200, re.compile(r'"error": ?"exit status 1"')),
    ("web:8080", "/shell?cmd=echo%20hi", 200, '={"output":"hi\\n"}'),
    ("web:8080", "/healthz", 200, "="),
    ("web:8080", "/readyz", 200, "=ok"),
    ("web", "/hostname", 200, "=web"),
    ("http:web:8080", "/hostname", 200, "=web"),
    ("deaf:8080", "/healthz", 412, ""),
    ("name:9376", "/", 200, "=name"),
    ("name:9376", "/anything", 200, "=name"),
    ("name", "/", 200, "=name"),
    ("files", "/localhost.crt", 200, "BEGIN CERTIFICATE"),
    ("files", "/results/file", 200, "=content"),
    ("files", "/none", 404, "404 page not found"),
    ("files", "/etc/", 200, "hosts"),
    ("nautilus", "/data.json", 200, re.compile(r'"image": "nautilus.jpg"')),
    ("kitten", "/data.json", 200, re.compile(r'"image": "kitten.jpg"')),
    ("porter:80", "/", 200, "=foo"),
    ("porter:80", "/any/path", 200, "=foo"),
    ("porter:81", "/", 200, f'<a href="/api/v1/namespaces/{NAMESPACE}/pods/porter:81/proxy/rewriteme">test</a>'),
    ("https:porter:443", "/", 200, "=tls baz"),
    ("porter:82", "/", 503, "error trying to reach service: dial tcp"),
    ("live", "/healthz", 200, "=ok"),
    ("live:8080", "/started", 200, re.compile(r"^[\d.]+m?s$")),
    ("live:8080", "/none", 404, ""),
    ("git:8000", "/", 200, "I am a fake git server"),
    ("grpc:8080", "/make-not-serving", 200, ""),
    ("nettest:8080", "/read", 200, '"Hostname"'),
    ("nettest:8080", "/status", 200, re.compile("pass|running|fail")),
    ("nginx:80", "/", 200, "Welcome to nginx"),
    ("https:hook:8444", "/readyz", 200, "=ok"),
    ("https:convert:9444", "/readyz", 200, "=ok"),
]


def programs(cluster):
    check = cluster.checks.check
    link = '<a href="/rewriteme">test</a>'
    certificate = ["--tls-cert-file=/localhost.crt", "--tls-private-key-file=/localhost.key"]

    def values(**ports):
        return [{"name": f"SERVE_{name}", "value": value} for name, value in ports.items()]

    cluster.start(
        pod("web", agnhost("netexec", ports=[{"containerPort": 8080}])), pod("deaf",
                                                                             agnhost("netexec", "--udp-port=-1")),
        pod("name", agnhost("serve-hostname", ports=[{"containerPort": 9376}])),
        pod("files",
            agnhost("test-webserver", volumeMounts=[mount("/results")]),
            container(BUSYBOX, ["sh", "-c", "echo -n content > /results/file; sleep 600"],
                      name="d",
                      volumeMounts=[mount("/results")]),
            volumes=[EMPTY]), pod("nautilus", container(REGISTRY + "nautilus:1.8", ports=[{"containerPort": 80}])),
        pod("kitten", container(REGISTRY + "kitten:1.8", ports=[{"containerPort": 80}])),
        pod("porter", agnhost("porter", env=values(PORT_80="foo", PORT_81=link, TLS_PORT_443="tls baz"))),
        pod("live", agnhost("liveness", ports=[{"containerPort": 8080}])), pod("git", agnhost("fake-gitserver")),
        pod("grpc", agnhost("grpc-health-checking", "--http-port", "8080")), pod("nettest", agnhost("nettest")),
        pod("nginx", container(REGISTRY + "nginx:1.15-4")),
        pod("hook", agnhost("webhook", *certificate, "-v=4", "--port=8444")),
        pod("convert", agnhost("crd-conversion-webhook", *certificate, "--port=9444")),
        pod("agnhost", agnhost("porter", "--json-response", env=values(PORT_80="foo"))))
    for target, path, wanted, expected in PROXIED:
        status, _, text = cluster.proxied(target, path)
        holds = text == expected[1:] if isinstance(expected,
                                                   str) and expected.startswith("=") else not found(text, [expected])
        check(f"proxy: {target}{path}", status == wanted and holds, f"{status} {text!r}, not {wanted} {expected}")
    for method in ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"):
        for kind, what in (("pods", "agnhost"),):
            status, _, text = cluster.proxied(what, f"/some/path/with/{method}", method)
            told = json.loads(text or "{}")
            check(f"proxy: {method} to a path", status == 200
                  and (method == "HEAD" or told == {"Method": method, "Body": "foo"}), (status, text))
            status, head, text = cluster.proxied(what, f"?method={method}", method)
            if method in ("GET", "HEAD"):
                check(f"proxy: {method} without a path", status == 301 and head.get("location", "").endswith(
                    f"/pods/agnhost/proxy/?method={method}"), (status, head))
            else:
                check(f"proxy: {method} without a path", status == 200
                      and json.loads(text) == {"Method": method, "Body": "foo"}, (status, text))
    status, head, text = cluster.proxied("web:8080", "/redirect?location=/hostname")
    check("proxy: a redirect", status == 302 and head.get("location", "").endswith("/pods/web:8080/proxy/hostname"),
          head)
    review = {
        "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {
            "uid": "u-1", "kind": {"group": "", "version": "v1", "kind": "ConfigMap"}, "operation": "CREATE",
            "resource": {"group": "", "version": "v1", "resource": "configmaps"}, "object": {
                "kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "x"}, "data": {"mutation-start": "yes"}
            }
        }
    }
    status, _, text = cluster.proxied("https:hook:8444", "/always-deny", "POST", json.dumps(review),
                                      headers={"Content-Type": "application/json"})
    told = json.loads(text).get("response", {}) if status == 200 else {}
    check("webhook: /always-deny", told.get("allowed") is False and told.get("uid") == "u-1"
          and told["status"]["message"] == "this webhook denies all requests", (status, text))
    status, _, text = cluster.proxied("https:hook:8444", "/mutating-configmaps", "POST", json.dumps(review),
                                      headers={"Content-Type": "application/json"})
    told = json.loads(text).get("response", {}) if status == 200 else {}
    check("webhook: /mutating-configmaps", told.get("allowed") is True and told.get("patchType") == "JSONPatch"
          and told.get("patch"), (status, text))
    conversion = {
        "kind": "ConversionReview", "apiVersion": "apiextensions.k8s.io/v1", "request": {
            "uid": "u-2", "desiredAPIVersion": "stable.example.com/v2", "objects": [{
                "apiVersion": "stable.example.com/v1", "kind": "E2e", "metadata": {"name": "x"},
                "hostPort": "localhost:8080"
            }]
        }
    }
    status, _, text = cluster.proxied("https:convert:9444", "/crdconvert", "POST", json.dumps(conversion),
                                      headers={"Content-Type": "application/json"})
    told = json.loads(text).get("response", {}).get("convertedObjects", [{}])[0] if status == 200 else {}
    check("webhook: /crdconvert", (told.get("host"), told.get("port")) == ("localhost", "8080"), (status, text))
    boundary = "xyz"
    form = (f"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nhello\r\n"
            f"--{boundary}--\r\n")
    status, _, text = cluster.proxied("web:8080", "/upload", "POST", form,
                                      headers={"Content-Type": f"multipart/form-data; boundary={boundary}"})
    check("netexec: /upload", status == 201 and '"output":"/uploads/' in text, (status, text))
    log = cluster.log("web")
    for line in ("GET /echo?msg=hello", "GET /hostName", "GET /clientip", "GET /shell?cmd="):
        check(f"netexec logs {line}", line in log, log[-300:])
    cluster.proxied("web:8080", "/exit?code=3&timeout=0&wait=0")
    again = cluster.wait("web", lambda p: p["status"]["containerStatuses"][0]["restartCount"] == 1, 10)
    last = again["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"]
    check("netexec: /exit", last == 3, last)


def service_proxy(cluster):
    check = cluster.checks.check
    env = {"PORT_80": '<a href="/rewriteme">test</a>', "PORT_1080": '<a href="/rewriteme">test</a>', "PORT_160": "foo",
           "PORT_162": "bar", "TLS_PORT_443": '<a href="/tlsrewriteme">test</a>', "TLS_PORT_460": "tls baz",
           "TLS_PORT_462": "tls qux"}
    name = "proxy-service"
    cluster.create("services", service(name, [
        port(80, "dest1", "portname1"), port(81, 162, "portname2"), port(443, "tlsdest1", "tlsportname1"),
        port(444, 462, "tlsportname2")], {"name": "porter-d"}))
    deploy(cluster, "porter-d", 1, agnhost(
        "porter", env=[{"name": f"SERVE_{k}", "value": v} for k, v in env.items()],
        ports=[{"name": "dest1", "containerPort": 160}, {"name": "tlsdest1", "containerPort": 460}],
        readinessProbe={"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1}))
    target = next(n for n in cluster.pods if n.startswith("porter-d"))
    base = f"/api/v1/namespaces/{NAMESPACE}"

    def link(kind, what, tls=""):
        return f'<a href="{base}/{kind}/{what}/proxy/{tls}rewriteme">test</a>'

    rows = [("services", f"{name}:portname1", "foo"), ("services", f"http:{name}:portname1", "foo"),
            ("services", f"{name}:portname2", "bar"), ("services", f"{name}:80", "foo"),
            ("services", f"{name}:81", "bar"), ("services", f"https:{name}:443", "tls baz"),
            ("services", f"https:{name}:tlsportname1", "tls baz"), ("services", f"https:{name}:444", "tls qux"),
            ("pods", f"{target}:1080", link("pods", f"{target}:1080")), ("pods", f"{target}:160", "foo"),
            ("pods", f"http:{target}:162", "bar"), ("pods", f"https:{target}:460", "tls baz"),
            ("pods", f"http:{target}:1080", link("pods", f"http:{target}:1080")), ("pods", target, "foo"),
            ("pods", f"https:{target}:443", link("pods", f"https:{target}:443", "tls"))]
    cluster.eventually(lambda: cluster.proxied(f"{name}:80", "/", kind="services")[0], lambda s: s == 200, 20, 0.2)
    with ThreadPoolExecutor(8) as pool:
        for kind, what, wanted in rows:
            answers = list(pool.map(lambda _: cluster.proxied(what, "/", kind=kind)[::2], range(8)))
            check(f"proxy: {kind} {what.replace(target, 'POD')} ×8", answers == [(200, wanted)] * 8, answers[0])
    status, _, text = cluster.proxied(f"{name}:99", "/", kind="services")
    check("proxy: an unknown port", status == 503 and f'no service port 99 found for service \\"{name}\\"' in text,
          text)
    cluster.create("services", service("nobody", [port(80)], {"name": "nobody"}))
    status, _, text = cluster.eventually(lambda: cluster.proxied("nobody", "/", kind="services"), lambda r: r[0] == 503)
    check("proxy: no endpoints", status == 503 and 'no endpoints available for service \\"nobody\\"' in text, text)


def guestbook(cluster):
    check = cluster.checks.check
    for name, number, target in (("agnhost-replica", 6379, 6379), ("agnhost-primary", 6379, 6379), ("frontend", 80,
                                                                                                    80)):
        cluster.create("services", service(name, [port(number, target)], {"name": name}))
    for name, count, args in (("frontend", 3, ["guestbook", "--backend-port",
                                               "6379"]), ("agnhost-primary", 1, ["guestbook", "--http-port", "6379"]),
                              ("agnhost-replica", 2,
                               ["guestbook", "--replicaof", "agnhost-primary", "--http-port", "6379"])):
        deploy(cluster,
               name,
               count,
               agnhost(*args, ports=[{"containerPort": 80 if name == "frontend" else 6379}]),
               wait=False)
    for name, count in (("frontend", 3), ("agnhost-primary", 1), ("agnhost-replica", 2)):
        deployed(cluster, name, count)

    def ask(query):
        return cluster.proxied("frontend", f"/guestbook?{query}", kind="services")[2]

    empty = cluster.eventually(lambda: ask("cmd=get&key=messages&value="), lambda t: t == '{"data":""}', 20)
    check("guestbook: empty", empty == '{"data":""}', empty)
    told = cluster.eventually(lambda: ask("cmd=set&key=messages&value=TestEntry"),
                              lambda t: t == '{"message":"Updated"}', 20)
    check("guestbook: set", told == '{"message":"Updated"}', told)
    told = cluster.eventually(lambda: ask("cmd=get&key=messages&value="), lambda t: t == '{"data":"TestEntry"}', 20)
    check("guestbook: get", told == '{"data":"TestEntry"}', told)
    for name in ("frontend", "agnhost-primary", "agnhost-replica"):
        cluster.delete("deployments", name)


# Services from pods (6.2 to 6.4) ------------------------------------------------------------------------------------

def node_addresses(cluster):
    return {n["metadata"]["name"]: next(a["address"] for a in n["status"]["addresses"] if a["type"] == "InternalIP")
            for n in cluster.call("GET", "/api/v1/nodes")[1]["items"]}


def services(cluster):
    if not cluster.has_kubectl:
        return
    check = cluster.checks.check
    nodes = node_addresses(cluster)
    cluster.start(pod("execpod", agnhost("pause")),
                  pod("hostpod", agnhost("pause"), hostNetwork=True, nodeName="node-1"),
                  wait=False)
    made = {}
    for name, ports, selector, spec in (
            ("web-basic", [port(80, 80)], "one", {}),
            ("multi", [port(80, "portname1", "p1"), port(81, "portname2", "p2")], "multi", {}),
            ("nodes", [port(80, 9376)], "tcp", {"type": "NodePort"}),
            ("sticky", [port(80, 9376)], "host", {"sessionAffinity": "ClientIP"}),
            ("loose", [port(80, 9376)], "host", {"type": "NodePort"}),
            ("both", [port(80, 80, "tcp-port"), port(80, 80, "udp-port", "UDP")], "both", {}),
            ("empty", [port(80, 80)], "empty", {}),
            ("local", [port(80, 8080)], "far", {"internalTrafficPolicy": "Local"}),
            ("echo", [port(80, 8080)], "far", {"type": "NodePort"}),
            ("by-slice", [port(80, 8090, "port80"), port(81, 9090, "port81")], None, {})):
        made[name] = cluster.create("services", service(name, ports, selector and {"app": selector}, **spec))
    made["external"] = cluster.create("services", service("external", None, type="ExternalName",
                                                          externalName=f"web-basic.{DOMAIN}"))
    ready = {"readinessProbe": {"httpGet": {"path": "/hostName", "port": 8083}, "periodSeconds": 1}}
    cluster.start(
        pod("pod-one", agnhost("netexec", "--http-port", "80"), labels={"app": "one"}),
        pod("pod-m1",
            agnhost("netexec", "--http-port", "100", ports=[{"name": "portname1", "containerPort": 100}]),
            labels={"app": "multi"}),
        pod("pod-m2",
            agnhost("netexec", "--http-port", "101", ports=[{"name": "portname2", "containerPort": 101}]),
            labels={"app": "multi"}), *[
                pod(f"pod-tcp{i}", agnhost("serve-hostname", "--http=false", "--tcp", "--udp"), labels={"app": "tcp"})
                for i in (1, 2)
            ], *[pod(f"pod-host{i}", agnhost("serve-hostname"), labels={"app": "host"}) for i in (1, 2, 3)],
        pod("pod-both", agnhost("netexec", "--http-port", "80", "--udp-port", "80"), labels={"app": "both"}),
        pod("far", agnhost("netexec"), nodeName="node-2", labels={"app": "far"}),
        pod("netserver-0", agnhost("netexec", "--http-port=8083", "--udp-port=8081", **ready), nodeName="node-1"),
        pod("netserver-1", agnhost("netexec", "--http-port=8083", "--udp-port=8081", **ready), nodeName="node-2"),
        pod("netserver-2", agnhost("netexec", "--http-port=8083", "--udp-port=8081", **ready), nodeName="node-3"),
        pod("test-container-pod", agnhost("netexec", "--http-port=9080")),
        pod("sliced", agnhost("netexec", "--http-port=8090", "--udp-port=-1", name="a"),
            agnhost("netexec", "--http-port=9090", "--udp-port=-1", name="b")))
    cluster.ready("execpod"), cluster.ready("hostpod")
    address = {name: one["status"].get("podIP") for name, one in cluster.pods.items() if one["status"].get("podIP")}
    ip = {name: one["spec"].get("clusterIP") for name, one in made.items()}
    node_port = {
        name: one["spec"]["ports"][0].get("nodePort") for name, one in made.items() if one["spec"].get("ports")
    }
    for number, name in ((8090, "port80"), (9090, "port81")):
        cluster.create(
            "endpointslices", {
                "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "metadata": {
                    "name": f"by-slice-{number}", "labels": {
                        "kubernetes.io/service-name": "by-slice", "endpointslice.kubernetes.io/managed-by": "e2e-test"
                    }
                }, "endpoints": [{"addresses": [address["sliced"]]}],
                "ports": [{"name": name, "port": number, "protocol": "TCP"}]
            })
    reach = "echo hostName | nc -v -t -w 2 {} {}"
    reach_udp = "echo hostName | nc -v -u -w 2 {} {}"
    dial = (f"curl -g -q -s 'http://{address['test-container-pod']}:9080/dial"
            "?request=hostname&protocol={}&host={}&port={}&tries=1'")
    rows = [  # from, line, exit code, expected
        ("execpod", reach.format("web-basic", 80), 0, "400 Bad Request"),
        ("execpod", reach.format(ip["web-basic"], 80), 0, "400 Bad Request"),
        ("execpod", f"curl -q -s --max-time 30 {ip['web-basic']}:80/hostname", 0, "=pod-one"),
        ("execpod", f"curl -q -s {ip['multi']}:80/hostname; echo; curl -q -s multi:81/hostname", 0, "=pod-m1\npod-m2"),
        ("execpod", reach.format("nodes", 80), 0, re.compile("^pod-tcp[12]$")),
        ("execpod", reach.format(ip["nodes"], 80), 0, re.compile("^pod-tcp[12]$")),
        *[("execpod", reach.format(nodes[n], node_port["nodes"]), 0, re.compile("^pod-tcp[12]$"))
          for n in ("node-1", "node-2")],
        ("hostpod", reach.format(nodes["node-3"], node_port["nodes"]), 0, re.compile("^pod-tcp[12]$")),
        ("execpod", reach.format("both", 80), 0, "400 Bad Request"),
        ("execpod", reach_udp.format("both", 80), 0, "=pod-both"),
        ("execpod", reach_udp.format(ip["both"], 80), 0, "=pod-both"),
        ("execpod", reach_udp.format(address["pod-tcp1"], 9376), 0, "=pod-tcp1"),
        ("execpod", f"/agnhost connect --timeout=3s {ip['empty']}:80", 1, "!REFUSED"),
        ("hostpod", f"curl -s --connect-timeout 1 {ip['local']}:80", 28, "="),
        ("far", f"curl -s --connect-timeout 1 {ip['local']}:80/hostname", 0, "=far"),
        ("execpod", f"nslookup external.{DOMAIN}", 0, ip["web-basic"]),
        ("execpod", reach.format("external", 80), 0, "400 Bad Request"),
        ("execpod", f"curl -q -s --max-time 30 {ip['by-slice']}:80/hostname; curl -q -s by-slice:81/hostname", 0,
         "=slicedsliced"),
        ("execpod", f"curl -q -s --connect-timeout 30 {ip['echo']}:80/clientip", 0,
         re.compile(rf"^{re.escape(address['execpod'])}:\d+$")),
        ("execpod", f"curl -q -s {address['far']}:8080/clientip", 0,
         re.compile(rf"^{re.escape(address['execpod'])}:\d+$")),
        ("hostpod", f"curl -q -s {address['far']}:8080/clientip", 0,
         re.compile(rf"^{re.escape(nodes['node-1'])}:\d+$")),
        ("far", f"curl -q -s --max-time 5 {ip['echo']}:80/hostname", 0, "=far"),
        *[("test-container-pod", dial.format(protocol, address[f"netserver-{i}"],
                                             number), 0, f'={{"responses":["netserver-{i}"]}}')
          for protocol, number in (("http", 8083), ("udp", 8081)) for i in (0, 1, 2)],
        *[("hostpod",
           f"curl -g -q -s --max-time 15 --connect-timeout 1 http://{address[f'netserver-{i}']}:8083/hostName "
           "| grep -v '^\\s*$'", 0, f"=netserver-{i}") for i in (0, 1)],
        *[("hostpod", f"echo hostName | nc -w 1 -u {address[f'netserver-{i}']} 8081 | grep -v '^\\s*$'", 0,
           f"=netserver-{i}") for i in (0, 1)],
        ("execpod", "wget -q -O - -T 1 http://loose 2>&1 || true; echo", 0, re.compile("^pod-host[123]$")),
        ("hostpod", "cat /etc/hostname; hostname", 0, "node-1"),
    ]
    names = {v: k for k, v in [*address.items(), *ip.items(), *nodes.items()] if v}

    def one(row):
        source, line, wanted, expected = row
        code, out, err = cluster.shell(source, line)
        if expected is not None and isinstance(expected, str) and expected.startswith("!"):
            out, expected = out + err, expected[1:]
        holds = out.strip() == expected[1:] if isinstance(expected, str) and expected.startswith("=") \
            else not found(out.strip(), [expected])
        claim = re.sub(r"\d+\.\d+\.\d+\.\d+", lambda m: names.get(m[0], m[0]), line)
        claim = re.sub(r"\b3\d{4}\b", "NODEPORT", claim)
        detail = f"exit {code}, {out!r} {err[-300:]!r}, not {wanted} {expected}"
        return f"from {source}: {claim}", code == wanted and holds, detail

    with ThreadPoolExecutor(4) as pool:
        for claim, holds, detail in pool.map(one, rows):
            check(claim, holds, detail)

    # Affinity, by cluster IP and node port.
    def names_by(host, number):
        line = (f"for i in $(seq 0 15); do echo; "
                f"curl -q -s --connect-timeout 2 --max-time 60 http://{host}:{number}/ ; done")
        return cluster.shell("execpod", line)[1].split()[1:]

    for claim, host, number in (("cluster IP", ip["sticky"], 80), ("node port", nodes["node-1"], node_port["loose"])):
        name = "sticky" if claim == "cluster IP" else "loose"
        cluster.patch("services", name, {"spec": {"sessionAffinity": "ClientIP"}})
        same = cluster.eventually(lambda: names_by(host, number), lambda n: len(n) == 15 and len(set(n)) == 1, 10)
        check(f"affinity by {claim} holds", len(same) == 15 and len(set(same)) == 1, same)
        cluster.patch("services", name, {"spec": {"sessionAffinity": "None"}})
        many = cluster.eventually(lambda: names_by(host, number), lambda n: len(set(n)) > 1, 10)
        check(f"affinity by {claim} is off", len(many) == 15 and len(set(many)) > 1, many)

    # Changes: a protocol goes, an endpoint goes, a Service goes.
    cluster.patch("services", "both", {"spec": {"ports": [port(80, 80, "tcp-port")]}})
    silent = cluster.eventually(lambda: cluster.shell("execpod", "echo hostName | nc -v -u -w 1 both 80")[1].strip(),
                                lambda t: t == "", 10)
    check("UDP of a Service that has only TCP now", silent == "", silent)
    cluster.delete("pods", "pod-one", 0)
    refused = cluster.eventually(
        lambda: cluster.shell("execpod", f"/agnhost connect --timeout=2s {ip['web-basic']}:80"), lambda r: r[0] == 1,
        10)
    check("the last endpoint has gone", refused[0] == 1 and "REFUSED" in refused[2], refused)
    cluster.delete("services", "multi")
    gone = cluster.eventually(
        lambda: cluster.shell("execpod",
                              f"curl -g -s --connect-timeout 2 http://{ip['multi']}:80 && echo service-down-failed"),
        lambda r: r[0], 10)
    check("a Service that has gone", gone[0] != 0 and "service-down-failed" not in gone[1], gone)
    # ExternalName turns into ClusterIP.
    status, answer = cluster.patch("services", "external", {"spec": {
        "type": "ClusterIP", "externalName": None, "selector": {"app": "tcp"}, "ports": [port(80, 9376)]}})
    told = cluster.eventually(lambda: cluster.shell("execpod", reach.format("external", 80)),
                              lambda r: "pod-tcp" in r[1], 15)
    check("an ExternalName becomes a ClusterIP", status == 200 and "pod-tcp" in told[1], (answer.get("message"), told))


def host_ports(cluster):
    if not cluster.has_kubectl:
        return
    check = cluster.checks.check
    node = node_addresses(cluster)["node-2"]

    def one(name, address, protocol, *args):
        return pod(name, agnhost("netexec", *args, ports=[
            {"hostPort": 54323, "containerPort": 8080, "protocol": protocol, "hostIP": address}],
            readinessProbe={"httpGet": {"path": "/hostname", "port": 8008 if args else 8080}, "periodSeconds": 1}),
            nodeName="node-2")

    cluster.start(one("hport1", "127.0.0.1", "TCP"), one("hport2", node, "TCP"),
                  one("hport3", node, "UDP", "--http-port=8008", "--udp-port=8080"),
                  pod("e2e-host-exec", agnhost("pause"), hostNetwork=True, nodeName="node-2"))
    for line, wanted in ((f"curl -g --connect-timeout 5 --interface {node} http://127.0.0.1:54323/hostname", "hport1"),
                         (f"curl -g --connect-timeout 5 http://{node}:54323/hostname", "hport2"),
                         (f"echo hostname | nc -u -w 5 {node} 54323", "hport3")):
        code, out, err = cluster.shell("e2e-host-exec", line)
        check(f"host port: {line.replace(node, 'NODE')}", code == 0 and out.strip() == wanted, (code, out, err))
    # Two host-network programs want the same port of their node.
    cluster.start(pod("claims-1", agnhost("netexec", "--http-port=9099"), hostNetwork=True, nodeName="node-2"))
    cluster.start(pod("claims-2", agnhost("netexec", "--http-port=9099"), hostNetwork=True, nodeName="node-2",
                      restartPolicy="Never"), wait=False)
    lost = cluster.ended("claims-2", 20)
    check("a port of the node is taken", lost["status"]["phase"] == "Failed"
          and "address already in use" in cluster.log("claims-2"), (lost["status"], cluster.log("claims-2")))


# DNS (6.5) ----------------------------------------------------------------------------------------------------------

def dns(cluster):
    check = cluster.checks.check
    labels = {"dns-test": "true"}
    cluster.create("services", service("dns-test-service", [port(80, None, "http")], labels, clusterIP="None"))
    normal = cluster.create("services", service("test-service-2", [port(80, None, "http")],
                                                labels))["spec"]["clusterIP"]
    cluster.create("services",
                   service("dns-test-service-2", [port(80, None, "http")], {"dns-test": "hostname"}, clusterIP="None"))
    cluster.create("services", service("dns-test-service-3", None, type="ExternalName", externalName="foo.example.com"))
    reverse = ".".join(reversed(normal.split("."))) + ".in-addr.arpa."
    names = [("kubernetes.default.svc.cluster.local", "A"), (f"dns-test-service.{DOMAIN}", "A"),
             ("dns-test-service", "A"), (f"dns-test-service.{NAMESPACE}", "A"),
             (f"dns-test-service.{NAMESPACE}.svc", "A"), (f"_http._tcp.dns-test-service.{DOMAIN}", "SRV"),
             (f"_http._tcp.test-service-2.{DOMAIN}", "SRV"), (f"_http._tcp.dns-test-service.{NAMESPACE}.svc", "SRV"),
             (f"dns-querier-2.dns-test-service-2.{DOMAIN}", "A"), (f"dns-test-service-2.{DOMAIN}", "A")]
    hosts = [f"dns-querier-2.dns-test-service-2.{DOMAIN}", "dns-querier-2"]

    def loop(prefix):
        parts = []
        for name, kind in names:
            for flag, word in (("+notcp", "udp"), ("+tcp", "tcp")):
                parts.append(f'check="$$(dig {flag} +noall +answer +search {name} {kind})" && test -n "$$check" '
                             f"&& echo OK > /results/{prefix}_{word}@{name}")
        for flag, word in (("+notcp", "udp"), ("+tcp", "tcp")):
            parts.append(f'check="$$(dig {flag} +noall +answer +search {reverse} PTR)" && test -n "$$check" '
                         f"&& echo OK > /results/{normal}_{word}@PTR")
        for name in hosts:
            parts.append(f'test -n "$$(getent hosts {name})" && echo OK > /results/{prefix}_hosts@{name}')
        return "for i in `seq 1 600`; do " + ";".join(parts) + ";sleep 1; done"

    short = "for i in `seq 1 30`; do dig +short dns-test-service-3.%s %s > /results/%s; sleep 1; done"
    mounts = {"volumeMounts": [mount("/results")]}

    def querier(image, name, script):
        return container(image, ["sh", "-c", script], name=name, **mounts)

    cluster.start(
        pod("dns-test", agnhost("test-webserver", name="webserver", ports=[{"containerPort": 80}], **mounts),
            querier(AGNHOST, "querier", loop("agnhost")), querier(DNS_IMAGE, "jessie-querier", loop("jessie")),
            labels={**labels}, volumes=[EMPTY]),
        pod("dns-named", agnhost("test-webserver", name="webserver", **mounts),
            querier(AGNHOST, "querier", loop("agnhost")), querier(DNS_IMAGE, "jessie-querier", loop("jessie")),
            labels={"dns-test": "hostname"}, hostname="dns-querier-2", subdomain="dns-test-service-2", volumes=[EMPTY]),
        pod("dns-external", agnhost("test-webserver", name="webserver", **mounts),
            querier(AGNHOST, "querier", short % (DOMAIN, "CNAME", "agnhost")),
            querier(DNS_IMAGE, "jessie-querier", short % (DOMAIN, "CNAME", "jessie")),
            querier(DNS_IMAGE, "a-querier", short % (DOMAIN, "A", "a")), volumes=[EMPTY]))

    def result(where, file, wanted=None, claim=None):
        holds = (lambda r: r[0] == 200) if wanted is None else (lambda r: r[0] == 200 and r[2].strip() == wanted)
        got = cluster.eventually(lambda: cluster.proxied(where, f"/results/{file}"), holds, 20)
        check(claim or f"dns: {file.replace(normal, 'IP')}", holds(got), got[::2])

    for prefix in ("agnhost", "jessie"):
        for name, _ in names:
            for word in ("udp", "tcp"):
                result("dns-test", f"{prefix}_{word}@{name}")
        for name in hosts:
            result("dns-named", f"{prefix}_hosts@{name}")
    result("dns-test", f"{normal}_udp@PTR")
    result("dns-test", f"{normal}_tcp@PTR")
    for value in ("foo", "bar"):
        cluster.patch("services", "dns-test-service-3", {"spec": {"externalName": f"{value}.example.com"}})
        for prefix in ("agnhost", "jessie"):
            result("dns-external", prefix, f"{value}.example.com.", f"dns: {prefix} CNAME {value}")
    status, now = cluster.patch("services", "dns-test-service-3", {"spec": {
        "type": "ClusterIP", "externalName": None, "ports": [port(80, None, "http")]}})
    check("dns: ExternalName becomes ClusterIP", status == 200, now)
    result("dns-external", "a", now.get("spec", {}).get("clusterIP"), "dns: A of the new ClusterIP")
    if not cluster.has_kubectl:
        return
    podded = cluster.pods["dns-test"]["status"]["podIP"].replace(".", "-")
    for line, wanted in ((f"dig +short {podded}.{NAMESPACE}.pod.cluster.local",
                          cluster.pods["dns-test"]["status"]["podIP"]), (f"dig +short -x {normal}",
                                                                         f"test-service-2.{DOMAIN}."),
                         (f"dig +short _http._tcp.test-service-2.{DOMAIN} SRV",
                          f"0 100 80 test-service-2.{DOMAIN}."), ("getent hosts kubernetes.default", "10.96.0.1"),
                         ("dig @10.96.0.10 +short kubernetes.default.svc.cluster.local",
                          "10.96.0.1"), ("getent hosts no-such-name.invalid; echo $?", "2")):
        code, out, err = cluster.shell("dns-test", line, "querier")
        check(f"dns: {line.replace(podded, 'IP').replace(normal, 'IP')}", code == 0 and wanted in out, (code, out, err))


CHAPTERS = [("programs", programs), ("proxy", service_proxy), ("guestbook", guestbook), ("services", services),
            ("hostports", host_ports), ("dns", dns)]
