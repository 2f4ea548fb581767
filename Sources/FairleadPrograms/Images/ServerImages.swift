import FairleadContainers
import FairleadModel

/// Web servers and echo servers.
enum ServerImages {
    static var families: [ImageFamily] {
        [
            ImageFamily("nginx", "my-nginx", "nginxhttps", "nginx-unprivileged", "nginx-slim", "bitnami/nginx") {
                nginx($0)
            },
            ImageFamily("httpd", "bitnami/apache") { httpd($0) }, ImageFamily("kubernetes-bootcamp") { bootcamp($0) },
            ImageFamily("hello-app") { helloApp($0) }, ImageFamily("nginxdemos/hello") { nginxHello($0) },
            ImageFamily("echoserver", "echoserver-amd64") { echoServer($0) },
            one("/whoami", EchoServers.whoami, [80], base: .none, "whoami"),
            one("/http-echo", HTTPEchoServer(), [5678], base: .none, "http-echo", user: "65532"),
            one("/app/webserver", EchoServers.json, [80], base: .alpine, "ealen/echo-server"),
            one(
                "/bin/echo-server", EchoServers.served, [8080], base: .none, "echo-server", "kicbase/echo-server",
                "jmalloc/echo-server"),
            one(
                "/usr/src/app/server.js", DemoServers.helloKubernetes, [8080], base: .alpine, "hello-kubernetes",
                user: "node"),
            one("/usr/local/bin/apache2-foreground", DemoServers.loadExample, [80], "hpa-example", "php-apache"),
            one("/usr/local/bin/apache2-foreground", DemoServers.guestbookFrontend, [80], "gb-frontend"),
            one("/usr/local/bin/gunicorn", HTTPBinServer.server(port: 80, isGo: false), [80], "httpbin"),
            one("/bin/go-httpbin", HTTPBinServer.server(port: 8080, isGo: true), [8080], base: .none, "go-httpbin"),
            ImageFamily(podinfo), ImageFamily(multitool),
        ]
    }

    /// An image with one program, which is its command.
    static func one(
        _ path: String, _ program: any Program, _ ports: [UInt16], base: ImageRow.Base = .debian, _ names: String...,
        user: String = ""
    ) -> ImageFamily {
        var row = ImageRow(names[0])
        row.names = names
        row.base = base
        row.entrypoint = [path]
        row.ports = ports
        row.programs = [path: program]
        row.user = user == "node" ? "1000" : user
        return ImageFamily(row)
    }

    /// The version that a tag begins with: `1.27.0` of `1.27.0-alpine`.
    static func version(of reference: ImageReference, parts: Int, else fallback: String) -> String {
        let text = (reference.tag ?? "").drop { $0 == "v" }.prefix { $0.isNumber || $0 == "." }
        let numbers = text.split(separator: ".")
        guard !numbers.isEmpty, numbers.count >= min(2, parts) else { return fallback }
        return (numbers.map(String.init) + Array(repeating: "0", count: parts)).prefix(parts).joined(separator: ".")
    }

    private static func nginx(_ reference: ImageReference) -> ImageRow {
        var row = ImageRow(reference.name)
        let isSlim = reference.name == "nginx-slim"
        let isUnprivileged = reference.name == "nginx-unprivileged" || reference.path.hasPrefix("bitnami/")
        var flavour = NginxServer.Flavour()
        flavour.isQuiet = isSlim
        if !isSlim { flavour.version = version(of: reference, parts: 3, else: flavour.version) }
        let server = NginxServer(flavour)
        row.base = reference.tag?.contains("alpine") == true ? .alpine : .debian
        row.ports = [isUnprivileged ? 8080 : 80]
        row.user = isUnprivileged ? "101" : ""
        row.command = ["nginx", "-g", "daemon off;"]
        // The entry point passes on to its arguments.
        row.entrypoint = ["/docker-entrypoint.sh"]
        row.environment = [("NGINX_VERSION", flavour.version), ("PKG_RELEASE", "1~trixie")]
        row.programs = [
            "/docker-entrypoint.sh": PassOn(notes: isSlim ? nil : ("nginx", ImageFiles.nginxEntry)),
            "/usr/sbin/nginx": server,
        ]
        row.directories = ["/etc/nginx/conf.d", "/var/log/nginx", "/docker-entrypoint.d"]
        row.files = [
            NginxServer.configurationPath: ImageFiles.nginxMain,
            "/etc/nginx/mime.types": "types {\n    text/html  html htm;\n}\n",
            "/etc/nginx/conf.d/default.conf": ImageFiles.nginxServer(row.ports[0]),
            "/usr/share/nginx/html/index.html": ImageFiles.nginxPage,
            "/usr/share/nginx/html/50x.html": "<html><body><h1>An error occurred.</h1></body></html>\n",
        ]
        return row
    }

