import FairleadContainers
import FairleadModel
import FairleadShell
import Testing

/// The clients, on a network that reaches only itself.
struct NetworkTests {
    private static let own = IPAddress("10.1.0.5")

    /// A container with a server on port 80, echoes on 81, a server on 82 that closes, and names.
    private static func sandbox() throws -> (Sandbox, [any Listening]) {
        let own = try #require(Self.own)
        let network = LoopbackNetwork(addresses: [own], names: answer)
        let clock = SystemDelayClock()
        let sandbox = Sandbox(network: network, clock: clock)
        try sandbox.write(
            "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
            to: "/etc/resolv.conf")
        try sandbox.write("127.0.0.1\tlocalhost\n10.1.0.5\tweb-0.nginx\tweb-0\n", to: "/etc/hosts")
        let web = try network.listen(on: 80, address: nil) { connection in
            await WebServer.serve(connection, now: { Sandbox.start }) { respond($0) }
        }
        let echo = try network.listen(on: 81, address: nil) { connection in
            try? await connection.output.write("hello\n")  // The test sees what comes.
        }
        let silent = try network.listen(on: 82, address: nil) { $0.close() }
        let stuck = try network.listen(on: 83, address: nil) { _ in await clock.sleep(for: .seconds(100)) }
        let datagrams = try network.answerDatagrams(on: 81, address: nil) { bytes, _ in
            bytes.starts(with: "quiet".utf8) ? nil : Array("got ".utf8) + bytes
        }
        return (sandbox, [web, echo, silent, stuck, datagrams])
    }

    @Sendable private static func respond(_ request: WebRequest) -> WebResponse? {
        switch request.path {
        case "/": WebResponse(200, text: "welcome\n")
        case "/echo": WebResponse(200, text: "\(request.method) \(String(decoding: request.body, as: UTF8.self))\n")
        case "/header":
            WebResponse(200, text: "\(request.header("X-Test") ?? "none") \(request.header("Host") ?? "")\n")
        case "/agent": WebResponse(200, text: "\(request.header("User-Agent") ?? "")\n")
        case "/query": WebResponse(200, text: "\(request.parameter("msg") ?? "")\n")
        case "/redirect": WebResponse(302, headers: [("Location", "/")])
        case "/loop": WebResponse(302, headers: [("Location", "/loop")])
        default: WebResponse(404, text: "404 page not found\n")
        }
    }

    @Sendable private static func answer(_ question: NameQuestion) -> NameReply? {
        let name = question.name.lowercased()
        func record(_ type: String, _ data: String) -> NameReply {
            NameReply(status: "NOERROR", answers: [.init(name: name + ".", type: type, seconds: 30, data: data)])
        }
        switch (name, question.type) {
        case ("kubernetes.default.svc.cluster.local", "A"): return record("A", "10.1.0.5")
        case ("web.default.svc.cluster.local", "A"): return record("A", "10.1.0.5")
        case ("ext.default.svc.cluster.local", "CNAME"), ("ext.default.svc.cluster.local", "A"):
            return record("CNAME", "foo.example.com.")
        case ("_http._tcp.web.default.svc.cluster.local", "SRV"):
            return record("SRV", "0 100 80 web.default.svc.cluster.local.")
        case ("5.0.1.10.in-addr.arpa", "PTR"): return record("PTR", "web.default.svc.cluster.local.")
        case ("kubernetes.default.svc.cluster.local", _), ("web.default.svc.cluster.local", _):
            return NameReply(status: "NOERROR", answers: [])
        case ("dead.example.com", _): return nil
        default: return NameReply(status: "NXDOMAIN", answers: [])
        }
    }

    @Test(arguments: curls + wgets + netcats + names)
    func clientsWriteWhatTheyWriteInPods(row: Row) async throws {
        var (sandbox, listening) = try Self.sandbox()
        sandbox.input = row.input
        let outcome = await sandbox.run(row.command)
        #expect(outcome == row.expected, "\(outcome)")
        for one in listening { one.close() }
    }

