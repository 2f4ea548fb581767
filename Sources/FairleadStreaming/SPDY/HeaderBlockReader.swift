import CFairleadZlib

/// Reads the header blocks of one direction of a connection, which are parts of one zlib stream.
final class HeaderBlockReader {
    /// A few words describe a stream; whoever sends more wants to fill the memory.
    static let maximumBytes = 16 << 10
    private static let maximumHeaders = 64

    /// zlib keeps a pointer back to its `z_stream`, which therefore has an allocation of its own.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let isReady: Bool

    init() {
        stream.initialize(to: z_stream())
        isReady = inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        if isReady { inflateEnd(stream) }
        stream.deallocate()
    }

    /// - Throws: `badHeaders`, after which the rest of the connection cannot be read either.
    func headers(in block: ArraySlice<UInt8>) throws(SPDYError) -> [SPDYHeader] {
        var rest = try inflate(Array(block))[...]
        guard let count = Self.word(&rest), count <= Self.maximumHeaders else { throw .badHeaders }
        var headers: [SPDYHeader] = []
        for _ in 0..<count {
            guard let name = Self.text(&rest), let value = Self.text(&rest), !name.isEmpty else { throw .badHeaders }
            headers.append(SPDYHeader(name.lowercased(), value))
        }
        return headers
    }

    private func inflate(_ input: [UInt8]) throws(SPDYError) -> [UInt8] {
        guard isReady else { throw .badHeaders }
        var isBad = false
        let output = input.withUnsafeBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: Self.maximumBytes + 1) { target, count in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                stream.pointee.avail_in = UInt32(clamping: source.count)
                stream.pointee.next_out = target.baseAddress
                stream.pointee.avail_out = UInt32(clamping: target.count)
                var status = CFairleadZlib.inflate(stream, Z_SYNC_FLUSH)
                if status == Z_NEED_DICT {
                    status = SPDYDictionary.bytes.withUnsafeBufferPointer {
                        inflateSetDictionary(stream, $0.baseAddress, UInt32(clamping: $0.count))
                    }
                    if status == Z_OK { status = CFairleadZlib.inflate(stream, Z_SYNC_FLUSH) }
                }
                isBad = status != Z_OK && status != Z_BUF_ERROR || stream.pointee.avail_in > 0
                stream.pointee.next_in = nil
                stream.pointee.next_out = nil
                count = target.count - Int(stream.pointee.avail_out)
            }
        }
        guard !isBad, output.count <= Self.maximumBytes else { throw .badHeaders }
        return output
    }

    private static func word(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard rest.count >= 4 else { return nil }
        defer { rest = rest.dropFirst(4) }
        return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }

    private static func text(_ rest: inout ArraySlice<UInt8>) -> String? {
        guard let length = word(&rest), length <= rest.count else { return nil }
        defer { rest = rest.dropFirst(length) }
        return String(decoding: rest.prefix(length), as: UTF8.self)
    }
}
