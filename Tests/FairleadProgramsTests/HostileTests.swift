import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPrograms

/// Whatever is sent or asked for, programs answer or close, and end when they are told to.
struct HostileTests {
    private static let table = ImageTable(now: { TestContainer.start })
    private static let environment: [(name: String, value: String)] = [
        ("MYSQL_ROOT_PASSWORD", "x"), ("POSTGRES_PASSWORD", "x"), ("ECHO_TEXT", "x"), ("SERVE_PORT_80", "x"),
        ("PORT", "99999"), ("WHOAMI_PORT_NUMBER", "-1"),
    ]

    private static func noise(_ random: inout SplitMix64) -> [UInt8] {
        let words = [
            "GET ", "POST ", "/", "/dial?tries=99999999999999999999&request=", "/echo?code=-9223372036854775808",
            " HTTP/1.1\r\n",
            "Content-Length: 99999999999999\r\n", "Transfer-Encoding: chunked\r\n\r\n", "ffffffffffffffff\r\n",
            "\r\n\r\n",
            "*3\r\n$3\r\nSET\r\n", "$-1\r\n", "$999999999\r\n", "set a 0 0 -1\r\n", "set a 0 0 5\r\n", "%zz%", "?",
            "a=b&", "\0\u{7F}",
            "Host: x\r\n", "INCRBY a 9223372036854775807\r\n", "LRANGE a -9223372036854775808 1\r\n",
            "EXPIRE a 9223372036854775807\r\n",
        ]
        var bytes: [UInt8] = []
        for _ in 0..<Int(random.next() % 12 + 1) {
            if random.next() % 4 == 0 {
                bytes += (0..<Int(random.next() % 40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            } else {
                bytes += Array(words[Int(random.next() % UInt64(words.count))].utf8)
            }
        }
        return bytes
    }

    @Test func everyServerSurvivesNoise() async throws {
        var random = SplitMix64(seed: 15)
        for name in Self.table.names {
            let container = try TestContainer(name, table: Self.table)
            guard !container.image.ports.isEmpty else { continue }
            let running = try container.start(
                container.image.entrypoint + container.image.command, environment: Self.environment)
            let port = name == "ealen/echo-server" || name == "whoami" ? 80 : container.image.ports[0]
            for _ in 0..<8 {
                let connection = try await container.connect(port)
                try await connection.output.write(Self.noise(&random))
                connection.output.end()
                let input = connection.input
                let answer = await Deadline.run(SystemDelayClock(), .seconds(20)) {
                    while await input.read(upTo: 65_536) != nil {}
                    return true
                }
                #expect(answer == true, "\(name)")
                connection.close()
            }
            try await container.connect(port).close()
            // This one goes on for a minute after TERM, by a clock that stands still here.
            if name.hasPrefix("serve") {
                _ = await running.kill()
            } else {
                #expect(await running.end().code != 137, "\(name)")
            }
        }
    }

    @Test func everyImageEndsWhenItIsKilled() async throws {
        for name in Self.table.names {
            let container = try TestContainer(name, table: Self.table)
            let running = try container.start(container.image.entrypoint + container.image.command)
            _ = await running.kill()
        }
    }

    @Test func optionsAreWhateverTheyAre() async throws {
        var random = SplitMix64(seed: 7)
        let agnhost = Agnhost()
        let values = [
            "-1", "99999999999999999999", "9223372036854775807", "-9223372036854775808", "", "x", "/", "/no", "1ns",
            "-5s", "%", "a:b", ":",
            "[::1]:80", "10.1.2.3:0",
        ]
        let options = [
            "--http-port", "--udp-port", "--port", "--timeout", "--file_content", "--fs_type", "--file_content_in_loop",
            "--retry_time", "--log-lines-total", "--run-duration", "--delay-shutdown", "--protocol",
            "--delay-unhealthy-sec",
            "--json-response", "-t", "-d", "-v", "--", "-", "---",
        ]
        for round in 0..<400 {
            let container = try TestContainer("agnhost", jumps: true, table: Self.table)
            let name = agnhost.subcommands[round % agnhost.subcommands.count]
            var arguments = ["/agnhost", name]
            for _ in 0..<Int(random.next() % 5) {
                let option = options[Int(random.next() % UInt64(options.count))]
                let value = values[Int(random.next() % UInt64(values.count))]
                arguments += random.next() % 2 == 0 ? ["\(option)=\(value)"] : [option, value]
            }
            let running = try container.start(arguments)
            try await SuspendingClock().sleep(for: .milliseconds(1))
            _ = await running.kill()
        }
    }

    @Test func aNetexecThatCallsItselfIsBounded() async throws {
        let container = try TestContainer("agnhost", table: Self.table)
        let running = try container.start(["/agnhost", "netexec"])
        try await running.wait(for: "Started HTTP server")
        var request = "hostname"
        for _ in 0..<3 {
            let quoted = request.map { $0.isLetter ? String($0) : "%" + String($0.asciiValue ?? 63, radix: 16) }
                .joined()
            request = "dial?host=10.1.2.3&port=8080&tries=3&request=\(quoted)"
        }
        let answer = try await container.send(8080, "/" + request)
        #expect(answer.status == 200)
        #expect(running.lines.count { $0.hasSuffix("GET /hostname") } == 27)
    }

    @Test func redisKeepsWithinItsLimits() async throws {
        let store = RedisStore(TestClock(), port: 6379)
        let long = String(repeating: "x", count: 1 << 20)
        #expect(store.answer(["SET", "a", long]) == .status("OK"))
        #expect(
            store.answer(["APPEND", "a", "y"]) == .error("OOM command not allowed when used memory > 'maxmemory'."))
        for number in 0..<20 { _ = store.answer(["SET", "k\(number)", long]) }
        #expect(store.answer(["GET", "k19"]) == .text(nil))
        for _ in 0..<20 { _ = store.answer(["RPUSH", "l"] + Array(repeating: "x", count: 900)) }
        guard case .number(let count) = store.answer(["LLEN", "l"]) else { return }
        #expect(count <= 10_000)
    }
}
