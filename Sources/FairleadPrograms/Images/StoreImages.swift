import FairleadContainers
import FairleadModel

/// Databases, queues and other servers that are known by their start and their ports.
enum StoreImages {
    static var families: [ImageFamily] {
        [
            ImageFamily(redis("redis")), ImageFamily(redis("valkey")), ImageFamily(redis("gb-redis-follower")),
            ImageFamily(redis("gb-redisslave")), ImageFamily(redis("redis-stack")), ImageFamily(memcached),
            ImageFamily("mysql", "mysql-server") { sql($0, .mysql, "8.4.6") },
            ImageFamily("mariadb") { sql($0, .mariadb, "11.8.3") },
            ImageFamily("postgres") { sql($0, .postgres, "17.6") },
            ServerImages.one("/usr/bin/mongod", OtherStores.mongo, [27017], "mongo", "mongodb"),
            ServerImages.one("/docker-entrypoint.sh", OtherStores.zookeeper, [2181], "zookeeper"),
        ] + fixed
    }

    private static func redis(_ name: String) -> ImageRow {
        var row = ImageRow(name)
        row.entrypoint = ["docker-entrypoint.sh"]
        row.command = ["redis-server"]
        row.workingDirectory = "/data"
        row.ports = [6379]
        row.environment = [("REDIS_VERSION", RedisServer.version)]
        row.programs = [
            "/usr/local/bin/docker-entrypoint.sh": PassOn(fallback: ["redis-server"]),
            "/usr/local/bin/redis-server": RedisServer(), "/usr/local/bin/redis-cli": RedisClient(),
        ]
        row.directories = ["/data"]
        return row
    }

    private static var memcached: ImageRow {
        var row = ImageRow("memcached")
        row.entrypoint = ["docker-entrypoint.sh"]
        row.command = ["memcached"]
        row.user = "11211"
        row.ports = [11211]
        row.programs = [
            "/usr/local/bin/docker-entrypoint.sh": PassOn(fallback: ["memcached"]),
            "/usr/local/bin/memcached": MemcachedServer(),
        ]
        return row
    }

    private static func sql(_ reference: ImageReference, _ kind: SQLServer.Kind, _ version: String) -> ImageRow {
        var row = ImageRow(reference.name)
        let wanted = ServerImages.version(of: reference, parts: kind == .postgres ? 2 : 3, else: version)
        let server = SQLServer(kind: kind, version: wanted.hasSuffix(".0.0") ? version : wanted)
        let name = kind == .postgres ? "postgres" : kind == .mysql ? "mysqld" : "mariadbd"
        row.entrypoint = ["docker-entrypoint.sh"]
        row.command = [name]
        row.ports = [kind == .postgres ? 5432 : 3306]
        row.programs = [
            "/usr/local/bin/docker-entrypoint.sh": PassOn(fallback: [name]), "/usr/local/bin/\(name)": server,
        ]
        if kind == .postgres {
            row.environment = [("PGDATA", "/var/lib/postgresql/data")]
            row.programs["/usr/local/bin/pg_isready"] = DatabasePing(isPostgres: true)
        } else {
            row.programs["/usr/bin/mysqladmin"] = DatabasePing(isPostgres: false)
            row.programs["/usr/bin/mariadb-admin"] = DatabasePing(isPostgres: false)
        }
        return row
    }

    private static func page(_ status: Int, _ text: String, type: String = "text/html; charset=utf-8") -> WebResponse {
        WebResponse(status, text: text, type: type)
    }

    private static func redirect(_ location: String) -> WebResponse { .redirect(302, to: location) }

    private static func title(_ name: String) -> WebResponse {
        page(200, "<!DOCTYPE html>\n<html><head><title>\(name)</title></head><body><h1>\(name)</h1></body></html>\n")
    }

    private static func server(
        _ path: String, _ ports: [UInt16], _ banner: String, _ answers: [String: WebResponse],
        otherwise: WebResponse = .goNotFound, _ names: String...
    ) -> ImageFamily {
        var row = ImageRow(names[0])
        row.names = names
        row.entrypoint = [path]
        row.ports = ports
        row.programs = [path: OtherStores.fixed(ports, banner: banner, answers, otherwise: otherwise)]
        return ImageFamily(row)
    }

