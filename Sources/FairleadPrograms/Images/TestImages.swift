import FairleadContainers
import FairleadModel

/// The images of Kubernetes' conformance tests.
enum TestImages {
    static func families(tokens: (any TokenVerifying)?) -> [ImageFamily] {
        let agnhost = Agnhost(tokens: tokens)
        return [
            ImageFamily(base(agnhost)),
            ImageFamily(serveHostname(agnhost)),
            ImageFamily(pictures(agnhost, "nautilus")), ImageFamily(pictures(agnhost, "kitten")),
            ImageFamily(pause), ImageFamily(noNewPrivileges), ImageFamily(nonRoot), ImageFamily(dnsTesting),
            ImageFamily(resourceConsumer),
        ]
    }

    private static func base(_ agnhost: Agnhost) -> ImageRow {
        var row = ImageRow("agnhost")
        row.base = .alpine
        row.hasBindTools = true
        row.entrypoint = ["/agnhost"]
        row.command = ["pause"]
        row.programs = ["/agnhost": agnhost, "/agnhost-2": agnhost]
        row.directories = ["/uploads"]
        let body = Base64.encode(Array("a certificate of a simulated container, which nobody checks".utf8)[...])
        row.files = [
            "/localhost.crt": "-----BEGIN CERTIFICATE-----\n\(body)\n-----END CERTIFICATE-----\n",
            "/localhost.key": "-----BEGIN PRIVATE KEY-----\n\(body)\n-----END PRIVATE KEY-----\n",
            "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n"
                + "user-defined-in-image:x:1000:1000::/home/user-defined-in-image:/bin/sh\n",
            "/etc/group": "root:x:0:root\nnobody:x:65534:\nuser-defined-in-image:x:1000:\n"
                + "group-defined-in-image:x:50000:user-defined-in-image\n",
        ]
        return row
    }

    /// The image of the tutorial "Debug Services", older than agnhost.
    private static func serveHostname(_ agnhost: Agnhost) -> ImageRow {
        var row = base(agnhost)
        row.names = ["serve_hostname", "serve-hostname"]
        row.command = ["serve-hostname"]
        row.ports = [9376]
        return row
    }

    private static func pictures(_ agnhost: Agnhost, _ name: String) -> ImageRow {
        var row = base(agnhost)
        row.names = [name]
        row.command = ["test-webserver"]
        row.ports = [80]
        row.files["/data.json"] = "{\n  \"image\": \"\(name).jpg\"\n}\n"
        row.files["/\(name).jpg"] = "a picture of a \(name)\n"
        return row
    }

    private static var pause: ImageRow {
        var row = ImageRow("pause", "pause-amd64")
        row.base = .none
        row.entrypoint = ["/pause"]
        row.user = "65535"
        row.programs = ["/pause": PauseProgram()]
        row.idleEnd = .success
        return row
    }

    private static var noNewPrivileges: ImageRow {
        var row = ImageRow("nonewprivs")
        row.base = .busybox
        row.entrypoint = ["/nnp"]
        row.programs = ["/nnp": NoNewPrivileges()]
        return row
    }

    private static var nonRoot: ImageRow {
        var row = ImageRow("nonroot")
        row.base = .busybox
        row.command = ["/bin/sh", "-c", "id -u"]
        row.user = "1234"
        return row
    }

    private static var dnsTesting: ImageRow {
        var row = ImageRow("glibc-dns-testing", "jessie-dnsutils", "dnsutils")
        row.command = ["/bin/sh"]
        return row
    }

    private static var resourceConsumer: ImageRow {
        var row = ImageRow("resource-consumer")
        row.entrypoint = ["/consumer"]
        row.ports = [8080]
        row.programs = ["/consumer": DemoServers.resourceConsumer]
        return row
    }
}
