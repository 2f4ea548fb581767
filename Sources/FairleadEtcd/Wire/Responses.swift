/// The responses of etcd's API v3 to these requests, with the fields that this program reads (etcd.io, "API reference").
protocol EtcdResponse: Sendable {
    init()
    mutating func read(_ field: WireReader.Field) throws(WireError)
}

extension EtcdResponse {
    init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        self.init()
        var reader = WireReader(bytes)
        while let field = try reader.next() { try read(field) }
    }
}

/// What every response begins with.
struct ResponseHeader: EtcdResponse {
    var cluster: UInt64 = 0
    /// The revision of the store when the request was carried out; of a transaction that wrote, its own.
    var revision: Int64 = 0

    mutating func read(_ field: WireReader.Field) {
        switch field.number {
        case 1: cluster = UInt64(bitPattern: field.integer)
        case 3: revision = field.integer
        default: break
        }
    }
}

/// A version of a key.
struct KeyValue: EtcdResponse {
    var key: [UInt8] = []
    var createRevision: Int64 = 0
    var modRevision: Int64 = 0
    var value: [UInt8] = []

    mutating func read(_ field: WireReader.Field) {
        switch field.number {
        case 1: key = field.bytes
        case 2: createRevision = field.integer
        case 3: modRevision = field.integer
        case 5: value = field.bytes
        default: break
        }
    }
}

struct RangeResponse: EtcdResponse {
    var header = ResponseHeader()
    var values: [KeyValue] = []
    var hasMore = false

    mutating func read(_ field: WireReader.Field) throws(WireError) {
        switch field.number {
        case 1: header = try ResponseHeader(decoding: field.content)
        case 2: values.append(try KeyValue(decoding: field.content))
        case 3: hasMore = field.bool
        default: break
        }
    }
}

/// The response to a put, a deletion or a compaction, of which only the header counts.
struct PlainResponse: EtcdResponse {
    var header = ResponseHeader()

    mutating func read(_ field: WireReader.Field) throws(WireError) {
        if field.number == 1 { header = try ResponseHeader(decoding: field.content) }
    }
}

struct TxnResponse: EtcdResponse {
    var header = ResponseHeader()
    var succeeded = false
    /// The outcomes of the ranges among the operations that were carried out.
    var ranges: [RangeResponse] = []

    mutating func read(_ field: WireReader.Field) throws(WireError) {
        switch field.number {
        case 1: header = try ResponseHeader(decoding: field.content)
        case 2: succeeded = field.bool
        case 3:
            var reader = WireReader(field.content)
            while let response = try reader.next() {
                if response.number == 1 { ranges.append(try RangeResponse(decoding: response.content)) }
            }
        default: break
        }
    }
}

struct WatchResponse: EtcdResponse {
    struct Event: EtcdResponse {
        var isDeletion = false
        var version = KeyValue()

        mutating func read(_ field: WireReader.Field) throws(WireError) {
            switch field.number {
            case 1: isDeletion = field.integer == 1
            case 2: version = try KeyValue(decoding: field.content)
            default: break
            }
        }
    }

    var header = ResponseHeader()
    var isCreated = false
    var isCanceled = false
    /// If the watch began too far in the past, the revision to which history has been compacted.
    var compactRevision: Int64 = 0
    var reason = ""
    /// Whether the rest follows in another response.
    var isFragment = false
    var events: [Event] = []

    mutating func read(_ field: WireReader.Field) throws(WireError) {
        switch field.number {
        case 1: header = try ResponseHeader(decoding: field.content)
        case 3: isCreated = field.bool
        case 4: isCanceled = field.bool
        case 5: compactRevision = field.integer
        case 6: reason = field.text
        case 7: isFragment = field.bool
        case 11: events.append(try Event(decoding: field.content))
        default: break
        }
    }
}

struct StatusResponse: EtcdResponse {
    var header = ResponseHeader()
    var version = ""
    var bytes: Int64 = 0
    var bytesInUse: Int64 = 0
    /// Alarms and other troubles, in words.
    var errors: [String] = []

    mutating func read(_ field: WireReader.Field) throws(WireError) {
        switch field.number {
        case 1: header = try ResponseHeader(decoding: field.content)
        case 2: version = field.text
        case 3: bytes = field.integer
        case 8: errors.append(field.text)
        case 9: bytesInUse = field.integer
        default: break
        }
    }
}