    static let curls: [Row] = [
        Row("curl -s http://10.1.0.5/", "welcome\n"),
        Row("curl -g -q -s 10.1.0.5:80", "welcome\n"),
        Row("curl -s http://localhost/; curl -s http://web-0/; curl -s http://web", "welcome\nwelcome\nwelcome\n"),
        Row("curl -g -q -s -o /dev/null -w %{http_code} http://10.1.0.5:80/healthz", "404"),
        Row("curl -g -q -s -o /dev/null -w %{http_code} http://10.1.0.5:99/healthz", "000", code: 7),
        Row("curl -s http://10.1.0.5:99; echo $?", "7\n"),
        Row(
            "curl -sS http://10.1.0.5:99",
            errors: "curl: (7) Failed to connect to 10.1.0.5 port 99 after 0 ms: Could not connect to server\n", code: 7
        ),
        Row(
            "curl -sS http://nowhere.example.com", errors: "curl: (6) Could not resolve host: nowhere.example.com\n",
            code: 6),
        Row(
            "curl -sf http://10.1.0.5/none; echo $?; curl -sSf http://10.1.0.5/none", "22\n",
            errors: "curl: (22) The requested URL returned error: 404\n", code: 22),
        Row("curl -sS http://10.1.0.5:82", errors: "curl: (52) Empty reply from server\n", code: 52),
        Row("curl -sS http://10.1.0.5:81", errors: "curl: (1) Received HTTP/0.9 when not allowed\n", code: 1),
        Row("curl -s -m 0.05 http://10.1.0.5:83; echo $?", "28\n"),
        Row(
            "curl -s -X POST -d a=1 -d b=2 http://10.1.0.5/echo; curl -s --data-raw '@x' 10.1.0.5/echo",
            "POST a=1&b=2\nPOST @x\n"),
        Row(
            "echo filed > /tmp/b; curl -s -d @/tmp/b 10.1.0.5/echo; curl -s -X DELETE 10.1.0.5/echo; curl -sG -d msg=hi 10.1.0.5/query",
            "POST filed\nDELETE \nhi\n"),
        Row(
            "curl -s -H 'X-Test: yes' http://10.1.0.5/header; curl -s -H 'Host: foo' 10.1.0.5/header; curl -sA me 10.1.0.5/agent",
            "yes 10.1.0.5\nnone foo\nme\n"),
        Row(
            "curl -s http://10.1.0.5/redirect; curl -sL http://10.1.0.5/redirect; curl -sSL 10.1.0.5/loop; echo $?",
            "welcome\n47\n", errors: "curl: (47) Maximum (50) redirects followed\n"),
        Row(
            "curl -si http://10.1.0.5/redirect | head -2",
            "HTTP/1.1 302 Found\r\nLocation: /redirect\r\n".replacing("/redirect", with: "/")),
        Row("curl -sI http://10.1.0.5/ | head -1 | tr -d '\\r'", "HTTP/1.1 200 OK\n"),
        Row(
            "curl -s -o /tmp/page http://10.1.0.5/ && cat /tmp/page; cd /tmp; curl -sO 10.1.0.5/agent; cat agent",
            "welcome\ncurl/8.12.1\n"),
        Row(
            "curl -s http://10.1.0.5/ -w '%{http_code} %{size_download} %{remote_ip}:%{remote_port}\\n'",
            "welcome\n200 8 10.1.0.5:80\n"),
        Row("curl -s --resolve foo.test:80:10.1.0.5 http://foo.test/header", "none foo.test\n"),
        Row(
            "curl http://10.1.0.5/ 2>/dev/null; curl 10.1.0.5 2>&1 >/dev/null | head -1",
            "welcome\n  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"),
        Row(
            "curl; echo $?; curl ftp://x; curl --nonsense -s 10.1.0.5; curl -s 'http://a b/'; echo $?",
            "2\nwelcome\n3\n",
            errors: "curl: (2) no URL specified\ncurl: (1) Protocol \"ftp\" not supported\n"),
        Row(
            "curl -sv 10.1.0.5 2>&1 | grep -E '^[*>] ' | head -3",
            "*   Trying 10.1.0.5:80...\n* Connected to 10.1.0.5 (10.1.0.5) port 80\n> GET / HTTP/1.1\n"),
        Row("curl http://10.1.0.5:80/query?msg=poststart -s", "poststart\n"),
        Row(
            "for i in $(seq 0 2); do echo; curl -q -s --connect-timeout 2 --max-time 60 http://10.1.0.5:80/ ; done",
            "\nwelcome\n\nwelcome\n\nwelcome\n"),
    ]

