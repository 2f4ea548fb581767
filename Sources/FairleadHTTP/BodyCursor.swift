import NIOCore

/// A large answer being sent: its pieces are copied only as fast as the client reads them.
struct BodyCursor {
    private let pieces: [[UInt8]]
    private var piece = 0
    private var offset = 0

    init(_ pieces: [[UInt8]]) {
        self.pieces = pieces
    }

    var isAtEnd: Bool { piece == pieces.count }

    /// Copies up to `maximum` bytes into the buffer.
    mutating func write(into buffer: inout ByteBuffer, maximum: Int) {
        var left = maximum
        while left > 0, piece < pieces.count {
            let count = min(left, pieces[piece].count - offset)
            buffer.writeBytes(pieces[piece][offset..<offset + count])
            left -= count
            offset += count
            if offset == pieces[piece].count {
                piece += 1
                offset = 0
            }
        }
    }
}
