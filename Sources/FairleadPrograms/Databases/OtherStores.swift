import FairleadContainers
import FairleadModel

/// Stores of which only the start and an answer to HTTP are simulated.
enum OtherStores {
    /// mongod: the driver's protocol is not spoken.
    static var mongo: ListedServer {
        ListedServer(
            ports: { _ in [27017] },
            banner: { process, port in
                [(4_615_611, "MongoDB starting", "initandlisten"), (23016, "Waiting for connections", "listener")].map {
                    id, text, context in
                    OrderedJSON.text([
                        ("t", ["$date": .string(process.world.now().rfc3339Micro.dropLast(4) + "+00:00")]), ("s", "I"),
                        ("c", text == "MongoDB starting" ? "CONTROL" : "NETWORK"), ("id", .int(id)),
                        ("ctx", .string(context)),
                        ("msg", .string(text)), ("attr", ["port": .int(Int64(port))]),
                    ])
                }
            }, terminated: .success
        ) { _, _ in
            WebResponse(
                200, text: "It looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n",
                type: "text/plain")
        }
    }

    /// A server with fixed answers by path.
    static func fixed(
        _ ports: [UInt16], banner: String, _ answers: [String: WebResponse], otherwise: WebResponse = .goNotFound
    ) -> ListedServer {
        ListedServer(ports: { _ in ports }, banner: { _, _ in [banner] }, terminated: .success) { request, _ in
            answers[request.path] ?? otherwise
        }
    }

    /// zookeeper: `ruok` and its kind.
    static var zookeeper: FunctionProgram {
        FunctionProgram { process in
            let listening: any Listening
            do throws(NetworkError) {
                listening = try process.world.network.listen(on: 2181, address: nil) { connection in
                    defer { connection.close() }
                    let word = await connection.input.read(upTo: 4).map { String(decoding: $0, as: UTF8.self) }
                    let answers = ["ruok": "imok", "srvr": "Zookeeper version: 3.9.3\nMode: standalone\n"]
                    guard let answer = word.flatMap({ answers[$0] }) else { return }
                    // Whoever has gone needs no answer.
                    try? await connection.output.write(answer)
                    connection.output.end()
                }
            } catch {
                await process.complain("Unable to start, exiting abnormally: \(error)")
                return .failure
            }
            defer { listening.close() }
            await process.print(
                "\(process.world.now().rfc3339Micro) [myid:1] - INFO  [main:o.a.z.s.NIOServerCnxnFactory] - "
                    + "binding to port 0.0.0.0/0.0.0.0:2181"
            )
            while let signal = await process.signals.next() {
                if signal == .terminate || signal == .interrupt { return ExitStatus(143) }
            }
            return .killed
        }
    }
}
