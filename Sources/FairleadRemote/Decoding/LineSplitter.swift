/// Puts lines together from pieces that end anywhere. A line is finished by a line feed, which is not part of it.
struct LineSplitter {
    struct TooLong: Error {
        var limit: Int
    }

    private let limit: Int
    /// The beginning of a line whose end has not come yet.
    private var beginning: [UInt8] = []

    /// - Parameter limit: how long a line may be, in bytes.
    init(limit: Int) { self.limit = limit }

    /// Calls `body` for each line that the piece completes, in order. Empty lines are left out.
    mutating func append<Failure: Error>(
        _ piece: [UInt8], tooLong: (TooLong) -> Failure, _ body: (ArraySlice<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        var start = 0
        while let end = piece[start...].firstIndex(of: UInt8(ascii: "\n")) {
            try check(end - start, tooLong)
            if beginning.isEmpty {
                if end > start { try body(piece[start..<end]) }
            } else {
                beginning.append(contentsOf: piece[start..<end])
                let line = beginning
                beginning = []
                try body(line[...])
            }
            start = end + 1
        }
        try check(piece.count - start, tooLong)
        beginning.append(contentsOf: piece[start...])
    }

    private func check<Failure: Error>(_ more: Int, _ tooLong: (TooLong) -> Failure) throws(Failure) {
        if beginning.count + more > limit { throw tooLong(TooLong(limit: limit)) }
    }
}
