import CFairleadZlib
import FairleadAPI
import Synchronization

/// Compression of an answer that is sent while it is being produced.
final class GzipStream: Sendable {
    static let headers: [(name: String, value: String)] = [
        (name: "Content-Encoding", value: "gzip"), (name: "Vary", value: "Accept-Encoding"),
    ]

    /// zlib keeps a pointer back to its `z_stream`, which therefore has an allocation of its own.
    private final class Deflater {
        private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

        init?() {
            stream.initialize(to: z_stream())
            let gzipWindow: Int32 = 15 + 16
            guard
                deflateInit2_(
                    stream, 1, Z_DEFLATED, gzipWindow, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                    Int32(MemoryLayout<z_stream>.size)) == Z_OK
            else {
                stream.deallocate()
                return nil
            }
        }

        deinit {
            deflateEnd(stream)
            stream.deallocate()
        }

        /// Appends the output for `input`; with `isLast`, all that is left.
        func deflate(_ input: [UInt8], isLast: Bool, into output: inout [UInt8]) {
            input.withUnsafeBufferPointer { source in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                stream.pointee.avail_in = UInt32(clamping: source.count)
                repeat {
                    let piece = [UInt8](unsafeUninitializedCapacity: 64 * 1024) { target, count in
                        stream.pointee.next_out = target.baseAddress
                        stream.pointee.avail_out = UInt32(target.count)
                        _ = CFairleadZlib.deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                        count = target.count - Int(stream.pointee.avail_out)
                    }
                    output += piece
                } while stream.pointee.avail_out == 0
                stream.pointee.next_in = nil
                stream.pointee.next_out = nil
            }
        }
    }

    private let deflater: Mutex<Deflater>

    /// nil if zlib cannot allocate memory.
    init?() {
        guard let deflater = Deflater() else { return nil }
        self.deflater = Mutex(deflater)
    }

    /// The same step with its pieces compressed. Takes time, so not for an event loop.
    func compress(_ step: StreamStep) -> StreamStep {
        switch step {
        case .wait: .wait
        case .data(let pieces): .data([compress(pieces, isLast: false)])
        case .end(let pieces): .end([compress(pieces, isLast: true)])
        }
    }

    private func compress(_ pieces: [[UInt8]], isLast: Bool) -> [UInt8] {
        deflater.withLock { deflater in
            var output: [UInt8] = []
            for piece in pieces { deflater.deflate(piece, isLast: false, into: &output) }
            if isLast { deflater.deflate([], isLast: true, into: &output) }
            return output
        }
    }
}
