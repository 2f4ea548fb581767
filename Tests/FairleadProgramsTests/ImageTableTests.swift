import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPrograms

struct ImageTableTests {
    private let table = ImageTable(now: { TestContainer.start })

    @Test(arguments: [
        ("registry.k8s.io/e2e-test-images/agnhost:2.63.0", "agnhost", ["/agnhost", "pause"]),
        (
            "example.com/all:e2e-2-registry-k8s-io-e2e-test-images-agnhost-2-63-0-ab12", "agnhost",
            ["/agnhost", "pause"]
        ),
        ("example.com/all:e2e-9-registry-k8s-io-e2e-test-images-busybox-1-37-0-1-ab12", "busybox", ["sh"]),
        ("registry.k8s.io/e2e-test-images/busybox:1.37.0-1", "busybox", ["sh"]),
        ("registry.k8s.io/pause:3.10.2", "pause", ["/pause"]),
        ("nginx", "nginx", ["/docker-entrypoint.sh", "nginx", "-g", "daemon off;"]),
        ("docker.io/library/nginx:1.27-alpine", "nginx", ["/docker-entrypoint.sh", "nginx", "-g", "daemon off;"]),
        ("registry.k8s.io/e2e-test-images/nautilus:1.8", "nautilus", ["/agnhost", "test-webserver"]),
        ("registry.k8s.io/e2e-test-images/kitten:1.8", "kitten", ["/agnhost", "test-webserver"]),
        ("registry.k8s.io/e2e-test-images/nonewprivs:1.4", "nonewprivs", ["/nnp"]),
        ("traefik/whoami:v1.11", "whoami", ["/whoami"]),
        ("kicbase/echo-server:1.0", "echo-server", ["/bin/echo-server"]),
        ("ealen/echo-server", "ealen/echo-server", ["/app/webserver"]),
        ("curlimages/curl", "curlimages/curl", ["/entrypoint.sh", "curl"]),
        ("redis@sha256:" + String(repeating: "1", count: 64), "redis", ["docker-entrypoint.sh", "redis-server"]),
    ])
    func knows(image: String, name: String, command: [String]) {
        let found = table.description(of: image)
        #expect(found.isKnown && found.name == name && found.entrypoint + found.command == command)
    }

    @Test(arguments: ["example.com/shop/cart:1", "UPPER", "a b", "registry.example.com/nginx/shop"])
    func doesNotKnow(image: String) {
        let found = table.description(of: image)
        #expect(!found.isKnown && found.entrypoint.isEmpty)
        #expect(found.commands.program(named: "sh") != nil)
    }

