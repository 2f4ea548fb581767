#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Standard output and error for what a user has asked for: written at once, so that a reader on a pipe gets it
/// immediately, and blocking until it is accepted. The log uses `LogStream`, which never blocks.
package enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    package func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { buffer in
                buffer.baseAddress.map { systemWrite(rawValue, $0, buffer.count) } ?? -1
            }
            if written > 0 {
                bytes = bytes.dropFirst(written)
            } else if written == 0 || errno != EINTR {
                return
            }
        }
    }
}

func systemWrite(_ descriptor: Int32, _ base: UnsafeRawPointer, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.write(descriptor, base, count)
    #else
        Darwin.write(descriptor, base, count)
    #endif
}
