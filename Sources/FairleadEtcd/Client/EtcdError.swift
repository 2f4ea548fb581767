import GRPCCore

/// Why a request to etcd has no answer.
enum EtcdError: Error {
    /// Nobody has answered in time, or the member could not: the request may have been carried out all the same.
    case unavailable(String)
    /// It was not carried out, because the database is full.
    case full
    /// It was not carried out, because it is too large.
    case tooLarge
    /// The revision has been compacted.
    case compacted
    /// It was not carried out, and never will be.
    case refused(String)

    init(_ error: any Error) {
        guard let error = error as? RPCError else {
            self = .unavailable("\(error)")
            return
        }
        switch error.code {
        case .resourceExhausted where error.message.contains("space"): self = .full
        case .invalidArgument where error.message.contains("too large"): self = .tooLarge
        case .outOfRange where error.message.contains("compacted"): self = .compacted
        case .invalidArgument, .unimplemented, .permissionDenied, .failedPrecondition, .outOfRange, .notFound:
            self = .refused("etcd refuses a request: \(error.message)")
        case .unauthenticated: self = .refused("etcd does not know this client: \(error.message)")
        default: self = .unavailable("etcd does not answer: \(error.message.isEmpty ? "\(error.code)" : error.message)")
        }
    }

    /// In words, for people.
    var explanation: String {
        switch self {
        case .unavailable(let why), .refused(let why): why
        case .full: "the database of etcd is full: make room, then `etcdctl alarm disarm`"
        case .tooLarge: "a request is larger than etcd takes"
        case .compacted: "the history has been compacted"
        }
    }
}
