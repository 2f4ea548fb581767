/// A name and a value of a header block. Names are in lower case; several values of a name are separated by NUL.
package struct SPDYHeader: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A frame of SPDY/3.1.
///
/// Reference: SPDY Protocol, draft 3.1, chapter 2.6 (framing).
package enum SPDYFrame: Hashable, Sendable {
    /// A part of a stream's data, as much of it as has arrived.
    case data(stream: UInt32, bytes: [UInt8], isLast: Bool)
    case synStream(stream: UInt32, headers: [SPDYHeader], isLast: Bool)
    case synReply(stream: UInt32, headers: [SPDYHeader], isLast: Bool)
    case reset(stream: UInt32, status: ResetStatus)
    case settings
    case ping(UInt32)
    case goAway(lastStream: UInt32, status: UInt32)
    case headers(stream: UInt32, headers: [SPDYHeader], isLast: Bool)
    case windowUpdate(stream: UInt32, delta: UInt32)
    /// A control frame of a type that nobody knows, which is to be ignored.
    case unknown(type: UInt16)

    package struct ResetStatus: Hashable, Sendable {
        package var code: UInt32

        package init(_ code: UInt32) { self.code = code }

        package static let protocolError = ResetStatus(1)
        package static let invalidStream = ResetStatus(2)
        package static let refusedStream = ResetStatus(3)
        package static let cancel = ResetStatus(5)
        package static let streamInUse = ResetStatus(8)
    }
}

/// Why the bytes of a connection are no SPDY: it cannot go on.
package enum SPDYError: Error, Hashable, Sendable {
    case wrongVersion(UInt16)
    case malformed
    case tooLarge
    case badHeaders
}
