import FairleadContainers
import FairleadModel

/// Shells, languages and tools, most of which run to their end.
enum ToolImages {
    static var families: [ImageFamily] {
        [
            shell(["busybox"], .busybox, ["sh"]), shell(["alpine"], .alpine, ["/bin/sh"]),
            shell(
                ["ubuntu", "debian", "centos", "fedora", "rockylinux", "almalinux", "amazonlinux", "buildpack-deps"],
                .debian, ["bash"]),
            shell(["bash"], .alpine, ["bash"]), shell(["netshoot"], .alpine, ["sh"], hasBindTools: true),
            shell(["golang"], .debian, ["bash"], ["/usr/local/go/bin/go": UnreadScript(language: "go")]),
            shell(["distroless-iptables", "ipc-utils", "alpine/git", "bitnami/git"], .debian, ["/bin/sh"]),
            shell(
                ["python"], .debian, ["python3"],
                [
                    "/usr/local/bin/python3": Python(), "/usr/local/bin/python": Python(),
                    "/usr/local/bin/pip": UnreadScript(language: "pip"),
                ]),
            shell(
                ["node"], .debian, ["node"],
                [
                    "/usr/local/bin/node": UnreadScript(language: "node"),
                    "/usr/local/bin/npm": UnreadScript(language: "npm"),
                ]),
            shell(
                ["ruby"], .debian, ["irb"],
                [
                    "/usr/local/bin/ruby": UnreadScript(language: "ruby"),
                    "/usr/local/bin/irb": UnreadScript(language: "irb"),
                ]),
            shell(["perl"], .debian, ["perl", "-de0"], ["/usr/local/bin/perl": Perl()]),
            shell(["stress"], .debian, ["/bin/bash"], ["/usr/local/bin/stress": Stress()]),
            ImageFamily(helloWorld), ImageFamily(whalesay),
            entry(
                ["curlimages/curl", "curl", "alpine/curl"], .alpine, "/entrypoint.sh",
                ["/entrypoint.sh": PassOn(fallback: ["curl"], takesAnything: true)], user: "100", command: ["curl"]),
            entry(
                ["kubectl"], .debian, "kubectl", ["/usr/local/bin/kubectl": KubectlTool()], user: "1001", command: []),
        ]
    }

    private static func shell(
        _ names: [String], _ base: ImageRow.Base, _ command: [String], _ programs: [String: any Program] = [:],
        hasBindTools: Bool = false
    ) -> ImageFamily {
        var row = ImageRow(names[0])
        row.names = names
        row.base = base
        row.command = command
        row.programs = programs
        row.hasBindTools = hasBindTools
        if programs.keys.contains(where: { $0.hasPrefix("/usr/local/go/") }) {
            row.environment = [
                ("PATH", "/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            ]
        }
        return ImageFamily(row)
    }

    private static func entry(
        _ names: [String], _ base: ImageRow.Base, _ entrypoint: String, _ programs: [String: any Program], user: String,
        command: [String]
    ) -> ImageFamily {
        var row = ImageRow(names[0])
        row.names = names
        row.base = base
        row.entrypoint = [entrypoint]
        row.command = command
        row.programs = programs
        row.user = user
        return ImageFamily(row)
    }

    private static var helloWorld: ImageRow {
        var row = ImageRow("hello-world")
        row.base = .none
        row.command = ["/hello"]
        row.programs = ["/hello": HelloWorld()]
        return row
    }

    private static var whalesay: ImageRow {
        var row = ImageRow("whalesay")
        row.command = ["/bin/bash"]
        row.programs = [
            "/usr/local/bin/cowsay": FunctionProgram { process in
                let text = process.arguments1.joined(separator: " ")
                let line = String(repeating: "-", count: min(text.count, 200) + 2)
                await process.print(" \(line)\n< \(text) >\n \(line)\n    \\\n     \\\n      \\\n        (whale)")
                return .success
            }
        ]
        return row
    }
}
