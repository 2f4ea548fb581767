import FairleadContainers
import FairleadModel

/// Reads a container's log as its options say: which lines, with which times, until when.
struct PodLogReader: Sendable {
    private static let pieceSize = 32 << 10

    private let buffer: LogBuffer
    private let options: PodLogOptions
    private let since: Timestamp?

    init(_ buffer: LogBuffer, _ options: PodLogOptions, now: Timestamp) {
        self.buffer = buffer
        self.options = options
        since = options.sinceTime ?? options.sinceSeconds.map { now.adding(seconds: -Double($0)) }
    }

    /// What is written next: a line by its number, and how much of it has been written already.
    private struct Place {
        var line: Int
        var offset = 0
        /// How many bytes may still be written.
        var room: Int
    }

    /// All that there is now.
    func present() -> [UInt8] {
        var place = start()
        var bytes: [UInt8] = []
        while let piece = next(&place) { bytes += piece }
        return bytes
    }

    /// Writes all that there is, and, if that is wanted, what follows until the container ends.
    func write(to sink: any ByteSink) async {
        var place = start()
        while !Task.isCancelled {
            let version = buffer.version
            let hasEnded = buffer.snapshot.hasEnded
            do {
                while let piece = next(&place) { try await sink.write(piece) }
            } catch { return }
            if hasEnded || !options.follows || place.room == 0 { return }
            await buffer.changed(since: version)
        }
    }

    private func start() -> Place {
        let (first, lines, _) = buffer.snapshot
        let skipped = options.tailLines.map { max(0, lines.count - $0) } ?? 0
        return Place(line: first + skipped, room: options.limitBytes ?? .max)
    }

    /// - Returns: nil if there is no more at the moment.
    private func next(_ place: inout Place) -> [UInt8]? {
        let (first, lines, _) = buffer.snapshot
        // What came faster than it was read is lost.
        if place.line < first { place = Place(line: first, room: place.room) }
        var bytes: [UInt8] = []
        while place.line - first < lines.count, bytes.count < Self.pieceSize, place.room > 0 {
            let line = lines[place.line - first]
            var part: [UInt8] = []
            if since.map({ line.time >= $0 }) ?? true {
                if options.showsTimestamps, place.offset == 0 { part += Array((Self.text(of: line.time) + " ").utf8) }
                part += line.bytes.dropFirst(place.offset)
                if line.isWhole { part.append(UInt8(ascii: "\n")) }
                part = Array(part.prefix(place.room))
                place.room -= part.count
                bytes += part
            }
            guard line.isWhole else {
                place.offset = line.bytes.count
                break
            }
            place.line += 1
            place.offset = 0
        }
        return bytes.isEmpty ? nil : bytes
    }

    /// With nine digits after the point, as kubelets write it.
    private static func text(of time: Timestamp) -> String {
        let micro = time.rfc3339Micro.dropLast()
        return "\(micro)\(String(1000 + Int(time.nanoseconds) % 1000).dropFirst())Z"
    }
}