    private static var fixed: [ImageFamily] {
        let metrics = WebResponse(200, text: "", type: "text/plain; version=0.0.4")
        let ok = WebResponse(200, text: "ok")
        return [
            server(
                "/usr/bin/caddy", [80, 443, 2019], "{\"level\":\"info\",\"msg\":\"serving initial configuration\"}",
                ["/": title("Caddy works!")], "caddy"),
            server(
                "/usr/local/bin/docker-entrypoint.sh", [5672, 15672], "Server startup complete; 4 plugins started.",
                ["/": title("RabbitMQ Management")], "rabbitmq"),
            server(
                "/nats-server", [4222, 8222], "[1] [INF] Server is ready",
                ["/healthz": .json(200, "{\"status\":\"ok\"}"), "/": title("NATS")], "nats"),
            server(
                "/etc/kafka/docker/run", [9092], "[KafkaRaftServer nodeId=1] Kafka Server started", [:], "kafka",
                "cp-kafka"),
            server(
                "/usr/local/bin/docker-entrypoint.sh", [9200, 9300], "{\"message\":\"started\"}",
                ["/": .json(200, elasticsearch)], "elasticsearch", "opensearch"),
            server("/bin/consul", [8500, 8600], "==> Consul agent running!", ["/": redirect("/ui/")], "consul"),
            server(
                "/bin/vault", [8200], "==> Vault server started!",
                ["/": redirect("/ui/"), "/v1/sys/health": .json(200, "{\"initialized\":true,\"sealed\":false}")],
                "vault"),
            server(
                "/usr/bin/minio", [9000, 9001], "MinIO Object Storage Server",
                ["/minio/health/live": WebResponse(200), "/minio/health/ready": WebResponse(200)],
                otherwise: page(403, "<Error><Code>AccessDenied</Code></Error>", type: "application/xml"), "minio"),
            server(
                "/usr/local/bin/etcd", [2379, 2380], "{\"level\":\"info\",\"msg\":\"ready to serve client requests\"}",
                [
                    "/health": .json(200, "{\"health\":\"true\",\"reason\":\"\"}"),
                    "/version": .json(200, "{\"etcdserver\":\"3.6.8\",\"etcdcluster\":\"3.6.0\"}"), "/readyz": ok,
                    "/livez": ok,
                ], "etcd"),
            server(
                "/usr/local/bin/docker-entrypoint.sh", [80], "AH00094: Command line: 'apache2 -D FOREGROUND'",
                [
                    "/": redirect("/wp-admin/install.php"),
                    "/wp-admin/install.php": title("WordPress &rsaquo; Installation"),
                ], "wordpress"),
            server(
                "/usr/local/bin/jenkins.sh", [8080, 50000],
                "Jenkins initial setup is required. An admin user has been created and a password generated.",
                ["/login": title("Sign in - Jenkins")],
                otherwise: page(
                    403,
                    "<html><head><meta http-equiv='refresh' content='1;url=/login'/></head><body>Authentication "
                        + "required</body></html>\n"
                ),
                "jenkins/jenkins", "jenkins"),
            server("/usr/local/bin/ghost", [2368], "Ghost is running in production...", ["/": title("Ghost")], "ghost"),
            server(
                "/run.sh", [3000], "logger=http.server msg=\"HTTP Server Listen\" address=[::]:3000",
                [
                    "/": redirect("/login"), "/login": title("Grafana"),
                    "/api/health": .json(200, "{\n  \"database\": \"ok\"\n}"),
                ], "grafana"),
            server(
                "/bin/prometheus", [9090], "level=INFO msg=\"Server is ready to receive web requests.\"",
                [
                    "/": redirect("/graph"), "/graph": title("Prometheus"),
                    "/-/ready": .sniffed(200, "Prometheus Server is Ready.\n"),
                    "/-/healthy": .sniffed(200, "Prometheus Server is Healthy.\n"), "/metrics": metrics,
                ], "prom/prometheus", "prometheus"),
            server(
                "/bin/node_exporter", [9100], "level=INFO msg=\"Listening on\" address=[::]:9100",
                ["/": title("Node Exporter"), "/metrics": metrics], "node-exporter"),
            server(
                "/coredns", [9153, 8080, 8181],
                ".:53\n[INFO] plugin/reload: Running configuration SHA512 = 1\nCoreDNS-1.13.1\nlinux/amd64, "
                    + "go1.25.2, 1db4568",
                ["/health": .sniffed(200, "OK"), "/ready": .sniffed(200, "OK"), "/metrics": metrics], "coredns"),
            server(
                "/metrics-server", [10250, 4443], "Serving securely on [::]:10250", ["/livez": ok, "/readyz": ok],
                "metrics-server"),
            server(
                "/usr/local/bin/kube-proxy", [10249, 10256], "\"Using iptables Proxier\"",
                ["/healthz": ok, "/metrics": metrics], "kube-proxy"),
            server(
                "/nginx-ingress-controller", [80, 443, 10254], "NGINX Ingress controller", ["/healthz": ok],
                otherwise: page(
                    404,
                    "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not "
                        + "Found</h1></center>\r\n"
                        + "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", type: "text/html"),
                "ingress-nginx/controller"),
            server(
                "/bin/registry", [5000], "level=info msg=\"listening on [::]:5000\"",
                ["/v2/": .json(200, "{}"), "/": WebResponse(200)], "library/registry"),
            server(
                "/opt/productpage", [9080], "INFO:root:start at port 9080",
                ["/productpage": title("Simple Bookstore App"), "/health": .sniffed(200, "Product page is healthy")],
                otherwise: title("Simple Bookstore App"), "examples-bookinfo-productpage-v1"),
            server(
                "/opt/details", [9080], "INFO  WEBrick::HTTPServer#start: pid=1 port=9080",
                ["/health": .json(200, "{\"status\":\"Details is healthy\"}")],
                otherwise: .json(
                    200,
                    "{\"id\":0,\"author\":\"William Shakespeare\",\"year\":1595,\"type\":\"paperback\",\"pages\":200}"),
                "examples-bookinfo-details-v1"),
            server(
                "/opt/ratings", [9080], "Server listening on: http://0.0.0.0:9080",
                ["/health": .json(200, "{\"status\":\"Ratings is healthy\"}")],
                otherwise: .json(200, "{\"id\":0,\"ratings\":{\"Reviewer1\":5,\"Reviewer2\":4}}"),
                "examples-bookinfo-ratings-v1"),
            server(
                "/opt/reviews", [9080], "The defaultServer server is ready to run a smarter planet.",
                ["/health": .json(200, "{\"status\": \"Reviews is healthy\"}")],
                otherwise: .json(200, "{\"id\": \"0\",\"reviews\": []}"),
                "examples-bookinfo-reviews-v1", "examples-bookinfo-reviews-v2", "examples-bookinfo-reviews-v3"),
        ]
    }

    private static let elasticsearch =
        "{\n  \"name\" : \"simulated\",\n  \"cluster_name\" : \"docker-cluster\",\n  \"version\" : {\n    "
        + "\"number\" : \"8.19.3\"\n  },\n"
        + "  \"tagline\" : \"You Know, for Search\"\n}\n"
}
