import FairleadAPI
import FairleadModel
import NIOCore
import NIOHTTP1

/// How the client learns where the body of an answer ends.
enum BodyFraming {
    case length(Int)
    case chunked
    /// The end of the connection (HTTP/1.0).
    case untilClose
    /// There is no body by definition (204, 304).
    case none
}

extension ByteBuffer {
    /// Writes the status line and headers directly, without building a list of headers.
    ///
    /// - Parameters:
    ///   - shared: headers besides `headers`.
    ///   - auditID: another one, if it is not empty.
    mutating func writeHead(
        status: Int, contentType: String, headers: [(name: String, value: String)], shared: HeaderBlock?,
        auditID: String, framing: BodyFraming, closes: Bool, dateLine: [UInt8]
    ) {
        if status == 200, let shared, headers.isEmpty, !auditID.isEmpty, contentType == "application/json" {
            writeBytes(shared.common)
            writeString(auditID)
            writeStaticString("\r\n")
            return writeEnd(framing, closes: closes, dateLine)
        }
        switch status {
        case 200: writeStaticString("HTTP/1.1 200 OK\r\n")
        case 201: writeStaticString("HTTP/1.1 201 Created\r\n")
        case 404: writeStaticString("HTTP/1.1 404 Not Found\r\n")
        case 409: writeStaticString("HTTP/1.1 409 Conflict\r\n")
        default: writeString("HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\n")
        }
        switch contentType {
        case "application/json": writeStaticString("Content-Type: application/json\r\n")
        case "": break
        default:
            writeStaticString("Content-Type: ")
            writeFieldValue(contentType)
        }
        for header in headers {
            writeString(header.name)
            writeStaticString(": ")
            writeFieldValue(header.value)
        }
        if let shared { writeBytes(shared.lines) }
        if !auditID.isEmpty {
            writeStaticString("Audit-Id: ")
            writeString(auditID)
            writeStaticString("\r\n")
        }
        writeEnd(framing, closes: closes, dateLine)
    }

    /// What a head ends with.
    private mutating func writeEnd(_ framing: BodyFraming, closes: Bool, _ dateLine: [UInt8]) {
        writeBytes(dateLine)
        switch framing {
        case .length(let length):
            writeStaticString("Content-Length: ")
            writeString(String(length))
            if !closes {
                _ = writeStaticString("\r\n\r\n")
                return
            }
            writeStaticString("\r\n")
        case .chunked: writeStaticString("Transfer-Encoding: chunked\r\n")
        case .untilClose, .none: break
        }
        if closes { writeStaticString("Connection: close\r\n") }
        writeStaticString("\r\n")
    }

    /// Writes all pieces as one chunk (RFC 9112, 7.1); nothing if they are empty, because an empty chunk would end the
    /// body.
    mutating func writeChunk(_ pieces: [[UInt8]]) {
        let total = pieces.reduce(0) { $0 + $1.count }
        guard total > 0 else { return }
        reserveCapacity(minimumWritableBytes: total + 20)
        writeString(String(total, radix: 16))
        writeStaticString("\r\n")
        for piece in pieces { writeBytes(piece) }
        writeStaticString("\r\n")
    }

    /// A header value and its line end.
    private mutating func writeFieldValue(_ value: String) {
        writeString(value.asFieldValue)
        writeStaticString("\r\n")
    }
}
