import FairleadContainers
import FairleadModel

extension Applets {
    /// Filters that work line by line.
    static let lines: [String: Applet] = [
        "wc": Applet(wc), "head": Applet(head), "tail": Applet(tail), "cut": Applet(cut), "tr": Applet(tr),
        "sort": Applet(sort), "uniq": Applet(uniq),
        "rev": Applet { process in
            try await process.eachLine(process.words) { line in String(line.unicodeScalars.map { $0 }.reversed()) }
        },
        "fold": Applet { process in
            let options = try AppletOptions(process.words, "bsw:")
            let width = min(10_000, max(1, options.value("w").flatMap { Int($0) } ?? 80))
            return try await process.eachLine(options.operands) { line in
                let scalars = Array(line.unicodeScalars)
                return stride(from: 0, to: max(1, scalars.count), by: width)
                    .map { String(Array(scalars[$0..<min(scalars.count, $0 + width)])) }.joined(separator: "\n")
            }
        },
        "tac": Applet { process in
            try await process.eachInput(process.words) { _, source in
                let bytes = try await process.all(source)
                let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast(
                    bytes.last == 10 ? 1 : 0)
                var output = BufferedOutput(process.output)
                for line in lines.reversed() { try await output.write(line + [10]) }
                try await output.flush()
            }
        },
        "nl": Applet { process in
            let options = try AppletOptions(process.words, "b:w:s:v:n:")
            var number = 0
            let width = min(100, options.value("w").flatMap { Int($0) } ?? 6)
            let separator = options.value("s") ?? "\t"
            return try await process.eachLine(options.operands) { line in
                if line.isEmpty, options.value("b") != "a" { return String(repeating: " ", count: width + 1) }
                number += 1
                return Columns.right(String(number), width) + separator + line
            }
        },
        "paste": Applet(paste),
        "tee": Applet { process in
            let options = try AppletOptions(process.words, "ai", long: ["append": "a"])
            var sinks: [any ByteSink] = []
            var status: Int32 = 0
            for path in options.operands {
                do throws(FileError) {
                    sinks.append(try process.sink(path, appending: options.has("a")))
                } catch {
                    await process.complain("tee: \(path): \(error)")
                    status = 1
                }
            }
            while let bytes = await process.input.read(upTo: 65_536) {
                for sink in sinks { try await sink.write(bytes) }
                try await process.output.write(bytes)
            }
            return status
        },
        "strings": Applet { process in
            try await process.eachInput(process.words.filter { !$0.hasPrefix("-") }) { _, source in
                let bytes = try await process.all(source)
                for run in bytes.split(whereSeparator: { $0 < 32 || $0 > 126 }) where run.count >= 4 {
                    try await process.put(String(decoding: run, as: UTF8.self))
                }
            }
        },
    ]