    @Test func everyRowCanStart() throws {
        for name in table.names {
            let container = try TestContainer(name, table: table)
            let arguments = container.image.entrypoint + container.image.command
            #expect(!arguments.isEmpty, "\(name)")
            #expect(throws: Never.self, "\(name)") {
                try container.image.commands.program(for: container.process(arguments))
            }
        }
    }

    @Test func containersDoNotShareTheirFiles() throws {
        let image = table.description(of: "nginx")
        let files = [image.root(), image.root()].map { ContainerFiles(root: $0, now: { TestContainer.start }) }
        try files[0].write(Array("x".utf8), to: "/usr/share/nginx/html/index.html", as: .root)
        #expect(try files[1].text("/usr/share/nginx/html/index.html").utf8.count == 615)
        #expect(
            try ContainerFiles(root: image.root(), now: { TestContainer.start }).text("/etc/os-release").contains(
                "Debian"))
    }

    @Test func filesOfTestImages() throws {
        let kitten = try TestContainer("registry.k8s.io/e2e-test-images/kitten:1.8", table: table)
        #expect(try kitten.world.files.text("/data.json").contains("kitten.jpg"))
        #expect(try kitten.world.files.text("/etc/os-release").contains("Alpine Linux"))
        #expect(kitten.world.files.exists("/kitten.jpg"))
    }

    @Test func usersOfImages() throws {
        let users = ["agnhost": "", "pause": "65535", "nonroot": "1234", "busybox": "", "memcached": "11211"]
        for (name, user) in users { #expect(table.description(of: name).user == user) }
        let files = ContainerFiles(root: table.description(of: "agnhost").root(), now: { TestContainer.start })
        #expect(try files.text("/etc/passwd").contains("user-defined-in-image:x:1000:1000:"))
        #expect(try files.text("/etc/group").contains(":50000:user-defined-in-image\n"))
    }

    @Test func plans() throws {
        let ports = [IdleContainer.Port(8080), IdleContainer.Port(53, isUDP: true)]
        func plan(_ image: String, _ command: [String] = [], _ args: [String] = []) -> ContainerPlan {
            ContainerPlan.plan(
                image: image, container: "c", command: command, args: args, ports: ports,
                description: table.description(of: image))
        }
        let agnhost = "agnhost:2.63.0"
        #expect(plan(agnhost).arguments == ["/agnhost", "pause"])
        #expect(
            plan(agnhost, [], ["netexec", "--http-port=80"]).arguments == ["/agnhost", "netexec", "--http-port=80"])
        #expect(plan(agnhost, ["/agnhost-2"], []).arguments == ["/agnhost-2"])
        #expect(plan(agnhost, ["/agnhost-2"], ["etc-hosts"]).arguments == ["/agnhost-2", "etc-hosts"])
        #expect(plan("busybox").arguments == ["sh"])
        guard case .idle(let pause) = plan("registry.k8s.io/pause:3.10.2") else {
            Issue.record("pause is not idle")
            return
        }
        #expect(pause.terminated == .success && pause.log(container: "c", at: TestContainer.start).isEmpty)
        #expect(plan("registry.k8s.io/pause:3.10.2", ["sleep", "5"]).arguments == ["sleep", "5"])
        guard case .idle(let shop) = plan("example.com/shop:1"),
            case .idle = plan("example.com/shop:1", ["/shop", "serve"]),
            case .idle = plan("example.com/shop:1", [], ["serve"]), case .idle = plan("example.com/shop:1", ["/opt/sh"])
        else {
            Issue.record("an unknown image is not idle")
            return
        }
        #expect(shop.terminated.code == 143 && shop.ports == ports)
        #expect(
            shop.log(container: "c", at: TestContainer.start).map { String($0.dropFirst(21)) } == [
                "starting c from example.com/shop:1", "listening on tcp port 8080", "listening on udp port 53",
            ])
        for command in [["sh", "-c", "exit 3"], ["/bin/sh", "-c", "x"], ["sleep", "1"]] {
            #expect(plan("example.com/shop:1", command).arguments == command)
            #expect(plan("example.com/shop:1", [], command).arguments == command)
        }
    }

    @Test func idleContainersAnswer() async throws {
        let container = try TestContainer("example.com/shop:1", table: table)
        let idle = IdleContainer(image: "example.com/shop:1", ports: [.init(8080), .init(53, isUDP: true)])
        let running = try container.start(["shop"], program: IdleProgram(idle))
        let answer = try await container.send(8080, "/any")
        #expect(answer.status == 200 && answer.text.contains("example.com/shop:1") && answer.text.contains("web-0"))
        #expect(try await container.datagram(53, "hello") == "hello")
        #expect(idle.open(in: container.world).isEmpty)
        #expect(running.lines.count == 3)
        #expect(await running.end() == ExitStatus(143))
    }

    @Test(arguments: [
        (LaunchError.notFound("foo"), "exec: \"foo\": executable file not found in $PATH"),
        (.notFound("/foo"), "exec: \"/foo\": stat /foo: no such file or directory"),
        (.notExecutable("/etc/passwd"), "exec: \"/etc/passwd\": permission denied"),
        (.notUnderstood("simulated"), "simulated"),
    ])
    func runtimeMessages(error: LaunchError, end: String) { #expect(error.runtimeMessage.hasSuffix(end)) }
}
