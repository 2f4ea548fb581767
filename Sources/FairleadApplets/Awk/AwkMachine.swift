import FairleadModel

/// Runs a program of awk over records.
///
/// 2 million steps for each record, 4 MiB of strings, 100,000 elements.
struct AwkMachine {
    enum Flow: Error {
        case next, breaking, continuing
        case exit(Int32)
        case failure(String)
    }

    static let functions: Set<String> = [
        "length", "substr", "index", "split", "sub", "gsub", "match", "sprintf", "tolower", "toupper", "int", "sqrt",
        "exp",
        "log", "rand", "srand", "system", "strftime", "systime",
    ]

    let rules: [AwkRule]
    var variables: [String: AwkValue] = [
        "FS": .string(" "), "OFS": .string(" "), "ORS": .string("\n"), "RS": .string("\n"), "SUBSEP": .string("\u{1C}"),
        "NR": .number(0), "FNR": .number(0), "NF": .number(0), "OFMT": .string("%.6g"), "RSTART": .number(0),
        "RLENGTH": .number(-1), "FILENAME": .string(""),
    ]
    var arrays: [String: [String: AwkValue]] = [:]
    var elements = 0
    var record = ""
    var fields: [String] = []
    var isOpen: [Int: Bool] = [:]
    var expressions: [String: RegularExpression] = [:]
    var steps = 0
    private var checks: UInt32 = 0
    let now: Int64
    /// What has been written, in order; nil is the standard output.
    var output: [(path: String?, appends: Bool, bytes: [UInt8])] = []
    var exitStatus: Int32 = 0

    init(_ rules: [AwkRule], now: Int64) {
        self.rules = rules
        self.now = now
    }

    var readsInput: Bool {
        rules.contains { rule in
            if case .begin = rule.pattern { false } else { true }
        }
    }

    mutating func set(_ name: String, _ text: String) { variables[name] = .input(text) }

    mutating func setElements(_ name: String, _ values: [(String, String)]) {
        for (key, value) in values { arrays[name, default: [:]][key] = .input(value) }
    }

    // MARK: - rules

    mutating func begin() throws(Flow) {
        for rule in rules { if case .begin = rule.pattern { try run(rule) } }
    }

    mutating func end() throws(Flow) {
        steps = 0
        for rule in rules { if case .end = rule.pattern { try run(rule) } }
    }

    mutating func run(record text: String, isFirstOfFile: Bool, path: String) throws(Flow) {
        steps = 0
        variables["NR"] = .number((variables["NR"]?.number ?? 0) + 1)
        variables["FNR"] = .number(isFirstOfFile ? 1 : (variables["FNR"]?.number ?? 0) + 1)
        if isFirstOfFile { variables["FILENAME"] = .string(path) }
        try setRecord(text)
        do throws(Flow) {
            for (index, rule) in rules.enumerated() {
                let applies: Bool
                switch rule.pattern {
                case .begin, .end: applies = false
                case .always: applies = true
                case .when(let node): applies = try value(node).isTrue
                case .range(let first, let last):
                    if isOpen[index] != true { isOpen[index] = try value(first).isTrue }
                    applies = isOpen[index] == true
                    if applies, try value(last).isTrue { isOpen[index] = false }
                }
                if applies { try run(rule) }
            }
        } catch {
            if case .next = error { return }
            throw error
        }
    }

    mutating func run(_ rule: AwkRule) throws(Flow) {
        if let body = rule.body {
            try run(body)
        } else {
            try write(record + (variables["ORS"]?.text ?? "\n"), to: nil, appends: false)
        }
    }

    /// - Parameter bytes: what is copied; a KiB counts as a step.
    mutating func step(copying bytes: Int = 0) throws(Flow) {
        steps += 1 + bytes >> 10
        if steps > 2_000_000 { throw .failure("too many steps") }
        checks &+= 1
        if checks & 0xFFF == 0 || bytes > 1 << 16, Task.isCancelled { throw .exit(137) }
    }

    mutating func write(_ text: String, to target: AwkNode?, appends: Bool) throws(Flow) {
        let path = try target.map { node throws(Flow) in try value(node).text }
        if let last = output.indices.last, output[last].path == path {
            output[last].bytes += text.utf8
        } else {
            output.append((path, appends, Array(text.utf8)))
        }
        guard output.reduce(0, { $0 + $1.bytes.count }) <= 8 << 20, output.count < 10_000 else {
            throw .failure("too much output")
        }
    }

    // MARK: - statements