    private static func wc(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "lwcmL")
        var total = [0, 0, 0]
        let wanted =
            options.flags.isEmpty
            ? [true, true, true]
            : [
                options.has("l"), options.has("w"), options.has("c") || options.has("m"),
            ]
        func text(_ counts: [Int], _ path: String) -> String {
            let shown = zip(counts, wanted).filter(\.1).map(\.0)
            let isAlone = shown.count == 1
            let numbers = isAlone ? String(shown[0]) : shown.map { Columns.right(String($0), 9) }.joined()
            return path == "-" ? numbers : "\(numbers) \(path)"
        }
        let status = try await process.eachInput(options.operands) { path, source in
            var counts = [0, 0, 0]
            var isInWord = false
            while let bytes = await source.read(upTo: 65_536) {
                counts[2] += bytes.count
                for byte in bytes {
                    if byte == 10 { counts[0] += 1 }
                    let isBlank = byte == 32 || byte >= 9 && byte <= 13
                    if !isBlank, !isInWord { counts[1] += 1 }
                    isInWord = !isBlank
                }
            }
            for index in 0..<3 { total[index] += counts[index] }
            try await process.put(text(counts, path == "-" && options.operands.isEmpty ? "-" : path))
        }
        if options.operands.count > 1 { try await process.put(text(total, "total")) }
        return status
    }

    /// `-5` as `-n 5`, as old versions of `head` and `tail` had it.
    static func countWords(_ words: [String]) -> [String] {
        words.enumerated().map { index, word in
            let isValue = index > 0 && ["-n", "-c", "-s"].contains(words[index - 1])
            let digits = word.dropFirst()
            guard !isValue, !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return word }
            return word.hasPrefix("-") ? "-n" + digits : word.hasPrefix("+") ? "-n" + word : word
        }
    }

    private static func head(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(countWords(process.words), "n:c:qv", long: ["lines": "n", "bytes": "c"])
        let text = options.value("c") ?? options.value("n") ?? "10"
        guard let count = DataSizes.bytes(text.hasPrefix("-") ? String(text.dropFirst()) : text) else {
            throw AppletFailure("invalid number '\(text)'")
        }
        var isFirst = true
        return try await process.eachInput(options.operands) { path, source in
            if options.operands.count > 1, !options.has("q") || options.has("v") {
                try await process.put("\(isFirst ? "" : "\n")==> \(path) <==")
            }
            isFirst = false
            if text.hasPrefix("-") {
                let bytes = try await process.all(source)
                if options.has("c") { return try await process.output.write(Array(bytes.dropLast(count))) }
                var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
                if lines.last?.isEmpty == true { lines.removeLast() }
                for line in lines.dropLast(count) { try await process.output.write(Array(line) + [10]) }
                return
            }
            if options.has("c") {
                var rest = count
                while rest > 0, let bytes = await source.read(upTo: min(rest, 65_536)) {
                    rest -= bytes.count
                    try await process.output.write(bytes)
                }
                return
            }
            var rest = count
            var reader = LineReader(source)
            while rest > 0, let line = await reader.next() {
                rest -= 1
                try await process.output.write(reader.wasWhole ? line + [10] : line)
            }
        }
    }

    private static func cut(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "d:f:c:b:sn", long: ["delimiter": "d", "fields": "f"])
        guard let text = options.value("f") ?? options.value("c") ?? options.value("b") else {
            throw AppletFailure("expected a list of bytes, characters, or fields")
        }
        guard let ranges = positions(text) else { throw AppletFailure("invalid range list: \(text)") }
        let delimiter = options.value("d")?.first ?? "\t"
        let isFields = options.has("f")
        func has(_ number: Int) -> Bool { ranges.contains { $0.contains(number) } }
        return try await process.eachLine(options.operands) { line in
            if isFields {
                let fields = line.split(separator: delimiter, omittingEmptySubsequences: false)
                if fields.count == 1 { return options.has("s") ? nil : line }
                return fields.enumerated().filter { has($0.offset + 1) }.map(\.element).joined(
                    separator: String(delimiter))
            }
            return String(line.unicodeScalars.enumerated().filter { has($0.offset + 1) }.map(\.element))
        }
    }

    /// `1,3-5,7-`
    private static func positions(_ text: String) -> [ClosedRange<Int>]? {
        var result: [ClosedRange<Int>] = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            let low = ends[0].isEmpty ? 1 : Int(ends[0]) ?? 0
            let high = ends.count == 1 ? low : ends[1].isEmpty ? Int.max : Int(ends[1]) ?? 0
            guard low >= 1, low <= high else { return nil }
            result.append(low...high)
        }
        return result.isEmpty ? nil : result
    }

    private static func paste(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "sd:")
        let delimiters = Array(Escapes.decoded(options.value("d") ?? "\t", zeroPrefix: false).text)
        var columns: [[String]] = []
        let status = try await process.eachInput(options.operands) { _, source in
            let text = String(decoding: try await process.all(source), as: UTF8.self)
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            if lines.last?.isEmpty == true { lines.removeLast() }
            columns.append(lines)
        }
        func joined(_ parts: [String]) -> String {
            var result = ""
            for (index, part) in parts.enumerated() {
                if index > 0, !delimiters.isEmpty { result.append(delimiters[(index - 1) % delimiters.count]) }
                result += part
            }
            return result
        }
        if options.has("s") {
            for column in columns { try await process.put(joined(column)) }
            return status
        }
        for row in 0..<(columns.map(\.count).max() ?? 0) {
            try await process.put(joined(columns.map { row < $0.count ? $0[row] : "" }))
        }
        return status
    }

    private static func tr(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "cCds")
        guard let first = options.operands.first else { throw AppletFailure("missing operand") }
        var from = characters(first)
        let to = options.operands.count > 1 ? characters(options.operands[1]) : []
        if options.has("c") || options.has("C") {
            let given = Set(from)
            from = (0...255).filter { !given.contains($0) }
        }
        let members = Set(from)
        var map: [UInt8: UInt8] = [:]
        if let last = to.last, !options.has("d") {
            for (index, byte) in from.enumerated() where map[byte] == nil {
                map[byte] = index < to.count ? to[index] : last
            }
        }
        let squeezed = options.has("s") ? (options.operands.count > 1 ? Set(to) : members) : []
        var previous: UInt8?
        while let bytes = await process.input.read(upTo: 65_536) {
            var result: [UInt8] = []
            for byte in bytes {
                if options.has("d"), members.contains(byte) { continue }
                let changed = map[byte] ?? byte
                if squeezed.contains(changed), previous == changed { continue }
                previous = changed
                result.append(changed)
            }
            if !result.isEmpty { try await process.output.write(result) }
        }
        return 0
    }

    /// `a-z`, `[:upper:]`, `\n`
    private static func characters(_ text: String) -> [UInt8] {
        let bytes = Escapes.decodedBytes(Array(text.utf8), zeroPrefix: false).bytes
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "["), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: ":"),
                let end = bytes[(index + 2)...].firstIndex(of: UInt8(ascii: ":"))
            {
                let name = String(decoding: bytes[(index + 2)..<end], as: UTF8.self)
                if let ranges = ScalarSet.named(name) {
                    let set = ScalarSet(ranges: ranges)
                    result += (0...127).filter { set.contains(Unicode.Scalar($0)) }
                    index = end + 2
                    continue
                }
            }
            if index + 2 < bytes.count, bytes[index + 1] == UInt8(ascii: "-"), bytes[index] <= bytes[index + 2] {
                result += Array(bytes[index]...bytes[index + 2])
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}

extension Process {
    /// Writes what a function makes of each line; nothing where it returns nil.
    func eachLine(_ paths: [String], _ change: (String) -> String?) async throws -> Int32 {
        var output = BufferedOutput(output)
        let status = try await eachInput(paths) { _, source in
            var reader = LineReader(source)
            while let line = await reader.nextText() {
                if let text = change(line) { try await output.line(text) }
                if paths.isEmpty { try await output.flush() }
            }
        }
        try await output.flush()
        return status
    }
}
