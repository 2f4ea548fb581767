import FairleadContainers
import FairleadModel

extension Applets {
    static func sort(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "rnufbdghiMVzsk:t:o:c", long: ["reverse": "r", "unique": "u"])
        var lines: [String] = []
        let status = try await process.eachInput(options.operands) { _, source in
            let text = String(decoding: try await process.all(source), as: UTF8.self)
            lines += text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            if lines.last?.isEmpty == true { lines.removeLast() }
        }
        let keys = options.all("k").compactMap { SortKey($0) }
        let order = LineOrder(options: options, keys: keys, separator: options.value("t")?.first)
        var sorted = lines.map { (text: $0, keys: order.keys(of: $0)) }
        sorted.sort { order.isBefore($0, $1) }
        var output = BufferedOutput(
            try options.value("o").map { path throws(FileError) in try process.sink(path) } ?? process.output)
        var previous: (text: String, keys: [String])?
        for line in sorted {
            if options.has("u"), let previous, order.compare(previous.keys, line.keys) == 0 { continue }
            previous = line
            try await output.line(line.text)
        }
        try await output.flush()
        return status
    }

    static func uniq(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "cduif:s:w:", long: ["count": "c"])
        var current: (text: String, count: Int)?
        var output = BufferedOutput(process.output)
        func shown(_ line: (text: String, count: Int)) -> String? {
            if options.has("d"), line.count < 2 { return nil }
            if options.has("u"), line.count > 1 { return nil }
            return options.has("c") ? Columns.right(String(line.count), 7) + " " + line.text : line.text
        }
        let status = try await process.eachInput(Array(options.operands.prefix(1))) { _, source in
            var reader = LineReader(source)
            while let line = await reader.nextText() {
                if let last = current {
                    let isSame = options.has("i") ? last.text.lowercased() == line.lowercased() : last.text == line
                    if isSame {
                        current?.count += 1
                        continue
                    }
                    if let text = shown(last) { try await output.line(text) }
                }
                current = (line, 1)
            }
        }
        if let current, let text = shown(current) { try await output.line(text) }
        try await output.flush()
        return status
    }
}

/// `-k 2,3n`
private struct SortKey {
    var first = 1
    var last: Int?
    var flags: Set<Character> = []

    init?(_ text: String) {
        let ends = text.split(separator: ",", maxSplits: 1)
        guard let start = ends.first else { return nil }
        let digits = start.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number >= 1 else { return nil }
        first = number
        flags = Set(start.filter(\.isLetter))
        if ends.count > 1 {
            last = Int(ends[1].prefix { $0.isASCII && $0.isNumber })
            flags.formUnion(ends[1].filter(\.isLetter))
        }
    }
}

/// How `sort` compares lines.
private struct LineOrder {
    let options: AppletOptions
    let keys: [SortKey]
    let separator: Character?

    func keys(of line: String) -> [String] {
        guard !keys.isEmpty else { return [line] }
        let fields =
            separator.map { line.split(separator: $0, omittingEmptySubsequences: false) }
            ?? line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        return keys.map { key in
            guard key.first <= fields.count else { return "" }
            let last = min(fields.count, max(key.first, key.last ?? fields.count))
            return fields[(key.first - 1)..<last].joined(separator: separator.map(String.init) ?? " ")
        }
    }

    func isBefore(_ left: (text: String, keys: [String]), _ right: (text: String, keys: [String])) -> Bool {
        let order = compare(left.keys, right.keys)
        if order != 0 { return order < 0 }
        if options.has("s") || options.has("u") { return false }
        return options.has("r") ? bytes(left.text, right.text) > 0 : bytes(left.text, right.text) < 0
    }

    func compare(_ left: [String], _ right: [String]) -> Int {
        for (index, (first, second)) in zip(left, right).enumerated() {
            let flags = index < keys.count && !keys[index].flags.isEmpty ? keys[index].flags : options.flags
            var order: Int
            if flags.contains("n") || flags.contains("g") {
                order = number(first) < number(second) ? -1 : number(first) > number(second) ? 1 : 0
            } else if flags.contains("h") {
                order = size(first) < size(second) ? -1 : size(first) > size(second) ? 1 : 0
            } else if flags.contains("V") {
                order = version(first, second)
            } else if flags.contains("f") {
                order = bytes(first.lowercased(), second.lowercased())
            } else {
                order = bytes(first, second)
            }
            if flags.contains("r") { order = 0 - order }
            if order != 0 { return order }
        }
        return 0
    }

    private func bytes(_ left: String, _ right: String) -> Int {
        left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : left.utf8.elementsEqual(right.utf8) ? 0 : 1
    }

    private func number(_ text: String) -> Double {
        let trimmed = text.drop { $0 == " " || $0 == "\t" }
        let digits = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == "-" || $0 == "." || $0 == "+") }
        return Double(digits) ?? 0
    }

    private func size(_ text: String) -> Double {
        let units: [Character: Double] = ["K": 1e3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12]
        let unit = text.drop { $0 == " " || $0 == "\t" }.drop { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "-") }
        return number(text) * (unit.first.flatMap { units[$0] } ?? 1)
    }

    private func version(_ left: String, _ right: String) -> Int {
        let (first, second) = (parts(left), parts(right))
        for (one, two) in zip(first, second) where one != two {
            if let a = Int(one), let b = Int(two) { return a < b ? -1 : a > b ? 1 : 0 }
            return bytes(one, two)
        }
        return first.count - second.count
    }

    private func parts(_ text: String) -> [String] {
        var result: [String] = []
        for character in text {
            let isDigit = character.isASCII && character.isNumber
            if let last = result.last?.last, (last.isASCII && last.isNumber) == isDigit {
                result[result.count - 1].append(character)
            } else {
                result.append(String(character))
            }
        }
        return result
    }
}
