package import FairleadModel

/// What a pod's echo says: who it is, and whom it saw.
package struct EchoAnswer: Hashable, Sendable {
    package struct End: Hashable, Sendable {
        package var address: String
        /// nil if it is not known.
        package var port: Int?

        package init(address: String, port: Int?) {
            // A socket for both families shows IPv4 addresses as mapped ones.
            self.address = IPAddress.canonical(address)
            self.port = port
        }

        fileprivate var text: String {
            let host = address.contains(":") ? "[\(address)]" : address
            return port.map { "\(host):\($0)" } ?? address
        }

        fileprivate var json: Value {
            ["address": .string(address), "port": port.map { .int(Int64($0)) } ?? .null]
        }
    }

    package var identity: EchoIdentity
    package var transport: LabTransport
    package var source: End
    package var destination: End
    /// `GET /path`, for HTTP.
    package var request: String?

    package init(
        _ identity: EchoIdentity, _ transport: LabTransport, from source: End, to destination: End,
        request: String? = nil
    ) {
        self.identity = identity
        self.transport = transport
        self.source = source
        self.destination = destination
        self.request = request
    }

    /// For people; one fact in a line.
    package var text: String {
        var lines = [
            "pod        \(identity.pod.name)", "namespace  \(identity.pod.namespace)", "node       \(identity.node)",
            "from       \(source.text)", "to         \(destination.text)",
            "protocol   \(transport.rawValue)",
        ]
        if !identity.portName.isEmpty { lines.append("port       \(identity.portName)") }
        if let request { lines.append("request    \(request)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// For programs; one line.
    package var json: Value {
        var object: Object = [
            "pod": .string(identity.pod.name), "namespace": .string(identity.pod.namespace),
            "node": .string(identity.node), "source": source.json, "destination": destination.json,
            "protocol": .string(transport.rawValue),
        ]
        if !identity.portName.isEmpty { object["portName"] = .string(identity.portName) }
        if let request { object["request"] = .string(request) }
        return .object(object)
    }
}