    static let wgets: [Row] = [
        Row("wget -q -O - http://10.1.0.5", "welcome\n"),
        Row(
            "wget -qO- -T 1 http://10.1.0.5:99 2>&1 || true; echo",
            "wget: can't connect to remote host (10.1.0.5): Connection refused\n\n"),
        Row(
            "wget -T 60 -qO- http://10.1.0.5/none", errors: "wget: server returned error: HTTP/1.1 404 Not Found\n",
            code: 1),
        Row("wget -qO- http://nowhere.example.com", errors: "wget: bad address 'nowhere.example.com'\n", code: 1),
        Row("wget -q -O /tmp/i http://10.1.0.5/redirect; cat /tmp/i", "welcome\n"),
        Row(
            ["wget", "-O-", "--post-data={\"Source\": \"prestop\"}", "http://10.1.0.5/echo"],
            "POST {\"Source\": \"prestop\"}\n",
            errors:
                "Connecting to 10.1.0.5 (10.1.0.5:80)\nwriting to stdout\n-                    100% |********************************|    27  0:00:00 ETA\nwritten to stdout\n"
        ),
        Row(
            "cd /tmp; wget http://10.1.0.5/; cat index.html; wget -q http://10.1.0.5/; echo $?", "welcome\n1\n",
            errors:
                "Connecting to 10.1.0.5 (10.1.0.5:80)\nsaving to 'index.html'\nindex.html           100% |********************************|     8  0:00:00 ETA\n'index.html' saved\nwget: can't open 'index.html': File exists\n"
        ),
        Row(
            "wget -q --spider http://10.1.0.5/; echo $?; wget -q --spider http://10.1.0.5/none; echo $?", "0\n1\n",
            errors: "wget: server returned error: HTTP/1.1 404 Not Found\n"),
        Row("wget -q -O- -T 0.05 http://10.1.0.5:83", errors: "wget: download timed out\n", code: 1),
        Row("wget -qO- --header 'X-Test: w' http://10.1.0.5/header", "w 10.1.0.5\n"),
        Row("while sleep 0.01; do wget -q -O- http://web && break; done", "welcome\n"),
    ]

    static let netcats: [Row] = [
        Row("nc -zv 10.1.0.5 80; echo $?", "0\n", errors: "Connection to 10.1.0.5 80 port [tcp/*] succeeded!\n"),
        Row("nc -zv web 80", errors: "Connection to web (10.1.0.5) 80 port [tcp/*] succeeded!\n"),
        Row(
            "nc -zv 10.1.0.5 99", errors: "nc: connect to 10.1.0.5 port 99 (tcp) failed: Connection refused\n", code: 1),
        Row("nc -z 10.1.0.5 99; echo $?", "1\n"),
        Row(
            "echo hostName | nc -v -t -w 2 web 81", "hello\n",
            errors: "Connection to web (10.1.0.5) 81 port [tcp/*] succeeded!\n"),
        Row("printf 'GET /query?msg=raw HTTP/1.0\\r\\n\\r\\n' | nc -w 2 10.1.0.5 80 | tail -1", "raw\n"),
        Row("echo hostName | nc -w 2 10.1.0.5 80 | head -1 | tr -d '\\r'", "HTTP/1.1 400 Bad Request\n"),
        Row("echo hostName | nc -w 0.05 -u 10.1.0.5 81 | grep -v '^\\s*$'", "got hostName\n"),
        Row("echo quiet | nc -w 0.05 -u 10.1.0.5 81; echo $?", "0\n"),
        Row("echo x | nc -w 0.05 -u 10.1.0.5 99; echo $?", "1\n"),
        Row("(echo served | nc -l -p 8080) & sleep 1; nc -w 9 localhost 8080 < /dev/null; wait", "served\n"),
        Row(
            "nc; echo $?; nc localhost; nc localhost abc", "1\n",
            errors:
                "nc: usage: nc [-46klNnuvz] [-p source_port] [-s source] [-w timeout] [destination] [port]\nnc: missing port number\nnc: port number invalid: abc\n",
            code: 1),
        Row(
            "nc -lk -p 8090 -e echo hi & sleep 0.2; nc localhost 8090 </dev/null; nc localhost 8090 </dev/null; kill $!",
            "hi\nhi\n"),
    ]

