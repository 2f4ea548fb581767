import FairleadApplets
import FairleadContainers
import FairleadModel

extension Applets {
    /// What writes words, and the smallest ones.
    static let printing: [String: Applet] = [
        "echo": Applet(echo),
        "printf": Applet(printf),
        "true": Applet { _ in 0 },
        "false": Applet { _ in 1 },
        "test": Test.applet,
        "[": Test.applet,
        "pwd": Applet { process in
            try await process.put(ContainerFiles.normal(process.workingDirectory))
            return 0
        },
        "yes": Applet { process in
            let line = (process.words.isEmpty ? "y" : process.words.joined(separator: " ")) + "\n"
            let block = Array(String(repeating: line, count: max(1, 4_096 / line.utf8.count)).utf8)
            var count = 0
            while !Task.isCancelled {
                try await process.output.write(block)
                count += 1
                // Into a sink that never is full, it shall not use a whole core.
                if count % 64 == 0 { _ = await process.sleep(for: .milliseconds(10)) }
            }
            return 0
        },
        "clear": Applet { process in
            try await process.output.write("\u{1B}[H\u{1B}[J")
            return 0
        },
        "sync": Applet { _ in 0 },
        "seq": Applet(seq),
        "basename": Applet { process in
            guard let path = process.words.first else { throw AppletFailure("missing operand") }
            var name = path.split(separator: "/").last.map(String.init) ?? (path.isEmpty ? "" : "/")
            if let suffix = process.words.dropFirst().first, name != suffix, name.hasSuffix(suffix) {
                name = String(name.dropLast(suffix.count))
            }
            try await process.put(name)
            return 0
        },
        "dirname": Applet { process in
            guard let path = process.words.first else { throw AppletFailure("missing operand") }
            let parts = path.split(separator: "/")
            let base = parts.dropLast().joined(separator: "/")
            try await process.put(path.hasPrefix("/") ? "/" + base : base.isEmpty ? "." : base)
            return 0
        },
    ]

    private static func echo(_ process: Process) async throws -> Int32 {
        var words = process.words[...]
        var (endsLine, decodes) = (true, false)
        while let word = words.first, word.hasPrefix("-"), word.count > 1,
            word.dropFirst().allSatisfy({ "neE".contains($0) })
        {
            for letter in word.dropFirst() {
                switch letter {
                case "n": endsLine = false
                case "e": decodes = true
                default: decodes = false
                }
            }
            words.removeFirst()
        }
        var text = Array(words.joined(separator: " ").utf8)
        if decodes {
            let (bytes, stops) = Escapes.decodedBytes(text, zeroPrefix: true)
            text = bytes
            if stops { endsLine = false }
        }
        if endsLine { text.append(10) }
        if !text.isEmpty { try await process.output.write(text) }
        return 0
    }

    private static func printf(_ process: Process) async throws -> Int32 {
        guard let format = process.words.first else { throw AppletFailure("usage: printf FORMAT [ARG]...", status: 2) }
        var printer = FormatPrinter(format, arguments: Array(process.words.dropFirst()))
        printer.print()
        if !printer.output.isEmpty { try await process.output.write(printer.output) }
        for problem in printer.problems { await process.complain("printf: \(problem)") }
        return printer.problems.isEmpty ? 0 : 1
    }

    private static func seq(_ process: Process) async throws -> Int32 {
        let options = try numberOptions(process.words)
        let numbers = options.operands
        guard (1...3).contains(numbers.count) else {
            throw AppletFailure("usage: seq [-w] [-s SEP] [FIRST [INC]] LAST")
        }
        let values = try numbers.map { text throws(AppletFailure) -> Double in
            guard let value = Double(text), value.isFinite else { throw AppletFailure("invalid number '\(text)'") }
            return value
        }
        let decimals = numbers.map { $0.split(separator: ".", maxSplits: 1).dropFirst().first?.count ?? 0 }.max() ?? 0
        let first = numbers.count == 1 ? 1 : values[0]
        let step = numbers.count == 3 ? values[1] : 1
        let last = values[values.count - 1]
        guard step != 0 else { throw AppletFailure("increment is zero") }
        let count = Int(saturating: ((last - first) / step + 1e-9).rounded(.down))
        if (last - first) / step < 0 { return 0 }
        let separator = options.separator
        func text(_ value: Double) -> String { FormatPrinter.fixed(value, decimals: min(decimals, 15)) }
        let width = options.isPadded ? max(text(first).count, text(last).count) : 0
        var output = BufferedOutput(process.output)
        var index = 0
        while index <= count {
            let number = text(first + Double(index) * step)
            let padded = String(repeating: "0", count: max(0, width - number.count)) + number
            try await output.write((padded + (index == count ? "\n" : separator)).utf8)
            index += 1
            if index % 100_000 == 0 {
                try await output.flush()
                guard await process.sleep(for: .milliseconds(20)) else { return 137 }
            }
        }
        try await output.flush()
        return 0
    }

    /// Like `AppletOptions`, but negative numbers are no options.
    private static func numberOptions(
        _ words: [String]
    ) throws(AppletFailure) -> (operands: [String], separator: String, isPadded: Bool) {
        var (operands, separator, isPadded): ([String], String, Bool) = ([], "\n", false)
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "-w" {
                isPadded = true
            } else if word == "-s" {
                separator = rest.popFirst() ?? ""
            } else if word.hasPrefix("-s") {
                separator = String(word.dropFirst(2))
            } else {
                operands.append(word)
            }
        }
        return (operands, separator, isPadded)
    }
}
