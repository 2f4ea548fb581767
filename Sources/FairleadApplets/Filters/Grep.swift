import FairleadContainers
import FairleadModel

/// `grep`
struct Grep {
    private let process: Process
    private let options: AppletOptions
    private let expressions: [RegularExpression]
    private let after: Int
    private let before: Int
    private let showsNames: Bool

    static let applet = Applet { process in
        let options = try AppletOptions(
            process.words, "vqEFicnowrRHhlLsxme:f:A:B:C:m:zaPI",
            long: [
                "quiet": "q", "silent": "q", "invert-match": "v", "ignore-case": "i", "count": "c", "line-number": "n",
                "only-matching": "o", "word-regexp": "w", "recursive": "r", "extended-regexp": "E",
                "fixed-strings": "F",
                "color": "a", "max-count": "m", "no-messages": "s", "line-regexp": "x", "regexp": "e", "include": "I",
            ])
        var operands = options.operands
        var patterns = options.all("e").flatMap {
            $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        for path in options.all("f") {
            let text = String(decoding: try process.read(path), as: UTF8.self)
            patterns += text.split(separator: "\n").map(String.init)
        }
        if options.values.allSatisfy({ $0.option != "e" && $0.option != "f" }) {
            guard !operands.isEmpty else {
                throw AppletFailure("usage: grep [-HhnlLoqvsrRiwFEc] [-m N] PATTERN [FILE]...", status: 2)
            }
            patterns = operands.removeFirst().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        return try await Grep(process, options, patterns, operands).run(operands)
    }

    private init(_ process: Process, _ options: AppletOptions, _ patterns: [String], _ operands: [String]) throws {
        self.process = process
        self.options = options
        let isExtended = options.has("E") || options.has("P") || process.appletName == "egrep"
        let isFixed = options.has("F") || process.appletName == "fgrep"
        expressions = try patterns.prefix(1_000).map { pattern in
            do throws(RegularExpression.Malformed) {
                let text = isFixed ? Self.escaped(pattern) : pattern
                return try RegularExpression(text, isExtended: isExtended || isFixed, ignoresCase: options.has("i"))
            } catch {
                throw AppletFailure("bad regex '\(pattern)'", status: 2)
            }
        }
        let around = options.value("C").flatMap { Int($0) }
        after = min(10_000, max(0, around ?? options.value("A").flatMap { Int($0) } ?? 0))
        before = min(10_000, max(0, around ?? options.value("B").flatMap { Int($0) } ?? 0))
        let isRecursive = options.has("r") || options.has("R")
        showsNames = !options.has("h") && (options.has("H") || operands.count > 1 || isRecursive)
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if "\\^$.[]|()*+?{}".unicodeScalars.contains(scalar) { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
        return result
    }

    private func run(_ operands: [String]) async throws -> Int32 {
        let isRecursive = options.has("r") || options.has("R")
        var paths = operands.isEmpty ? [isRecursive ? "." : "-"] : operands
        if isRecursive {
            paths = paths.flatMap { start in
                FileWalk(process: process).paths(from: start).map(\.path).filter { path in
                    // What is gone meanwhile is no file.
                    path == "-" || (try? process.status(path, followsLast: path == start))?.kind != .directory
                }
            }
        }
        var (found, failed) = (false, false)
        for path in paths {
            let source: any ByteSource
            do throws(FileError) {
                source = try process.open(path)
            } catch {
                failed = true
                if !options.has("s") { await process.complain("grep: \(path): \(error)") }
                continue
            }
            if try await search(source, path == "-" ? "(standard input)" : path) {
                found = true
                if options.has("q") { return 0 }
            }
        }
        return failed && !found ? 2 : found ? 0 : 1
    }

    private func match(_ line: [Unicode.Scalar], from start: Int) -> Range<Int>? {
        var best: Range<Int>?
        for expression in expressions {
            var position = start
            while position <= line.count, let range = expression.match(line, from: position)?.range {
                if accepts(range, line) {
                    if best.map({ range.lowerBound < $0.lowerBound }) ?? true { best = range }
                    break
                }
                position = range.lowerBound + 1
            }
        }
        return best
    }

    private func accepts(_ range: Range<Int>, _ line: [Unicode.Scalar]) -> Bool {
        if options.has("x") { return range == 0..<line.count }
        guard options.has("w") else { return true }
        let before = range.lowerBound > 0 && RegularExpression.isWord(line[range.lowerBound - 1])
        let after = range.upperBound < line.count && RegularExpression.isWord(line[range.upperBound])
        return !before && !after
    }

    private func search(_ source: any ByteSource, _ path: String) async throws -> Bool {
        let limit = options.value("m").flatMap { Int($0) } ?? .max
        let writesLines = !options.has("q") && !options.has("c") && !options.has("l") && !options.has("L")
        var output = BufferedOutput(process.output)
        var reader = LineReader(source)
        var (number, count, trailing) = (0, 0, 0)
        var waiting: [(Int, [UInt8])] = []
        var lastWritten = 0
        func prefix(_ number: Int, _ sign: String) -> String {
            (showsNames ? path + sign : "") + (options.has("n") ? "\(number)\(sign)" : "")
        }
        while count < limit || trailing > 0, let line = await reader.next() {
            number += 1
            let scalars = Array(String(decoding: line, as: UTF8.self).unicodeScalars)
            let range = match(scalars, from: 0)
            if count < limit, (range != nil) != options.has("v") {
                count += 1
                if options.has("q") { return true }
                guard writesLines else {
                    if options.has("l") || options.has("L") { break }
                    continue
                }
                if options.has("o") {
                    var next = range
                    while let found = next {
                        if !found.isEmpty { try await output.line(prefix(number, ":") + String(Array(scalars[found]))) }
                        next = match(scalars, from: max(found.upperBound, found.lowerBound + 1))
                    }
                } else {
                    let first = waiting.first?.0 ?? number
                    if after + before > 0, lastWritten > 0, first > lastWritten + 1 { try await output.line("--") }
                    for (number, line) in waiting {
                        try await output.write(Array(prefix(number, "-").utf8) + line + [10])
                    }
                    try await output.write(Array(prefix(number, ":").utf8) + line + [10])
                    lastWritten = number
                }
                waiting = []
                trailing = after
            } else if trailing > 0, writesLines, !options.has("o") {
                trailing -= 1
                try await output.write(Array(prefix(number, "-").utf8) + line + [10])
                lastWritten = number
            } else if before > 0 {
                waiting.append((number, line))
                if waiting.count > before { waiting.removeFirst() }
            }
            if path == "(standard input)" { try await output.flush() }
        }
        if options.has("c") { try await output.line((showsNames ? path + ":" : "") + String(count)) }
        if options.has("l"), count > 0 { try await output.line(path) }
        if options.has("L"), count == 0 { try await output.line(path) }
        try await output.flush()
        return options.has("L") ? count == 0 : count > 0
    }
}