    static let names: [Row] = [
        Row(
            "nslookup kubernetes.default",
            "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tkubernetes.default.svc.cluster.local\nAddress: 10.1.0.5\n\n"
        ),
        Row(
            "nslookup ext.default.svc.cluster.local | tail -2",
            "ext.default.svc.cluster.local\tcanonical name = foo.example.com\n\n"),
        Row(
            "nslookup myservice.default.svc.cluster.local; echo $?",
            "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n** server can't find myservice.default.svc.cluster.local: NXDOMAIN\n\n1\n"
        ),
        Row("nslookup 10.1.0.5 | tail -2", "5.0.1.10.in-addr.arpa\tname = web.default.svc.cluster.local\n\n"),
        Row(
            "nslookup -type=SRV _http._tcp.web.default.svc.cluster.local | tail -2",
            "_http._tcp.web.default.svc.cluster.local\tservice = 0 100 80 web.default.svc.cluster.local.\n\n"),
        Row("dig +short web.default.svc.cluster.local", "10.1.0.5\n"),
        Row(
            "dig +short ext.default.svc.cluster.local CNAME; dig +short nope.example.com A; echo $?",
            "foo.example.com.\n0\n"),
        Row(
            "check=\"$(dig +notcp +noall +answer +search kubernetes.default A)\" && test -n \"$check\" && echo OK",
            "OK\n"),
        Row("dig +tcp +noall +answer +search web SRV; dig +noall +answer web A", ""),
        Row(
            "dig +noall +answer web.default.svc.cluster.local A", "web.default.svc.cluster.local. 30\tIN\tA\t10.1.0.5\n"
        ),
        Row(
            "dig +short -x 10.1.0.5; dig +short @10.96.0.10 web.default.svc.cluster.local",
            "web.default.svc.cluster.local.\n10.1.0.5\n"),
        Row(
            "dig +short +tries=1 dead.example.com; echo $?",
            ";; communications error to 10.96.0.10#53: timed out\n;; no servers could be reached\n9\n"),
        Row(
            "dig web.default.svc.cluster.local | grep -E 'status|ANSWER SEC|IN'",
            ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: \n"
        ).masking(),
        Row(
            "getent hosts web-0; getent hosts web; getent hosts nope; echo $?",
            "10.1.0.5        web-0.nginx web-0\n10.1.0.5        web\n2\n"),
        Row(
            "host web; host nope.example.com; echo $?",
            "web.default.svc.cluster.local has address 10.1.0.5\nHost nope.example.com not found: 3(NXDOMAIN)\n1\n"),
        Row(
            "hostname -i; hostname -f; ip -4 addr show eth0 | grep inet | tail -1",
            "10.1.0.5\nweb-0.nginx\n    inet 10.1.0.5/24 scope global eth0\n"),
        Row("netstat -lnt | grep ':80 ' | awk '{print $6}'; ss -ltn | grep -c LISTEN", "LISTEN\n4\n"),
    ]
}

extension Row {
    /// Without the parts that are random: only the first word of each line counts.
    fileprivate func masking() -> Row {
        var row = self
        row.command = ["sh", "-c", (command.last ?? "") + " | cut -d, -f1-2 | head -1"]
        row.output = ";; ->>HEADER<<- opcode: QUERY, status: NOERROR\n"
        return row
    }
}
