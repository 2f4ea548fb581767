import FairleadApplets
import FairleadContainers
import FairleadModel

/// The commands of the shell that set variables and options.
extension Shell {
    /// `name[3]`
    static func element(_ text: String) -> (name: String, index: Int)? {
        guard text.hasSuffix("]"), let open = text.firstIndex(of: "["),
            let index = Int(text[text.index(after: open)...].dropLast())
        else { return nil }
        return (String(text[..<open]), index)
    }

    /// `export`, `readonly`.
    mutating func declare(_ command: String, _ arguments: [String]) async throws(Flow) {
        status = 0
        let words = arguments.filter { !["-p", "--", "-n", "-f"].contains($0) }
        if words.isEmpty {
            for (name, variable) in variables.sorted(by: { $0.key < $1.key }) {
                guard command == "export" ? variable.isExported : variable.isReadOnly else { continue }
                let value = variable.value.map { "='\($0)'" } ?? ""
                // As a C program that does not look at the result of its writes.
                try? await output.write("\(command) \(name)\(value)\n")
            }
        }
        for word in words {
            let name = String(word.prefix { $0 != "=" })
            guard name.isName else {
                await complain("\(command): \(word): bad variable name")
                status = 2
                continue
            }
            if name.utf8.count < word.utf8.count { try await set(name, String(word.dropFirst(name.count + 1))) }
            var variable = variables[name] ?? Variable()
            if command == "export" {
                variable.isExported = !arguments.contains("-n")
            } else {
                variable.isReadOnly = true
            }
            variables[name] = variable
        }
    }

    /// `local`, `declare`.
    mutating func declareLocal(_ command: String, _ arguments: [String]) async throws(Flow) {
        status = 0
        if command == "local", hidden.isEmpty { throw await abort("local: not in a function") }
        let flags = arguments.filter { $0.hasPrefix("-") }.joined()
        for word in arguments where !word.hasPrefix("-") {
            let name = String(word.prefix { $0 != "=" })
            guard name.isName else { continue }
            if let last = hidden.indices.last, hidden[last][name] == nil {
                hidden[last][name] = .some(variables[name])
                if name.utf8.count == word.utf8.count, command != "local" || isBash {
                    size -= variables[name]?.size ?? 0
                    variables[name] = Variable()
                }
            }
            if name.utf8.count < word.utf8.count {
                let value = String(word.dropFirst(name.count + 1))
                try await set(name, flags.contains("i") ? String(try await arithmetic(value)) : value)
            }
            if flags.contains("x") { variables[name]?.isExported = true }
            if flags.contains("r") { variables[name]?.isReadOnly = true }
        }
    }

    mutating func setOptions(_ arguments: [String]) async throws(Flow) {
        status = 0
        if arguments.isEmpty {
            for (name, variable) in variables.sorted(by: { $0.key < $1.key }) {
                guard let value = variable.value else { continue }
                // As a C program that does not look at the result of its writes.
                try? await output.write("\(name)='\(value)'\n")
            }
        }
        var rest = arguments[...]
        while let word = rest.first {
            if word == "--" || word == "-" {
                self.arguments = Array(rest.dropFirst())
                return
            }
            guard word.hasPrefix("-") || word.hasPrefix("+"), word.count > 1 else {
                self.arguments = Array(rest)
                return
            }
            rest.removeFirst()
            for letter in word.dropFirst() {
                if letter == "o" {
                    let name = rest.popFirst() ?? ""
                    try await setOption(named: name, to: word.hasPrefix("-"))
                } else {
                    try await setOption(letter, to: word.hasPrefix("-"))
                }
            }
        }
    }

    mutating func setOption(_ letter: Character, to isOn: Bool) async throws(Flow) {
        switch letter {
        case "e": options.exitsOnError = isOn
        case "x": options.traces = isOn
        case "u": options.refusesUnset = isOn
        case "f": options.doesNotGlob = isOn
        case "a": options.exportsAll = isOn
        case "n": options.doesNotRun = isOn
        case "m", "b", "h", "v", "C", "E", "T", "B", "H", "l", "i", "s", "p": break
        default: throw await abort("set: illegal option -\(letter)")
        }
    }

    private mutating func setOption(named name: String, to isOn: Bool) async throws(Flow) {
        switch name {
        case "errexit": options.exitsOnError = isOn
        case "xtrace": options.traces = isOn
        case "nounset": options.refusesUnset = isOn
        case "noglob": options.doesNotGlob = isOn
        case "allexport": options.exportsAll = isOn
        case "pipefail": options.failsInPipes = isOn
        case "monitor", "noclobber", "noexec", "verbose", "vi", "emacs", "posix", "errtrace", "functrace", "": break
        default: throw await abort("set: illegal option -o \(name)")
        }
    }

