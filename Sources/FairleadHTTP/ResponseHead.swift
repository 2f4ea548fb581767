import FairleadAPI
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
    mutating func writeHead(
        status: Int, contentType: String, headers: [(name: String, value: String)], framing: BodyFraming,
        closes: Bool, dateLine: [UInt8]
    ) {
        switch status {
        case 200: writeStaticString("HTTP/1.1 200 OK\r\n")
        case 201: writeStaticString("HTTP/1.1 201 Created\r\n")
        case 404: writeStaticString("HTTP/1.1 404 Not Found\r\n")
        case 409: writeStaticString("HTTP/1.1 409 Conflict\r\n")
        default: writeString("HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\n")
        }
        if !contentType.isEmpty {
            writeStaticString("Content-Type: ")
            writeFieldValue(contentType)
        }
        for header in headers {
            writeString(header.name)
            writeStaticString(": ")
            writeFieldValue(header.value)
        }
        writeBytes(dateLine)
        switch framing {
        case .length(let length):
            writeStaticString("Content-Length: ")
            writeDecimal(length)
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

    private mutating func writeDecimal(_ number: Int) {
        if number < 10 {
            writeInteger(UInt8(truncatingIfNeeded: 48 + number))
        } else {
            writeDecimal(number / 10)
            writeInteger(UInt8(truncatingIfNeeded: 48 + number % 10))
        }
    }
}

extension String {
    /// With spaces in place of line breaks, which would let a client inject headers.
    var asFieldValue: String {
        guard utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) else { return self }
        return String(decoding: utf8.map { $0 == 13 || $0 == 10 || $0 == 0 ? 32 : $0 }, as: UTF8.self)
    }
}
