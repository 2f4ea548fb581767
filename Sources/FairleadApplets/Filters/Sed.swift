import FairleadContainers
import FairleadModel

/// `sed`: the commands s, p, d, q, y, a, i, c, n, =, { } with addresses.
struct Sed {
    indirect enum Action {
        case substitute(RegularExpression, String, occurrence: Int, all: Bool, prints: Bool)
        case translate([Character: Character])
        case print, delete, quit, next, number
        case append(String), insert(String), change(String)
        case group([Command])
    }

    enum Address {
        case line(Int), last, match(RegularExpression)
        case step(Int, Int)
    }

    struct Command {
        var first: Address?
        var second: Address?
        var isNegated = false
        var action: Action
        /// Where the state of a range is kept.
        var id: Int
    }

    private let commands: [Command]
    private let isQuiet: Bool
    private var number = 0
    private var isLast = false
    /// The ranges that have begun, with the line where they end if that is known.
    private var open: [Int: Int] = [:]

    static let applet = Applet { process in
        let options = try AppletOptions(
            process.words, "nEre:f:si",
            long: ["quiet": "n", "expression": "e", "in-place": "i", "regexp-extended": "E"])
        var operands = options.operands
        var scripts = options.all("e")
        for path in options.all("f") { scripts.append(String(decoding: try process.read(path), as: UTF8.self)) }
        if scripts.isEmpty {
            guard !operands.isEmpty else { throw AppletFailure("usage: sed [-nEi] SCRIPT [FILE]...") }
            scripts.append(operands.removeFirst())
        }
        var parser = SedParser(scripts.joined(separator: "\n"), isExtended: options.has("E") || options.has("r"))
        let commands = try parser.commands(depth: 0)
        let isQuiet = options.has("n")
        guard options.has("i") else {
            var machine = Sed(commands: commands, isQuiet: isQuiet)
            var inputs: [any ByteSource] = []
            let status = try await process.eachInput(operands) { _, source in inputs.append(source) }
            try await machine.run(inputs, into: process.output)
            return status
        }
        return try await process.eachInput(operands) { path, source in
            var machine = Sed(commands: commands, isQuiet: isQuiet)
            let result = CollectingSink(limit: 16 << 20)
            try await machine.run([source], into: result)
            do throws(FileError) {
                try process.write(result.bytes, to: path)
            } catch {
                throw AppletFailure("\(path): \(error)")
            }
        }
    }

    private init(commands: [Command], isQuiet: Bool) {
        self.commands = commands
        self.isQuiet = isQuiet
    }

    private mutating func run(_ inputs: [any ByteSource], into sink: any ByteSink) async throws {
        var output = BufferedOutput(sink)
        var lines = ChainedLines(inputs)
        var current = await lines.next()
        while let (line, isWhole) = current {
            let following = await lines.next()
            number += 1
            isLast = following == nil
            var space = line
            var after: [String] = []
            var isDeleted = false
            var quits = false
            var before: [String] = []
            try run(commands, &space, &before, &after, &isDeleted, &quits)
            for text in before { try await output.line(text) }
            if !isDeleted, !isQuiet {
                try await output.write(Array(space.utf8) + (isWhole ? [10] : []))
            }
            for text in after { try await output.line(text) }
            if following == nil || lines.isInteractive { try await output.flush() }
            if quits { break }
            current = following
        }
        try await output.flush()
    }

    private mutating func run(
        _ commands: [Command], _ space: inout String, _ before: inout [String], _ after: inout [String],
        _ isDeleted: inout Bool, _ quits: inout Bool
    ) throws {
        for command in commands {
            guard applies(command, space) else { continue }
            switch command.action {
            case .substitute(let expression, let replacement, let occurrence, let all, let prints):
                let (text, count) = expression.replacing(space, with: replacement, occurrence: occurrence, all: all)
                if count > 0 {
                    space = text
                    if prints { before.append(space) }
                }
            case .translate(let map): space = String(space.map { map[$0] ?? $0 })
            case .print: before.append(space)
            case .number: before.append(String(number))
            case .delete:
                isDeleted = true
                return
            case .quit:
                quits = true
                return
            case .next: return
            case .append(let text): after.append(text)
            case .insert(let text): before.append(text)
            case .change(let text):
                before.append(text)
                isDeleted = true
                return
            case .group(let inner):
                try run(inner, &space, &before, &after, &isDeleted, &quits)
                if isDeleted || quits { return }
            }
        }
    }

    private mutating func applies(_ command: Command, _ space: String) -> Bool {
        guard let first = command.first else { return !command.isNegated }
        guard let second = command.second else { return matches(first, space) != command.isNegated }
        var isInside: Bool
        if let end = open[command.id] {
            isInside = true
            if end >= 0 ? number >= end : matches(second, space) { open[command.id] = nil }
        } else {
            isInside = matches(first, space)
            if isInside {
                switch second {
                case .line(let end): if end > number { open[command.id] = end }
                case .last: if !isLast { open[command.id] = .max }
                default: open[command.id] = -1
                }
            }
        }
        return isInside != command.isNegated
    }

    private func matches(_ address: Address, _ space: String) -> Bool {
        switch address {
        case .line(let line): line == number
        case .last: isLast
        case .match(let expression): expression.matches(space)
        case .step(let first, let step): step == 0 ? number == first : number >= first && (number -| first) % step == 0
        }
    }
}

/// The lines of several sources, one after the other.
private struct ChainedLines {
    private var readers: [LineReader]
    let isInteractive: Bool

    init(_ sources: [any ByteSource]) {
        readers = sources.map { LineReader($0) }
        isInteractive = sources.count == 1 && !(sources[0] is BytesSource)
    }

    mutating func next() async -> (line: String, isWhole: Bool)? {
        while !readers.isEmpty {
            if let line = await readers[0].nextText() { return (line, readers[0].wasWhole) }
            readers.removeFirst()
        }
        return nil
    }
}