    /// Reads a line into variables, byte by byte: what follows belongs to others.
    mutating func read(_ arguments: [String]) async throws(Flow) {
        var isRaw = false
        var names: [String] = []
        var limit: Int?
        var seconds: Double?
        var prompt = ""
        var end = UInt8.newline
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "-r": isRaw = true
            case "-s", "-e": continue
            case "-p": prompt = rest.popFirst() ?? ""
            case "-n", "-N": limit = rest.popFirst().flatMap { Int($0) }
            case "-t": seconds = rest.popFirst().flatMap { Double($0) }
            case "-d": end = rest.popFirst()?.utf8.first ?? 0
            case "-rp", "-r -p": (isRaw, prompt) = (true, rest.popFirst() ?? "")
            default: names.append(word)
            }
        }
        // As a C program that does not look at the result of its writes.
        if !prompt.isEmpty { try? await errors.write(prompt) }
        var line: [UInt8] = []
        /// For each byte, whether a backslash has made it an ordinary one.
        var isPlain: [Bool] = []
        var isEnded = false
        let (source, isRawLine, last) = (input, isRaw, end)
        let deadline = seconds.map { world.clock.now + .seconds(saturating: $0) }
        while line.count < Self.maximumText, line.count < limit ?? .max {
            guard let byte = await Self.byte(from: source, world.clock, until: deadline) else {
                isEnded = true
                break
            }
            if byte == .backslash, !isRawLine {
                guard let next = await Self.byte(from: source, world.clock, until: deadline) else { break }
                if next == .newline { continue }
                line.append(next)
                isPlain.append(true)
                continue
            }
            if byte == last { break }
            line.append(byte)
            isPlain.append(false)
        }
        if Task.isCancelled { throw .stop }
        pace.rest()
        try await assign(line, isPlain, to: names.isEmpty ? ["REPLY"] : names, splits: !names.isEmpty)
        status = isEnded ? 1 : 0
    }

    private static func byte(
        from source: any ByteSource, _ clock: any DelayClock, until deadline: Duration?
    ) async -> UInt8? {
        guard let deadline else { return await source.read(upTo: 1)?.first }
        return await clock.first(by: deadline) { await source.read(upTo: 1)?.first } ?? nil
    }

    private mutating func assign(
        _ line: [UInt8], _ isPlain: [Bool], to names: [String], splits: Bool
    ) async throws(Flow) {
        let separators = Array((variables["IFS"]?.value ?? " \t\n").utf8)
        func isBlank(_ index: Int) -> Bool {
            !isPlain[index] && separators.contains(line[index]) && [.space, .tab, .newline].contains(line[index])
        }
        func separates(_ index: Int) -> Bool { !isPlain[index] && separators.contains(line[index]) }
        var index = 0
        var end = line.count
        if splits {
            while index < end, isBlank(index) { index += 1 }
            while end > index, isBlank(end - 1) { end -= 1 }
        }
        for (position, name) in names.enumerated() {
            guard name.isName else { throw await abort("read: \(name): bad variable name") }
            var value: [UInt8] = []
            if position == names.count - 1 || !splits {
                if index < end { value = Array(line[index..<end]) }
                index = end
            } else {
                while index < end, !separates(index) {
                    value.append(line[index])
                    index += 1
                }
                while index < end, isBlank(index) { index += 1 }
                if index < end, separates(index), !isBlank(index) {
                    index += 1
                    while index < end, isBlank(index) { index += 1 }
                }
            }
            try await set(name, String(decoding: value, as: UTF8.self))
        }
    }

    /// `getopts`
    mutating func readOption(_ arguments: [String]) async throws(Flow) {
        guard arguments.count >= 2 else { throw await abort("getopts: usage: getopts optstring var [arg]") }
        let words = arguments.count > 2 ? Array(arguments.dropFirst(2)) : self.arguments
        let (options, name) = (arguments[0], arguments[1])
        let position = max(1, value("OPTIND").flatMap { Int($0) } ?? 1)
        let offset = optionOffset
        guard position <= words.count, words[position - 1].hasPrefix("-"), words[position - 1] != "-" else {
            try await set(name, "?")
            status = 1
            return
        }
        let letters = Array(words[position - 1])
        if words[position - 1] == "--" || offset >= letters.count {
            try await set("OPTIND", String(position + 1))
            try await set(name, "?")
            status = 1
            return
        }
        let letter = letters[offset]
        let isLast = offset + 1 >= letters.count
        var next = isLast ? position + 1 : position
        status = 0
        var found = String(letter)
        if letter != ":", let place = options.firstIndex(of: letter) {
            let after = options.index(after: place)
            if after < options.endIndex, options[after] == ":" {
                if !isLast {
                    try await set("OPTARG", String(letters[(offset + 1)...]))
                    next = position + 1
                } else if next <= words.count {
                    try await set("OPTARG", words[next - 1])
                    next += 1
                } else {
                    await complain("No arg for -\(letter) option")
                    found = "?"
                }
                try await set("OPTIND", String(next))
                return try await set(name, found)
            }
        } else {
            if !options.hasPrefix(":") { await complain("Illegal option -\(letter)") }
            found = "?"
        }
        try await set("OPTIND", String(next))
        optionOffset = isLast ? 1 : offset + 1
        try await set(name, found)
    }
}
