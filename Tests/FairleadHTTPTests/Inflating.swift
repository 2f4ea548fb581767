import CFairleadZlib

/// What gzip made of at most `size` bytes; nothing if it is not that.
func inflated(_ bytes: [UInt8], to size: Int) -> [UInt8] {
    var stream = z_stream()
    let size32 = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, size32) == Z_OK else { return [] }
    defer { inflateEnd(&stream) }
    return bytes.withUnsafeBufferPointer { source in
        [UInt8](unsafeUninitializedCapacity: size + 1) { target, count in
            stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            let status = inflate(&stream, Z_FINISH)
            count = status == Z_STREAM_END ? target.count - Int(stream.avail_out) : 0
        }
    }
}
