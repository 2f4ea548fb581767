package import FairleadContainers
import FairleadModel

/// gRPC's health service (`grpc.health.v1.Health`) inside the simulation.
///
/// There is no HTTP/2 between simulated containers. What asks (the kubelet's gRPC probe) sends the unary JSON form of
/// the Connect protocol over an ordinary connection: `POST /grpc.health.v1.Health/Check` with `{"service":"name"}`; a
/// program that has the service answers 200 `{"status":"SERVING"}`, or 404 `{"code":"not_found"}` for a service that it
/// does not know. Anything else is no health service.
package enum HealthCheck {
    package enum Answer: Hashable, Sendable {
        case serving, notServing, unknown
        /// The program has the service, but not the name that was asked for.
        case serviceNotFound
        /// The port is served by something else.
        case unimplemented
        /// Nobody could be reached: what the asker says itself.
        case failed(NetworkError)
    }

    static let path = "/grpc.health.v1.Health/Check"

    /// Asks over a connection, and closes it.
    package static func ask(_ service: String, over connection: Connection) async -> Answer {
        defer { connection.close() }
        let request = WebRequest(
            "POST", path,
            headers: [
                ("Host", connection.peer.description), ("Content-Type", "application/json"), ("Connection", "close"),
                ("Connect-Protocol-Version", "1"),
            ], body: Value.object(["service": .string(service)]).jsonBytes)
        do {
            let response = try await WebClient.send(request, over: connection, limit: 65_536)
            let body = try JSON.parse(response.body).value
            switch (response.status, body["status"]?.string, body["code"]?.string) {
            case (200, "SERVING", _): return .serving
            case (200, "NOT_SERVING", _): return .notServing
            case (200, "UNKNOWN", _): return .unknown
            case (404, _, "not_found"): return .serviceNotFound
            default: return .unimplemented
            }
        } catch {
            return .unimplemented
        }
    }

    /// What a program answers to a request on its port.
    ///
    /// - Parameter status: of a service; nil if there is none of that name.
    static func respond(to request: WebRequest, _ status: (String) -> Answer?) -> WebResponse {
        guard request.method == "POST", request.path == path else {
            return .json(404, OrderedJSON.text([("code", "unimplemented")]))
        }
        // What is no JSON names no service.
        let service = (try? JSON.parse(request.body).value["service"]?.string ?? "") ?? ""
        switch status(service) {
        case .serving: return .json(200, "{\"status\":\"SERVING\"}")
        case .notServing: return .json(200, "{\"status\":\"NOT_SERVING\"}")
        case nil: return .json(404, OrderedJSON.text([("code", "not_found"), ("message", "unknown service")]))
        default: return .json(200, "{\"status\":\"UNKNOWN\"}")
        }
    }
}
