import FairleadAPI
import FairleadModel

/// Where a request comes from: what proxies on the way say, and the other end of the connection last. Only that one can
/// be trusted.
///
/// Reference: k8s.io/apimachinery `pkg/util/net.SourceIPs`.
enum SourceAddresses {
    /// A header may name many.
    private static let most = 64

    static func of(_ request: APIRequest) -> [String] {
        var result: [String] = []
        let forwarded = request.header("X-Forwarded-For") ?? ""
        for part in forwarded.split(separator: ",", maxSplits: most).prefix(most) {
            if let address = IPAddress(part.trimmingSpaces) { result.append(address.description) }
        }
        if let real = request.header("X-Real-Ip"), let address = IPAddress(real)?.description, !result.contains(address)
        {
            result.append(address)
        }
        let peer = IPAddress(request.source)?.description ?? request.source
        if !peer.isEmpty, result.last != peer { result.append(peer) }
        return result
    }
}
