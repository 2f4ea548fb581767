import FairleadContainers

/// Carries the bytes of one forwarded connection in both directions.
enum PortRelay {
    private enum Half { case client, pod }

    /// Returns when the pod has closed the connection, or the client has broken it off.
    ///
    /// - Parameter isBroken: whether the client's end, once nothing more comes from it, was broken off, rather than
    ///   closed in one direction.
    static func run(
        _ connection: Connection, from source: any ByteSource, isBroken: @escaping @Sendable () -> Bool,
        to sink: any ByteSink
    ) async {
        defer { connection.close() }
        await withTaskGroup(of: Half.self) { group in
            group.addTask {
                await copy(source, connection.output)
                connection.output.end()
                return .client
            }
            group.addTask {
                await copy(connection.input, sink)
                return .pod
            }
            for await half in group where half == .pod || isBroken() {
                group.cancelAll()
                break
            }
        }
    }

    private static func copy(_ source: any ByteSource, _ sink: any ByteSink) async {
        while let bytes = await source.read(upTo: 32 << 10) {
            do { try await sink.write(bytes) } catch { return }
        }
    }

    /// What a client is told when there is no connection, in the words of a container runtime.
    static func complaint(_ error: NetworkError, port: UInt16, sandbox: String) -> String {
        let why = "\(port): connect: \(error.goDescription)"
        let network = "/var/run/netns/cni-\(sandbox.prefix(8))"
        return "error forwarding port \(port) to pod \(sandbox), uid : failed to execute portforward in network "
            + "namespace \"\(network)\": failed to connect to localhost:\(port) inside namespace \"\(sandbox)\", "
            + "IPv4: dial tcp4 127.0.0.1:\(why) IPv6 dial tcp6 [::1]:\(why) "
    }
}
