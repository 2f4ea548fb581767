import FairleadClient
import FairleadModel
import NIOCore

/// Reads the events of a watch: one JSON object in each line (meta/v1 WatchEvent).
struct WatchDecoder {
    private let resource: GroupResource
    private var lines: LineSplitter
    /// What is wrong after the events that have been returned: told when it is asked for more.
    private var failure: APIStatus?

    init(_ resource: GroupResource, limits: RemoteLimits) {
        self.resource = resource
        lines = LineSplitter(limit: limits.eventBytes)
    }

    /// The events that these pieces complete.
    /// - Throws: what an ERROR event says, such as 410; or 500 if something cannot be read. Nothing more can be decoded
    ///   then.
    mutating func events(in pieces: [ByteBuffer]) throws(APIStatus) -> [WatchEvent] {
        if let failure { throw failure }
        var events: [WatchEvent] = []
        do throws(APIStatus) {
            for piece in pieces {
                let resource = resource
                try lines.append(Array(piece.readableBytesView)) { tooLong in
                    RemoteFailure.unreadable(
                        "the watch of \(resource) sent an event of more than \(tooLong.limit) bytes")
                } _: { (line) throws(APIStatus) in
                    if let event = try Self.event(line, resource) { events.append(event) }
                }
            }
        } catch {
            failure = error
            if events.isEmpty { throw error }
        }
        return events
    }

    private static func event(
        _ line: ArraySlice<UInt8>, _ resource: GroupResource
    ) throws(APIStatus) -> WatchEvent? {
        // A carriage return alone is as empty.
        if line.allSatisfy({ $0 == 0x0D || $0 == 0x20 }) { return nil }
        let value: Value
        do {
            value = try JSON.parse(line, maximumDepth: JSON.maximumStoredDepth + 1).value
        } catch {
            throw RemoteFailure.unreadable("the watch of \(resource) sent what is no JSON: \(error.message)")
        }
        let type = value["type"]?.string ?? ""
        guard let object = value["object"], object.object != nil else {
            throw RemoteFailure.unreadable("the watch of \(resource) sent an event \(type.goQuoted) without an object")
        }
        let kind: WatchEvent.Kind
        switch type {
        case "ADDED": kind = .added
        case "MODIFIED": kind = .modified
        case "DELETED": kind = .deleted
        case "BOOKMARK":
            let revision = try RemoteRevision.parse(
                object.at("metadata", "resourceVersion"), of: "a bookmark of \(resource)")
            return WatchEvent(kind: .bookmark, object: nil, revision: revision)
        case "ERROR":
            throw APIStatus(object, code: 500)
                ?? RemoteFailure.unreadable("the watch of \(resource) sent an error that is no Status")
        default:
            throw RemoteFailure.unreadable(
                "the watch of \(resource) sent an event of the unknown type \(String(type.prefix(40)).goQuoted)")
        }
        let stored = try StoredObject.remote(object, resource, keepsTree: true)
        return WatchEvent(kind: kind, object: stored, revision: stored.revision)
    }
}