    private static func httpd(_ reference: ImageReference) -> ImageRow {
        var row = ImageRow(reference.name)
        let isBitnami = reference.path.hasPrefix("bitnami/")
        let version = version(of: reference, parts: 3, else: "2.4.65")
        let server = HttpdServer(version: version.hasSuffix(".0") ? "2.4.65" : version, port: isBitnami ? 8080 : 80)
        row.base = reference.tag?.contains("alpine") == true ? .alpine : .debian
        row.ports = [server.port]
        row.command = ["httpd-foreground"]
        row.workingDirectory = "/usr/local/apache2"
        row.environment = [("HTTPD_PREFIX", "/usr/local/apache2")]
        row.programs = ["/usr/local/bin/httpd-foreground": server, "/usr/local/apache2/bin/httpd": server]
        row.files = ["/usr/local/apache2/htdocs/index.html": ImageFiles.itWorks]
        row.directories = ["/usr/local/apache2/conf", "/usr/local/apache2/logs"]
        return row
    }

    private static func bootcamp(_ reference: ImageReference) -> ImageRow {
        var row = ImageRow(reference.name)
        row.ports = [8080]
        row.command = ["/bin/sh", "-c", "node server.js"]
        row.programs = ["/usr/local/bin/node": DemoServers.bootcamp(version: reference.tag == "v2" ? 2 : 1)]
        row.files = ["/server.js": "// The server of the tutorial; the simulation brings its own.\n"]
        return row
    }

    private static func helloApp(_ reference: ImageReference) -> ImageRow {
        var row = ImageRow(reference.name)
        row.base = .none
        row.ports = [8080]
        row.entrypoint = ["/hello-app"]
        row.environment = [("PORT", "8080")]
        let number = version(of: reference, parts: 2, else: "1.0")
        row.programs = ["/hello-app": DemoServers.helloApp(version: number + ".0")]
        return row
    }

    private static func nginxHello(_ reference: ImageReference) -> ImageRow {
        var row = ImageRow(reference.name)
        row.base = .alpine
        row.hasBindTools = true
        row.ports = [80]
        row.command = ["nginx", "-g", "daemon off;"]
        row.programs = [
            "/usr/sbin/nginx": DemoServers.nginxHello(isPlain: reference.tag?.contains("plain-text") == true)
        ]
        return row
    }

    private static func echoServer(_ reference: ImageReference) -> ImageRow {
        var row = ImageRow(reference.name)
        row.ports = [8080]
        row.command = ["/usr/local/bin/run.sh"]
        let isOld = ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5"].contains(reference.tag)
        row.programs = ["/usr/local/bin/run.sh": isOld ? EchoServers.old : EchoServers.blocks]
        return row
    }

    private static var podinfo: ImageRow {
        var row = ImageRow("podinfo")
        row.base = .alpine
        row.ports = [9898, 9797, 9999]
        row.command = ["./podinfo"]
        row.workingDirectory = "/home/app"
        row.user = "100"
        row.programs = ["/home/app/podinfo": PodinfoServer(), "/usr/local/bin/podcli": PodinfoServer()]
        return row
    }

    /// Tools with a web server beside them.
    private static var multitool: ImageRow {
        var row = ImageRow("network-multitool")
        row.base = .alpine
        row.ports = [80]
        row.command = ["nginx", "-g", "daemon off;"]
        row.programs = ["/usr/sbin/nginx": NginxServer()]
        row.files = [
            NginxServer.configurationPath: ImageFiles.nginxMain,
            "/etc/nginx/conf.d/default.conf": ImageFiles.nginxServer(80),
            "/usr/share/nginx/html/index.html": "Network MultiTool\n",
        ]
        row.directories = ["/etc/nginx/conf.d"]
        return row
    }
}
