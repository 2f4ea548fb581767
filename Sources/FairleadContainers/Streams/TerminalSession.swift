import Synchronization

/// What the line discipline of a terminal does: it echoes what is typed, hands it on line by line, knows backspace,
/// Ctrl-U, Ctrl-W, Ctrl-C and Ctrl-D, and writes a carriage return before each newline of the output.
///
/// A line is at most 4096 bytes; 64 KiB that nobody reads are kept.
package final class TerminalSession: ByteSource {
    private enum Item {
        case bytes(ArraySlice<UInt8>)
        /// Ctrl-D: one read finds the end.
        case end
    }

    private struct State {
        var items: [Item] = []
        var size = 0
        var hasEnded = false
        var reader: CheckedContinuation<Void, Never>?
    }

    private static let maximumLine = 4_096
    private static let maximumSize = 65_536

    private let state = Mutex(State())
    /// Where programs write.
    package let output: any ByteSink

    /// - Parameter raw: the client's end of the terminal.
    package init(output raw: any ByteSink) { output = TerminalSink(raw) }

    /// Takes what is typed until the source ends or the task is cancelled.
    ///
    /// - Parameter interrupt: what Ctrl-C does; false if nobody has taken it, so that the reader gets an empty line.
    package func pump(_ source: any ByteSource, interrupt: @Sendable () -> Bool) async {
        var line: [UInt8] = []
        var escape = 0
        while let bytes = await source.read(upTo: 4_096) {
            var echo: [UInt8] = []
            for byte in bytes {
                // Sequences of cursor and function keys mean nothing here.
                if escape == 1 {
                    escape = byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") ? 2 : 0
                    continue
                }
                if escape == 2 {
                    if byte >= 0x40 { escape = 0 }
                    continue
                }
                switch byte {
                case 27: escape = 1
                case 3:
                    line = []
                    echo += "^C\n".utf8
                    await show(&echo)
                    if !interrupt() { push(.bytes([10])) }
                case 4:
                    if line.isEmpty { push(.end) } else { push(.bytes(line[...])) }
                    line = []
                case 8, 127: Self.erase(&line, &echo)
                case 21: while !line.isEmpty { Self.erase(&line, &echo) }
                case 23:
                    while line.last == 32 { Self.erase(&line, &echo) }
                    while let last = line.last, last != 32 { Self.erase(&line, &echo) }
                case 10, 13:
                    line.append(10)
                    echo.append(10)
                    await show(&echo)
                    push(.bytes(line[...]))
                    line = []
                case 9, 32...:
                    if line.count < Self.maximumLine - 1 {
                        line.append(byte)
                        echo.append(byte)
                    }
                default: continue
                }
            }
            await show(&echo)
        }
        if !line.isEmpty { push(.bytes(line[...])) }
        wake { $0.hasEnded = true }
    }

    /// What is typed is on the screen before anybody acts on it.
    private func show(_ echo: inout [UInt8]) async {
        if echo.isEmpty { return }
        // A client that has gone sees nothing.
        try? await output.write(echo)
        echo = []
    }

    private static func erase(_ line: inout [UInt8], _ echo: inout [UInt8]) {
        // All bytes of one character.
        while let last = line.popLast(), last & 0xC0 == 0x80 {}
        echo += [8, 32, 8]
    }

    private func push(_ item: Item) {
        wake { state in
            guard state.size < Self.maximumSize else { return }
            if case .bytes(let bytes) = item { state.size += bytes.count } else { state.size += 1 }
            state.items.append(item)
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let reader = state.withLock { state in
            change(&state)
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    package func read(upTo limit: Int) async -> [UInt8]? {
        while !Task.isCancelled {
            let (bytes, isOver) = state.withLock { state -> ([UInt8]?, Bool) in
                guard let first = state.items.first else { return (nil, state.hasEnded) }
                guard case .bytes(let bytes) = first else {
                    state.items.removeFirst()
                    state.size -= 1
                    return (nil, true)
                }
                let piece = Array(bytes.prefix(max(1, limit)))
                let rest = bytes.dropFirst(piece.count)
                state.size -= piece.count
                if rest.isEmpty { state.items.removeFirst() } else { state.items[0] = .bytes(rest) }
                return (piece, false)
            }
            if let bytes { return bytes }
            if isOver { return nil }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let (mayGo, displaced) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
                        if Task.isCancelled || !state.items.isEmpty || state.hasEnded { return (true, nil) }
                        defer { state.reader = continuation }
                        return (false, state.reader)
                    }
                    displaced?.resume()
                    if mayGo { continuation.resume() }
                }
            } onCancel: {
                wake { _ in }
            }
        }
        return nil
    }
}

/// Writes `\r\n` for each newline.
private struct TerminalSink: ByteSink {
    private let sink: any ByteSink

    init(_ sink: any ByteSink) { self.sink = sink }

    func write(_ bytes: [UInt8]) async throws(BrokenPipe) {
        guard bytes.contains(10) else { return try await sink.write(bytes) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 16)
        for byte in bytes {
            if byte == 10 { result.append(13) }
            result.append(byte)
        }
        try await sink.write(result)
    }

    func end() { sink.end() }
}
