import FairleadApplets
import FairleadContainers
import FairleadModel

/// Collects the fields that words expand to.
struct FieldBuilder {
    struct Field {
        var text = ""
        /// The text with quoted characters escaped, for matching names.
        var pattern = ""
        var hasPattern = false
    }

    private(set) var fields: [Field] = []
    private var current: Field?
    /// Whether unquoted results are split; otherwise everything is one field.
    let splits: Bool
    private let separators: [Unicode.Scalar]
    private(set) var size = 0

    init(splits: Bool, separators: String) {
        self.splits = splits
        self.separators = Array(separators.unicodeScalars)
    }

    mutating func add(_ text: String, isQuoted: Bool) {
        var field = current ?? Field()
        field.text += text
        field.pattern += isQuoted ? Pattern.escaped(text) : text
        if !isQuoted, text.utf8.contains(where: { "*?[".utf8.contains($0) }) { field.hasPattern = true }
        current = field
        size += text.utf8.count
    }

    /// The result of an expansion that is not quoted.
    mutating func addSplit(_ text: String) {
        guard splits else { return add(text, isQuoted: false) }
        var piece = ""
        var wasSeparated = false
        func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" || scalar == "\n" }
        for scalar in text.unicodeScalars {
            guard separators.contains(scalar) else {
                piece.unicodeScalars.append(scalar)
                wasSeparated = false
                continue
            }
            if !piece.isEmpty { add(piece, isQuoted: false) }
            piece = ""
            if !isBlank(scalar) {
                if current == nil, !wasSeparated { current = Field() }
                if wasSeparated { wasSeparated = false } else { end() }
                continue
            }
            if current != nil {
                end()
                wasSeparated = true
            }
        }
        if !piece.isEmpty { add(piece, isQuoted: false) }
    }

    /// The present field is complete, if there is one.
    mutating func end() {
        if let field = current { fields.append(field) }
        current = nil
        size += 1
    }
}

extension Shell {
    private var separators: String { variables["IFS"]?.value ?? (variables["IFS"] == nil ? " \t\n" : "") }

    /// The words of a command: split, and with the names of files for patterns.
    mutating func fields(_ words: [Word]) async throws(Flow) -> [String] {
        var result: [String] = []
        var size = 0
        for word in words {
            for word in isBash ? Braces.expanded(word) : [word] {
                var builder = FieldBuilder(splits: true, separators: separators)
                try await expand(word, into: &builder)
                builder.end()
                size += builder.size
                guard size <= Self.maximumText, builder.fields.count <= 200_000 else {
                    throw await abort("argument list too long")
                }
                for field in builder.fields {
                    let globs = field.hasPattern && !options.doesNotGlob
                    let names = globs ? Glob(process).names(field.pattern) : []
                    result += names.isEmpty ? [field.text] : names
                }
            }
        }
        return result
    }

    /// One text, neither split nor matched with files.
    mutating func text(_ word: Word) async throws(Flow) -> String {
        if word.parts.count == 1, case .text(let text, true) = word.parts[0] { return text }
        return try await single(word).text
    }

    /// One text as a pattern.
    mutating func pattern(_ word: Word) async throws(Flow) -> String { try await single(word).pattern }

    private mutating func single(_ word: Word) async throws(Flow) -> FieldBuilder.Field {
        var builder = FieldBuilder(splits: false, separators: separators)
        try await expand(word, into: &builder)
        builder.end()
        guard builder.size <= Self.maximumText else { throw await abort("out of memory") }
        return builder.fields.first ?? FieldBuilder.Field()
    }

    private mutating func expand(_ word: Word, into builder: inout FieldBuilder) async throws(Flow) {
        for (index, part) in word.parts.enumerated() {
            guard builder.size <= Self.maximumText else { throw await abort("out of memory") }
            switch part {
            case .text(let text, let isQuoted):
                var text = text
                if index == 0, !isQuoted, text.hasPrefix("~") { text = home(text, isAlone: word.parts.count == 1) }
                builder.add(text, isQuoted: isQuoted)
            case .command(let list, let isQuoted):
                let text = try await substitution(list)
                if isQuoted { builder.add(text, isQuoted: true) } else { builder.addSplit(text) }
            case .arithmetic(let word, let isQuoted):
                let text = String(try await arithmetic(word))
                if isQuoted { builder.add(text, isQuoted: true) } else { builder.addSplit(text) }
            case .parameter(let parameter, let isQuoted):
                try await expand(parameter, isQuoted: isQuoted, into: &builder)
            }
        }
    }

    private func home(_ text: String, isAlone: Bool) -> String {
        guard text == "~" && isAlone || text.hasPrefix("~/"), let home = value("HOME") else { return text }
        return home + text.dropFirst()
    }

