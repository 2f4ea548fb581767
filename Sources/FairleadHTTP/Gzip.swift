import CFairleadZlib
import FairleadAPI

/// Compression of large answers, as a Kubernetes API server does it.
enum Gzip {
    /// Whether Kubernetes would consider that the client accepts gzip: the token must stand alone, without a quality
    /// value.
    static func isAccepted(_ acceptEncoding: String?) -> Bool {
        guard let acceptEncoding else { return false }
        return acceptEncoding.split(separator: ",").contains { token in
            let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
            let rest = token.drop(while: isBlank)
            return rest.hasPrefix("gzip") && rest.dropFirst(4).allSatisfy(isBlank)
        }
    }

    /// The same answer with its body gzipped; unchanged if zlib fails. Takes time, so not for an event loop.
    static func compressed(_ response: APIResponse) -> APIResponse {
        guard let body = compress(response.body) else { return response }
        var result = response
        result.body = [body]
        result.headers.append((name: "Content-Encoding", value: "gzip"))
        result.headers.append((name: "Vary", value: "Accept-Encoding"))
        return result
    }

    /// Level 1, as in Kubernetes: most of the gain for a fraction of the time.
    static func compress(_ pieces: [[UInt8]]) -> [UInt8]? {
        var stream = z_stream()
        // zlib keeps a pointer to the stream, so its address must not change.
        return withUnsafeMutablePointer(to: &stream) { compress(pieces, with: $0) }
    }

    private static func compress(_ pieces: [[UInt8]], with stream: UnsafeMutablePointer<z_stream>) -> [UInt8]? {
        let gzipWindow: Int32 = 15 + 16
        guard
            deflateInit2_(
                stream, 1, Z_DEFLATED, gzipWindow, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { deflateEnd(stream) }
        let total = pieces.reduce(0) { $0 + $1.count }
        let bound = Int(deflateBound(stream, UInt(total))) + 64
        var failed = false
        let output = [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            stream.pointee.next_out = target.baseAddress
            stream.pointee.avail_out = UInt32(clamping: target.count)
            for index in 0...pieces.count {
                let isLast = index == pieces.count
                let input: [UInt8] = isLast ? [] : pieces[index]
                let status = input.withUnsafeBufferPointer { source in
                    stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                    stream.pointee.avail_in = UInt32(clamping: source.count)
                    defer { stream.pointee.next_in = nil }
                    return deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                }
                if status != (isLast ? Z_STREAM_END : Z_OK) && !(status == Z_BUF_ERROR && input.isEmpty) {
                    failed = true
                    break
                }
            }
            count = failed ? 0 : target.count - Int(stream.pointee.avail_out)
        }
        return failed ? nil : output
    }
}
