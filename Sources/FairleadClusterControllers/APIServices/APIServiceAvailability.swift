import FairleadClient
import FairleadModel

/// Whether an APIService is available, and if not, why. Pure.
///
/// Reference: k8s.io/kube-aggregator `pkg/controllers/status`.
struct APIServiceAvailability {
    var isAvailable: Bool
    var reason: String
    var message: String

    /// The Service behind it; nil for groups that the API server serves itself.
    static func target(of service: Value) -> ObjectName? {
        service.at("spec", "service").map { ObjectName(namespace: $0.text("namespace"), name: $0.text("name")) }
    }

    /// - Parameters:
    ///   - target: the Service behind it, if it exists.
    ///   - slices: the EndpointSlices of that Service.
    /// - Returns: nil if nothing is missing on the way: then the server is to be asked.
    static func state(of service: Value, target: Value?, slices: [Value]) -> APIServiceAvailability? {
        func missing(_ reason: String, _ message: String) -> APIServiceAvailability {
            APIServiceAvailability(isAvailable: false, reason: reason, message: message)
        }
        guard let reference = service.at("spec", "service") else {
            return APIServiceAvailability(
                isAvailable: true, reason: "Local", message: "Local APIServices are always available")
        }
        let place = "service/\(reference.text("name")) in \(reference.text("namespace").goQuoted)"
        guard let target else { return missing("ServiceNotFound", "\(place) is not present") }
        let number = reference["port"]?.int ?? 443
        if target.text("spec", "type") == "ClusterIP" {
            guard let port = target.items("spec", "ports").first(where: { $0["port"]?.int == number }) else {
                return missing("ServicePortError", "\(place) is not listening on port \(number)")
            }
            let name = port.text("name")
            if slices.isEmpty { return missing("EndpointsNotFound", "cannot find endpointslices for \(place)") }
            if !slices.contains(where: { hasAddress($0, port: name) }) {
                return missing(
                    "MissingEndpoints", "endpoints for \(place) have no addresses with port name \(name.goQuoted)")
            }
        }
        return nil
    }

    /// - Parameter failure: why the server has not answered; nil if it has.
    static func checked(_ failure: String?) -> APIServiceAvailability {
        failure.map { APIServiceAvailability(isAvailable: false, reason: "FailedDiscoveryCheck", message: $0) }
            ?? APIServiceAvailability(isAvailable: true, reason: "Passed", message: "all checks passed")
    }

    private static func hasAddress(_ slice: Value, port name: String) -> Bool {
        slice.items("ports").contains { $0.text("name") == name }
            && slice.items("endpoints").contains { endpoint in
                endpoint.at("conditions", "ready")?.bool ?? true && !endpoint.items("addresses").isEmpty
            }
    }
}
