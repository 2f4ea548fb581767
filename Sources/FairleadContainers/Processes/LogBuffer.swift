package import FairleadModel

/// What one run of a container has written, with the time of each piece: at most `capacity` bytes, the oldest are lost.
package final class LogBuffer: Sendable {
    /// A line, or the last part of one that has not ended.
    package struct Line: Hashable, Sendable {
        package var time: Timestamp
        package var bytes: [UInt8]
        /// Whether it ends with a newline, which is not in `bytes`.
        package var isWhole: Bool
    }

    private struct State {
        var lines: [Line] = []
        /// Lines that have been dropped before the first of `lines`.
        var dropped = 0
        var size = 0
        var hasEnded = false
        /// How often anything has changed.
        var changes = 0
    }

    private let capacity: Int
    private let state = Watched(State())

    package init(capacity: Int = 256 << 10) { self.capacity = capacity }

    package func append(_ bytes: [UInt8], at time: Timestamp) {
        guard !bytes.isEmpty else { return }
        change { state in
            var rest = bytes[...]
            while !rest.isEmpty {
                let end = rest.firstIndex(of: UInt8(ascii: "\n"))
                let piece = rest[rest.startIndex..<(end ?? rest.endIndex)]
                if let last = state.lines.indices.last, !state.lines[last].isWhole {
                    state.lines[last].bytes += piece
                    state.lines[last].isWhole = end != nil
                } else {
                    state.lines.append(Line(time: time, bytes: Array(piece), isWhole: end != nil))
                    state.size += 64
                }
                state.size += piece.count
                rest = end.map { rest[rest.index(after: $0)...] } ?? []
            }
            var excess = 0
            while state.size > capacity, excess < state.lines.count - 1 {
                state.size -= state.lines[excess].bytes.count + 64
                excess += 1
            }
            // One endless line keeps its end.
            if state.size > capacity, let last = state.lines.indices.last, state.lines[last].bytes.count > capacity {
                let cut = state.lines[last].bytes.count - capacity
                state.lines[last].bytes.removeFirst(cut)
                state.size -= cut
            }
            // Rarely, as it moves all that stay.
            if excess > 0 {
                state.lines.removeFirst(excess)
                state.dropped += excess
            }
        }
    }

    /// Nothing follows: the container has ended.
    package func end() { change { $0.hasEnded = true } }

    /// All lines that are kept, the number of the first one since the beginning, and whether no more follow.
    package var snapshot: (first: Int, lines: [Line], hasEnded: Bool) {
        state.withLock { ($0.dropped, $0.lines, $0.hasEnded) }
    }

    private func change(_ change: (inout State) -> Void) {
        state.change { state in
            change(&state)
            state.changes &+= 1
        }
    }

    /// A number that grows with everything that is written: what `changed(since:)` waits with.
    package var version: Int { state.withLock { $0.changes } }

    /// Returns when more has been written than at `version`, or when the task is cancelled.
    package func changed(since version: Int) async { await state.wait { $0.changes != version } }
}