    /// What a list writes, without the newlines at its end.
    mutating func substitution(_ list: [ListItem]) async throws(Flow) -> String {
        let sink = CollectingSink(limit: Self.maximumText)
        var child = subshell()
        child.descriptors[1] = Descriptor(sink: sink)
        status = await child.runToEnd(list)
        if Task.isCancelled { throw .stop }
        var bytes = sink.bytes
        while bytes.last == .newline { bytes.removeLast() }
        bytes.removeAll { $0 == 0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: - parameters

    /// The values of `$@`, `$*` and whole arrays; nil for other parameters.
    func list(_ parameter: Parameter) -> [String]? {
        if parameter.name == "@" || parameter.name == "*" { return arguments }
        guard let index = parameter.index?.parts.first, parameter.index?.parts.count == 1,
            case .text(let text, _) = index, text == "@" || text == "*"
        else { return nil }
        guard let variable = variables[parameter.name] else { return [] }
        return variable.elements.map { elements in elements.sorted { $0.key < $1.key }.map(\.value) }
            ?? variable.value.map { [$0] } ?? []
    }

    /// The value of a parameter that is one text.
    mutating func single(_ parameter: Parameter) async throws(Flow) -> String? {
        switch parameter.name {
        case "?": return String(status)
        case "$": return String(parentID ?? process.id)
        case "#": return String(arguments.count)
        case "!": return lastJob.map { String($0) }
        case "0": return name
        case "-": return (options.exitsOnError ? "e" : "") + (options.traces ? "x" : "") + (isInteractive ? "i" : "")
        default: break
        }
        if let number = Int(parameter.name) {
            return number >= 1 && number <= arguments.count ? arguments[number - 1] : nil
        }
        if let index = parameter.index {
            let position = Int(truncatingIfNeeded: try await arithmetic(index))
            guard let variable = variables[parameter.name] else { return nil }
            guard let elements = variable.elements else { return position == 0 ? variable.value : nil }
            if position < 0, let last = elements.keys.max() { return elements[last +| 1 +| position] }
            return elements[position]
        }
        if parameter.isIndirect { return value(parameter.name).flatMap { value($0) } }
        return value(parameter.name)
    }

    private mutating func expand(
        _ parameter: Parameter, isQuoted: Bool, into builder: inout FieldBuilder
    ) async throws(Flow) {
        if let values = list(parameter) {
            if case .length = parameter.operation {
                return builder.add(String(values.count), isQuoted: true)
            }
            if case .fallback(_, let alsoIfEmpty, _) = parameter.operation {
                let isMissing = values.isEmpty || alsoIfEmpty && values.allSatisfy(\.isEmpty)
                let value = isMissing ? nil : values.joined(separator: " ")
                if let text = try await applied(parameter, value, isQuoted: isQuoted, into: &builder) {
                    if isQuoted { builder.add(text, isQuoted: true) } else { builder.addSplit(text) }
                }
                return
            }
            var changed: [String] = []
            if case .slice(let start, let length) = parameter.operation {
                changed = try await slice(values, start, length, isArguments: parameter.name == "@")
            } else {
                for value in values { changed.append(try await transformed(parameter, value)) }
            }
            let isStar = parameter.name == "*" || parameter.index?.plainText == "*"
            if isQuoted && isStar || !builder.splits {
                let joint = isStar ? separators.unicodeScalars.first.map { String($0) } ?? "" : " "
                builder.add(changed.joined(separator: joint), isQuoted: isQuoted)
                return
            }
            for (index, value) in changed.enumerated() {
                if index > 0 { builder.end() }
                if isQuoted { builder.add(value, isQuoted: true) } else { builder.addSplit(value) }
            }
            return
        }
        let value = try await single(parameter)
        if let text = try await applied(parameter, value, isQuoted: isQuoted, into: &builder) {
            if isQuoted { builder.add(text, isQuoted: true) } else { builder.addSplit(text) }
        }
    }

    /// The text after the operation of a parameter; nil if that has been added to the fields already.
    private mutating func applied(
        _ parameter: Parameter, _ value: String?, isQuoted: Bool, into builder: inout FieldBuilder
    ) async throws(Flow) -> String? {
        guard case .fallback(let kind, let alsoIfEmpty, let word) = parameter.operation else {
            if value == nil, options.refusesUnset, !"@*#?-$!".contains(parameter.name) {
                throw await abort("\(parameter.name): parameter not set")
            }
            return try await transformed(parameter, value ?? "")
        }
        let isMissing = value == nil || alsoIfEmpty && value?.isEmpty == true
        switch kind {
        case "+":
            if isMissing { return "" }
        case "=" where isMissing:
            let text = try await text(word)
            try await set(parameter.name, text)
            return text
        case "?" where isMissing:
            let text = try await text(word)
            let problem = text.isEmpty ? "parameter \(alsoIfEmpty ? "null or not set" : "not set")" : text
            throw await abort("\(parameter.name): \(problem)")
        default:
            if !isMissing { return value }
        }
        // The word has quotes of its own.
        if isQuoted || !builder.splits {
            builder.add(try await text(word), isQuoted: isQuoted)
        } else {
            try await expandFallback(word, into: &builder)
        }
        return nil
    }

    private mutating func expandFallback(_ word: Word, into builder: inout FieldBuilder) async throws(Flow) {
        for part in word.parts {
            if case .text(let text, false) = part {
                builder.addSplit(text)
            } else {
                try await expand(Word(parts: [part]), into: &builder)
            }
        }
    }
}

extension Word {
    /// The text of a word that has no expansions, whether quoted or not.
    var plainText: String? {
        var result = ""
        for part in parts {
            guard case .text(let text, _) = part else { return nil }
            result += text
        }
        return result
    }
}
