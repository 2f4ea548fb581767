import FairleadContainers
import FairleadModel

extension Applets {
    static func tail(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(
            countWords(process.words), "n:c:fFqvs:", long: ["lines": "n", "bytes": "c", "follow": "f", "retry": "F"])
        let text = options.value("c") ?? options.value("n") ?? "10"
        let fromStart = text.hasPrefix("+")
        guard let count = DataSizes.bytes(text.hasPrefix("+") || text.hasPrefix("-") ? String(text.dropFirst()) : text)
        else {
            throw AppletFailure("invalid number '\(text)'")
        }
        let follows = options.has("f") || options.has("F")
        let showsNames = options.operands.count > 1 && !options.has("q") || options.has("v")
        var status: Int32 = 0
        var isFirst = true
        var followed: [(path: String, size: Int)] = []
        for path in options.operands.isEmpty ? ["-"] : options.operands {
            let bytes: [UInt8]
            do throws(FileError) {
                let source = try process.open(path)
                if source is ZeroSource {
                    // Without an end it has no last lines.
                    _ = await process.sleep(for: .seconds(3_000_000_000))
                    return 137
                }
                guard let all = await source.all(limit: 16 << 20) else { throw .noSpace }
                bytes = all
            } catch {
                await process.complain("tail: can't open '\(path)': \(error)")
                status = 1
                if options.has("F") { followed.append((path, 0)) }
                continue
            }
            if showsNames { try await process.put("\(isFirst ? "" : "\n")==> \(path) <==") }
            isFirst = false
            let part = options.has("c") ? lastBytes(bytes, count, fromStart) : lastLines(bytes, count, fromStart)
            if !part.isEmpty { try await process.output.write(Array(part)) }
            if path != "-" { followed.append((path, bytes.count)) }
        }
        if !follows { return status }
        if followed.isEmpty { return status == 0 ? 0 : 1 }
        return try await follow(process, followed, showsNames: showsNames)
    }

    private static func lastBytes(_ bytes: [UInt8], _ count: Int, _ fromStart: Bool) -> ArraySlice<UInt8> {
        fromStart ? bytes.dropFirst(max(0, count - 1)) : bytes.suffix(count)
    }

    private static func lastLines(_ bytes: [UInt8], _ count: Int, _ fromStart: Bool) -> ArraySlice<UInt8> {
        var index = fromStart ? 0 : bytes.count
        var rest = fromStart ? max(0, count - 1) : count
        if fromStart {
            while rest > 0, index < bytes.count {
                if bytes[index] == 10 { rest -= 1 }
                index += 1
            }
            return bytes[index...]
        }
        if rest == 0 { return [] }
        // The end of the last line counts for nothing.
        if bytes.last == 10 { index -= 1 }
        while index > 0 {
            if bytes[index - 1] == 10 {
                rest -= 1
                if rest == 0 { break }
            }
            index -= 1
        }
        return bytes[index...]
    }

    /// Looks once a second for more; a file that has become shorter is read from its start.
    private static func follow(
        _ process: Process, _ start: [(path: String, size: Int)], showsNames: Bool
    ) async throws -> Int32 {
        var followed = start
        var last = followed.last?.path
        // A device never gets longer: nothing to look for.
        let isIdle = followed.allSatisfy { (try? process.status($0.path).kind) == .device }  // Not there: it may come.
        while await process.sleep(for: isIdle ? .seconds(3_000_000_000) : .seconds(1)) {
            for index in followed.indices {
                // A file that has gone may come back.
                guard let size = try? process.status(followed[index].path).size, size != followed[index].size,
                    let bytes = try? process.read(followed[index].path)
                else { continue }
                let known = bytes.count < followed[index].size ? 0 : followed[index].size
                followed[index].size = bytes.count
                guard bytes.count > known else { continue }
                if showsNames, last != followed[index].path {
                    try await process.put("\n==> \(followed[index].path) <==")
                    last = followed[index].path
                }
                try await process.output.write(Array(bytes[known...]))
            }
        }
        return 137
    }
}
