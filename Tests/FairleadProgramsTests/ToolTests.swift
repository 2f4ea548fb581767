import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPrograms

struct ToolTests {
    @Test func perlWorksOutTheDigits() async throws {
        let container = try TestContainer("perl:5.34.0", jumps: true)
        let (text, code) = try await container.run(["perl", "-Mbignum=bpi", "-wle", "print bpi(2000)"])
        #expect(code == 0 && text.count == 2002)
        #expect(text.hasPrefix("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899"))
        // The last of two thousand digits.
        #expect(text.hasSuffix("59825904\n") || text.hasSuffix("5982590\n") || text.contains("21642019893"))
        #expect(try await container.run(["perl", "-Mbignum=bpi", "-wle", "print bpi(999999)"]).code == 1)
        #expect(try await container.run(["perl", "-e", "print 1"]).code == 0)
    }

    @Test(arguments: [
        (1, "3"), (2, "3.1"), (3, "3.14"), (4, "3.142"), (10, "3.141592654"), (20, "3.1415926535897932385"),
        (33, "3.14159265358979323846264338327950"),
    ])
    func digitsAreRounded(count: Int, text: String) { #expect(Pi.text(significantDigits: count) == text) }

    @Test func stressNeedsItsMemory() async throws {
        let files = ["/sys/fs/cgroup/memory.max": "104857600\n"]
        let container = try TestContainer("polinux/stress", jumps: true, files: files)
        let big = try container.start(["stress", "--vm", "1", "--vm-bytes", "250M", "--vm-hang", "1"])
        #expect(await big.status() == ExitStatus(137, reason: "OOMKilled"))
        #expect(big.lines.first == "stress: info: [1] dispatching hogs: 0 cpu, 0 io, 1 vm, 0 hdd")
        let patient = try TestContainer("polinux/stress", files: files)
        let small = try patient.start(["stress", "--vm", "1", "--vm-bytes", "50M", "--vm-hang", "1"])
        try await small.wait(for: "dispatching hogs")
        #expect(await small.end().code == 143)
        let timed = try container.start(["stress", "--cpu", "2", "--timeout", "60s"])
        #expect(await timed.status() == .success)
        #expect(timed.text.hasSuffix("successful run completed in 60s\n"))
        let huge = try await container.run(["stress", "--vm", "9223372036854775807", "--vm-bytes", "9999999999G"])
        #expect(huge.code == 137)
    }

    @Test func theConsumerSaysWhatItConsumes() async throws {
        let container = try TestContainer("registry.k8s.io/e2e-test-images/resource-consumer:1.14")
        _ = try container.start(["/consumer"])
        func post(_ target: String, body: String = "") async throws -> WebResponse {
            try await container.send("POST", 8080, target, body: body)
        }
        #expect(
            try await post("/ConsumeCPU?millicores=300&durationSec=5").text
                == "ConsumeCPU\n300 millicores\n5 durationSec\n")
        #expect(
            try await post("/ConsumeMem", body: "megabytes=7&durationSec=5").text.hasPrefix("ConsumeMem\n7 megabytes\n")
        )
        #expect(try await post("/ConsumeCPU?millicores=many&durationSec=5").status == 400)
        #expect(try await container.send(8080, "/ConsumeCPU").status == 405)
        #expect(try await post("/Consume").status == 404)
    }

    /// Debian has GNU's tar, alpine and busybox that of busybox.
    @Test(arguments: [
        ("nginx:1.27", "tar: Removing leading `/' from member names\n", "tar: /none: Cannot stat: ", Int32(2)),
        ("alpine:3", "tar: removing leading '/' from member names\n", "tar: /none: ", 1),
    ])
    func tarsHaveTheirWords(image: String, slash: String, missing: String, code: Int32) async throws {
        let container = try TestContainer(image)
        let packed = try await container.run(["sh", "-c", "tar cf - /etc/hostname >/dev/null"])
        #expect(packed.code == 0 && packed.text == slash)
        let failed = try await container.run(["sh", "-c", "tar cf - /none >/dev/null"])
        #expect(failed.code == code && failed.text.hasPrefix(missing + "No such file or directory\n"))
        #expect(try await container.run(["tar"]).code == code)
        let cut = try await container.run(["sh", "-c", "echo x | tar xf -"])
        #expect(cut.code == code && cut.text.hasPrefix(code == 2 ? "tar: Unexpected EOF" : "tar: short read"))
    }

    @Test func pythonServesAFolder() async throws {
        let container = try TestContainer("python:3.13", files: ["/data/a.txt": "x"])
        let running = try container.start(["python", "-m", "http.server", "8000", "--directory", "/data"])
        try await running.wait(for: "Serving HTTP on 0.0.0.0 port 8000 (http://0.0.0.0:8000/) ...\n")
        #expect(try await container.send(8000, "/a.txt").text == "x")
        #expect(try await container.send(8000, "/").text.contains("<li><a href=\"a.txt\">a.txt</a></li>"))
        #expect(try await container.send(8000, "/no").status == 404)
        try await running.wait(for: "\"GET /a.txt HTTP/1.1\" 200 -\n")
        #expect(await running.end().code == 143)
        let script = try await container.run(["python", "-c", "print(1)"])
        #expect(script.code == 0 && script.text.contains("simulated"))
        #expect(try await container.run(["python3", "-m", "http.server", "x"]).code == 2)
    }

    @Test func othersSayWhatTheyAre() async throws {
        let hello = try TestContainer("hello-world")
        #expect(try await hello.run(["/hello"]).text.contains("Hello from Docker!"))
        #expect(throws: LaunchError.self) { try hello.image.commands.program(for: hello.process(["sh"])) }
        let kubectl = try TestContainer("bitnami/kubectl")
        #expect(try await kubectl.run(["kubectl", "get", "pods"]).code == 126)
        #expect(try await kubectl.run(["kubectl"]).text.hasPrefix("kubectl controls the Kubernetes cluster manager."))
        let whale = try TestContainer("docker/whalesay")
        #expect(try await whale.run(["cowsay", "x"]).text.contains("< x >"))
        let pause = try TestContainer("registry.k8s.io/pause:3.10.2")
        #expect(try await pause.start(["/pause"]).end() == .success)
        #expect(throws: LaunchError.self) { try pause.image.commands.program(for: pause.process(["sleep", "5"])) }
        let busybox = try TestContainer("busybox")
        #expect(try await busybox.run(["sh", "-c", "exit 3"]).code == 3)
        #expect(try await busybox.run(["sh"]).code == 0)
    }
}
