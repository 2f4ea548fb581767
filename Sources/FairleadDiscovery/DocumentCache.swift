import FairleadAPI
import Synchronization

/// A document as it is sent.
struct CachedDocument: Sendable {
    let bytes: [UInt8]
    let contentType: String
    let etag: String

    init(_ bytes: [UInt8], contentType: String) {
        self.bytes = bytes
        self.contentType = contentType
        // FNV-1a over the content: it identifies the content, it does not protect it.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        etag = "\"" + String(hash, radix: 16, uppercase: true) + "\""
    }

    /// 200 with the document, or 304 if the client has it (RFC 9110, 13.1.2).
    func response(to request: APIRequest, headers: [(name: String, value: String)]) -> APIResponse {
        let headers = [(name: "Etag", value: etag)] + headers
        let known = request.header("If-None-Match")?.split(separator: ",").map { $0.trimmingSpaces } ?? []
        if known.contains(where: { $0 == etag || $0 == "*" || $0 == "W/" + etag }) {
            return APIResponse(status: 304, contentType: "", headers: headers, body: [])
        }
        return APIResponse(status: 200, contentType: contentType, headers: headers, body: [bytes])
    }
}

/// Documents that are built on first use and then kept.
final class DocumentCache: Sendable {
    private let documents = Mutex<[String: CachedDocument]>([:])

    /// The document of that name. Two concurrent first callers may both build it; the first result is kept.
    func entry(_ name: String, _ make: () throws -> CachedDocument) rethrows -> CachedDocument {
        if let known = documents.withLock({ $0[name] }) { return known }
        let made = try make()
        return documents.withLock { documents in
            if let known = documents[name] { return known }
            documents[name] = made
            return made
        }
    }
}
