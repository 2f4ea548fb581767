import FairleadContainers
import FairleadModel

/// Calls the API server now and then, and tells by which token, hashed.
struct InClusterClientCommand: AgnhostCommand {
    static let name = "inclusterclient"
    private static let tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount/token"

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values["poll-interval"] = "30"
        known.numbers = ["poll-interval"]
        return known
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        func log(_ text: String) async {
            await process.complain(GoText.klogPrefix(process.world.now(), "main.go:61") + text)
        }
        await log("started")
        // What the hash is salted with: it must only be the same for as long as this runs.
        let salt = Array("\(process.world.podUID) \(process.world.now().rfc3339Micro)".utf8)
        while true {
            let pause = Duration.seconds(saturating: Double(max(1, flags.number("poll-interval"))))
            guard await process.sleep(for: pause) else { return .killed }
            if let signal = process.signals.poll(), signal == .terminate { return ExitStatus(2) }
            await log("calling /healthz")
            do throws(FileError) {
                let header = "Bearer " + String(decoding: try process.read(Self.tokenPath), as: UTF8.self)
                await log("authz_header=\(Base64URL.encode(SHA256.hash(salt + Array(header.utf8))))")
                let host = process.variable("KUBERNETES_SERVICE_HOST") ?? ""
                let port = process.variable("KUBERNETES_SERVICE_PORT").flatMap { UInt16($0) } ?? 443
                let answer = await WebCall.send(
                    process, host: host, port: port, target: "/healthz", headers: [("Authorization", header)],
                    within: .seconds(10))
                if case .failure(let failure) = answer { await log("status=failed error=\(failure.message)") }
            } catch {
                await log("status=failed error=open \(Self.tokenPath): \(error.description.lowercased())")
            }
        }
    }
}

struct FakeGitServerCommand: AgnhostCommand {
    static let name = "fake-gitserver"

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        var ports = OpenPorts()
        defer { ports.close() }
        do throws(NetworkError) {
            try ports.serveWeb(process, port: 8000) { _ in .sniffed(200, "I am a fake git server") }
        } catch {
            return await process.bindFailure(8000, error)
        }
        return await GoProcess.waitForEnd(process)
    }
}

/// Closes every connection after its first byte.
struct ResetCommand: AgnhostCommand {
    static let name = "tcp-reset"

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values["port"] = "8080"
        known.numbers = ["port"]
        return known
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        guard let port = flags.port("port") else { return .failure }
        var ports = OpenPorts()
        defer { ports.close() }
        do throws(NetworkError) {
            ports.add(
                try process.world.network.listen(on: port, address: nil) { connection in
                    _ = await connection.input.read(upTo: 1)
                    connection.close()
                    await process.goLog("TCP connection from \(connection.peer) reset")
                })
        } catch {
            return await process.bindFailure(port, error)
        }
        await process.goLog("Serving on port \(port).")
        return await GoProcess.waitForEnd(process)
    }
}

/// Serves one connection as its environment says, and ends.
struct PortForwardTesterCommand: AgnhostCommand {
    static let name = "port-forward-tester"

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        func number(_ name: String) -> Int { process.variable(name).flatMap { Int($0) } ?? 0 }
        guard let port = UInt16(exactly: number("BIND_PORT")) else { return .failure }
        let host = process.variable("BIND_ADDRESS") ?? "localhost"
        let address = host == "localhost" ? IPAddress("127.0.0.1") : IPAddress(host)
        let (accepted, handOver) = AsyncStream<Connection>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let finished = ExitRequest()
        let listening: any Listening
        do throws(NetworkError) {
            listening = try process.world.network.listen(on: port, address: address) { connection in
                handOver.yield(connection)
                // The connection lasts as long as this.
                _ = await finished.wait(process, for: [])
            }
        } catch {
            return await process.bindFailure(port, error)
        }
        defer { listening.close() }
        var connections = accepted.makeAsyncIterator()
        guard let connection = await connections.next() else { return .killed }
        defer { connection.close() }
        await process.print("Accepted client connection")
        let expected = Array((process.variable("EXPECTED_CLIENT_DATA") ?? "").utf8)
        if !expected.isEmpty {
            var got: [UInt8] = []
            while got.count < expected.count, let more = await connection.input.read(upTo: expected.count - got.count) {
                got += more
            }
            guard got.count == expected.count else {
                await process.print(
                    "Expected to read \(expected.count) bytes from client, but got \(got.count) instead.")
                return ExitStatus(2)
            }
            guard got == expected else {
                let texts = (String(decoding: got, as: UTF8.self), String(decoding: expected, as: UTF8.self))
                await process.print("Expect to read \(texts.1.goQuoted), but got \(texts.0.goQuoted).")
                return ExitStatus(3)
            }
            await process.print("Received expected client data")
        }
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: min(max(0, number("CHUNK_SIZE")), 1 << 20))
        for _ in 0..<min(max(0, number("CHUNKS")), 100_000) {
            do {
                try await connection.output.write(chunk)
            } catch {
                await process.print("Expected to write \(chunk.count) bytes, but the client has gone.")
                return ExitStatus(4)
            }
            let pause = Duration.milliseconds(max(0, min(number("CHUNK_INTERVAL"), 3_600_000)))
            guard await process.sleep(for: pause) else { return .killed }
        }
        await process.print("Shutting down connection")
        connection.output.end()
        await process.print("Done")
        return .success
    }
}