    mutating func run(_ statement: AwkStatement) throws(Flow) {
        try step()
        switch statement {
        case .expression(let node): _ = try value(node)
        case .print(let nodes, let target, let appends):
            var texts: [String] = []
            for node in nodes { texts.append(try value(node).text) }
            let line = nodes.isEmpty ? record : texts.joined(separator: variables["OFS"]?.text ?? " ")
            try write(line + (variables["ORS"]?.text ?? "\n"), to: target, appends: appends)
        case .printf(let nodes, let target, let appends):
            try write(try formatted(nodes), to: target, appends: appends)
        case .block(let statements): for statement in statements { try run(statement) }
        case .branch(let condition, let body, let otherwise):
            if try value(condition).isTrue { try run(body) } else if let otherwise { try run(otherwise) }
        case .loop(let start, let condition, let step, let body, let testsFirst):
            if let start { try run(start) }
            var isFirst = !testsFirst
            while true {
                try self.step()
                if !isFirst, let condition, try !value(condition).isTrue { return }
                isFirst = false
                if try runBody(body) { return }
                if let step { try run(step) }
            }
        case .each(let name, let array, let body):
            for key in (arrays[array] ?? [:]).keys.sorted(by: Self.isBefore) {
                variables[name] = .input(key)
                if try runBody(body) { return }
            }
        case .next: throw .next
        case .breaking: throw .breaking
        case .continuing: throw .continuing
        case .exit(let node):
            if let node { exitStatus = Int32(clamping: Int(saturating: try value(node).number)) & 0xFF }
            throw .exit(exitStatus)
        case .delete(let name, let keys):
            if keys.isEmpty {
                elements -= arrays[name]?.count ?? 0
                arrays[name] = nil
            } else {
                let key = try key(keys)
                if arrays[name]?.removeValue(forKey: key) != nil { elements -= 1 }
            }
        }
    }

    /// Numbers in their order, then texts.
    static func isBefore(_ left: String, _ right: String) -> Bool {
        if let one = Int(left), let two = Int(right) { return one < two }
        return left < right
    }

    /// Whether the loop is over.
    mutating func runBody(_ body: AwkStatement) throws(Flow) -> Bool {
        do throws(Flow) {
            try run(body)
        } catch {
            if case .breaking = error { return true }
            if case .continuing = error { return false }
            throw error
        }
        return false
    }

    mutating func formatted(_ nodes: [AwkNode]) throws(Flow) -> String {
        var texts: [String] = []
        for (index, node) in nodes.enumerated() {
            let value = try value(node)
            // Numbers are written in full, for the format to shorten.
            if index > 0, case .number(let number) = value {
                texts.append(Int64(exactly: number).map { String($0) } ?? "\(number)")
            } else {
                texts.append(value.text)
            }
        }
        guard let format = texts.first else { return "" }
        return AwkFormat.text(format, Array(texts.dropFirst()))
    }

    // MARK: - fields

    mutating func setRecord(_ text: String) throws(Flow) {
        record = text
        fields = try split(text, separator: variables["FS"]?.text ?? " ")
        variables["NF"] = .number(Double(fields.count))
    }

    mutating func split(_ text: String, separator: String) throws(Flow) -> [String] {
        if separator == " " {
            return text.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" }).map(String.init)
        }
        if text.isEmpty { return [] }
        if separator.isEmpty { return text.map { String($0) } }
        if separator.unicodeScalars.count == 1, separator != "\\", let character = separator.first {
            return text.split(separator: character, omittingEmptySubsequences: false).map(String.init)
        }
        let expression = try expression(separator)
        let scalars = Array(text.unicodeScalars)
        var (parts, start, index): ([String], Int, Int) = ([], 0, 0)
        while let range = expression.match(scalars, from: index)?.range, range.upperBound <= scalars.count {
            if range.isEmpty {
                index = range.lowerBound + 1
                if index > scalars.count { break }
                continue
            }
            parts.append(String(Array(scalars[start..<range.lowerBound])))
            start = range.upperBound
            index = start
        }
        return parts + [String(Array(scalars[start...]))]
    }

    mutating func setField(_ number: Int, _ text: String) throws(Flow) {
        if number == 0 { return try setRecord(text) }
        guard number > 0, number <= 10_000 else { throw .failure("trying to access out of range field \(number)") }
        while fields.count < number { fields.append("") }
        fields[number - 1] = text
        variables["NF"] = .number(Double(fields.count))
        record = fields.joined(separator: variables["OFS"]?.text ?? " ")
    }
}
