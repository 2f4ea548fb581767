/// The requests of etcd's API v3 that this program makes, with the fields that it sets (etcd.io, "API reference").
protocol EtcdRequest: Sendable {
    var encoded: WireWriter { get }
}

/// KV/Range.
struct RangeRequest: EtcdRequest {
    var key: [UInt8]
    /// The key after the last one; empty for one key.
    var end: [UInt8] = []
    var limit: Int64 = 0
    /// The state to read; 0 for the current one.
    var revision: Int64 = 0
    var keysOnly = false
    /// Leaves out what has been written after this revision; 0 for no limit.
    var writtenUpTo: Int64 = 0

    var encoded: WireWriter {
        var writer = WireWriter()
        writer.data(1, key)
        if !end.isEmpty { writer.data(2, end) }
        if limit != 0 { writer.integer(3, limit) }
        if revision != 0 { writer.integer(4, revision) }
        writer.bool(8, keysOnly)
        if writtenUpTo != 0 { writer.integer(11, writtenUpTo) }
        return writer
    }
}

/// KV/Put.
struct PutRequest: EtcdRequest {
    var key: [UInt8]
    var value: [UInt8]

    var encoded: WireWriter {
        var writer = WireWriter()
        writer.data(1, key)
        writer.data(2, value)
        return writer
    }
}

/// KV/DeleteRange.
struct DeleteRequest: EtcdRequest {
    var key: [UInt8]
    /// The key after the last one; empty for one key.
    var end: [UInt8] = []

    var encoded: WireWriter {
        var writer = WireWriter()
        writer.data(1, key)
        if !end.isEmpty { writer.data(2, end) }
        return writer
    }
}

/// KV/Txn.
struct TxnRequest: EtcdRequest {
    /// A condition: the key was last written at this revision; 0 for a key that is not there.
    struct Comparison: Sendable {
        var key: [UInt8]
        var revision: Int64

        fileprivate var encoded: WireWriter {
            var writer = WireWriter()
            // Field 1, the relation, is EQUAL (0); field 2, the target, is MOD.
            writer.integer(2, 2)
            writer.data(3, key)
            writer.integer(6, revision)
            return writer
        }
    }

    enum Operation: Sendable {
        case range(RangeRequest)
        case put(PutRequest)
        case delete(DeleteRequest)

        fileprivate var encoded: WireWriter {
            var writer = WireWriter()
            switch self {
            case .range(let request): writer.message(1, request.encoded)
            case .put(let request): writer.message(2, request.encoded)
            case .delete(let request): writer.message(3, request.encoded)
            }
            return writer
        }
    }

    var comparisons: [Comparison] = []
    /// Carried out if all comparisons hold.
    var success: [Operation] = []
    /// Carried out otherwise.
    var failure: [Operation] = []

    var encoded: WireWriter {
        var writer = WireWriter()
        for comparison in comparisons { writer.message(1, comparison.encoded) }
        for operation in success { writer.message(2, operation.encoded) }
        for operation in failure { writer.message(3, operation.encoded) }
        return writer
    }
}

/// KV/Compact.
struct CompactRequest: EtcdRequest {
    var revision: Int64

    var encoded: WireWriter {
        var writer = WireWriter()
        writer.integer(1, revision)
        return writer
    }
}

/// Watch/Watch: the creation of a watch, or a request for a notification of progress.
enum WatchRequest: EtcdRequest {
    case create(key: [UInt8], end: [UInt8], startRevision: Int64)
    case progress

    var encoded: WireWriter {
        var writer = WireWriter()
        switch self {
        case .create(let key, let end, let revision):
            var creation = WireWriter()
            creation.data(1, key)
            creation.data(2, end)
            creation.integer(3, revision)
            // Notifications of progress, and large answers in fragments.
            creation.bool(4, true)
            creation.bool(8, true)
            writer.message(1, creation)
        case .progress: writer.message(3, WireWriter())
        }
        return writer
    }
}

/// Maintenance/Status.
struct StatusRequest: EtcdRequest {
    var encoded: WireWriter { WireWriter() }
}
