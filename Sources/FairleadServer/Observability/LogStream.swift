import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Standard error for the log: written at once, and without ever waiting for the reader, because loggers are called on
/// event loops.
///
/// A line that does not fit into a full pipe is dropped and counted; before the first line that fits again, a line says
/// how many are missing. No line stays cut off: the rest of a partial line is written before the next one.
package final class LogStream: Sendable {
    private struct State {
        /// The unwritten rest of a partially written line.
        var rest: ArraySlice<UInt8> = []
        var dropped = 0
    }

    private enum Way {
        /// A regular file, or our own non-blocking descriptor.
        case plain
        case socket
        /// Somebody else's pipe: polled before each write, and never given more than a pipe accepts at once.
        case asked
    }

    package static let standardError = LogStream(descriptor: STDERR_FILENO)

    private let descriptor: Int32
    private let way: Way
    private let state = Mutex(State())

    /// How much a pipe that is ready accepts without blocking (Linux's PIPE_BUF; POSIX guarantees less).
    private static let pipeBuffer = 4096
    /// Longer lines are truncated: an error may quote an object of megabytes.
    private static let longestLine = 16 * 1024

    /// - Parameter descriptor: must stay open for the life of the process.
    package init(descriptor: Int32) {
        // The reader may go away, which must not kill this process.
        signal(SIGPIPE, SIG_IGN)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            self.descriptor = descriptor
            way = .plain
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFIFO, S_IFCHR:
            // Reopened, because the flags of the descriptor we were given are shared with other processes.
            let own = open("/dev/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
            self.descriptor = own >= 0 ? own : descriptor
            way = own >= 0 ? .plain : .asked
        case S_IFSOCK:
            self.descriptor = descriptor
            way = .socket
        default:
            self.descriptor = descriptor
            way = .plain
        }
    }

    /// - Parameters:
    ///   - line: the line, including its line end.
    ///   - notice: makes the line that says how many lines are missing.
    package func write(_ line: String, notice: (Int) -> String) {
        state.withLock { state in
            if !state.rest.isEmpty, !send(&state.rest) { return state.dropped += 1 }
            if state.dropped > 0 {
                var missing = Array(notice(state.dropped).utf8)[...]
                let isWhole = send(&missing)
                if missing.startIndex == 0, !isWhole { return state.dropped += 1 }
                state.dropped = 0
                state.rest = missing
                if !isWhole { return state.dropped += 1 }
            }
            var bytes = Array(line.utf8)[...]
            if bytes.count > Self.longestLine { bytes = bytes.prefix(Self.longestLine) + Array("…\n".utf8) }
            let whole = bytes.count
            if send(&bytes) { return }
            if bytes.count == whole { state.dropped += 1 } else { state.rest = bytes }
        }
    }

    /// Writes as much as possible without waiting.
    /// - Returns: whether that was all; `bytes` keeps the rest.
    private func send(_ bytes: inout ArraySlice<UInt8>) -> Bool {
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { buffer in
                buffer.baseAddress.map { put($0, buffer.count) } ?? -1
            }
            if written > 0 {
                bytes = bytes.dropFirst(written)
            } else if written == 0 || errno != EINTR {
                return false
            }
        }
        return true
    }

    private func put(_ base: UnsafeRawPointer, _ count: Int) -> Int {
        switch way {
        case .plain: return systemWrite(descriptor, base, count)
        case .socket:
            #if canImport(Glibc)
                return Glibc.send(
                    descriptor, base, count,
                    Int32(truncatingIfNeeded: MSG_DONTWAIT) | Int32(truncatingIfNeeded: MSG_NOSIGNAL))
            #else
                return Darwin.send(descriptor, base, count, MSG_DONTWAIT)
            #endif
        case .asked:
            var question = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&question, 1, 0) == 1 else { return 0 }
            return systemWrite(descriptor, base, min(count, Self.pipeBuffer))
        }
    }
}
