package import FairleadModel
package import FairleadStorage

extension StorageError {
    /// The one place where storage errors become errors that clients see.
    package func status(_ resource: GroupResource, name: String) -> APIStatus {
        switch self {
        case .conflict: return .modified(resource, name: name)
        case .expired(let requested, let oldest):
            return .expired("too old resource version: \(requested) (\(oldest))")
        case .future(let requested, let current): return Self.tooLarge(requested: requested, current: current)
        case .corrupted(let why), .io(let why): return .internalError(why)
        case .tooDeep: return .tooDeep
        // How kube-apiserver reports etcd errors that it does not know: their message, and no reason.
        case .tooLarge: return APIStatus(code: 500, reason: "", message: "etcdserver: request is too large")
        case .spaceExceeded:
            return APIStatus(code: 500, reason: "", message: "etcdserver: mvcc: database space exceeded")
        case .closed:
            return APIStatus(code: 503, reason: "ServiceUnavailable", message: "the server is shutting down")
        }
    }

    /// The error for a future revision.
    static func tooLarge(requested: Int64, current: Int64) -> APIStatus {
        APIStatus(
            code: 504, reason: "Timeout",
            message: "Timeout: Too large resource version: \(requested), current: \(current)",
            details: .init(
                causes: [
                    .init(reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")
                ], retryAfterSeconds: 1))
    }
}
