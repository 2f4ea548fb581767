import FairleadApplets
import FairleadContainers
import FairleadModel

extension Shell {
    mutating func run(_ command: Command) async throws(Flow) {
        try await step()
        switch command {
        case .simple(let simple): try await run(simple)
        case .group(let list): try await run(list)
        case .subshell(let list):
            var child = subshell()
            child.parentID = child.parentID ?? process.id
            status = await child.runToEnd(list)
            if Task.isCancelled { throw .stop }
        case .branches(let branches, let otherwise):
            for (condition, body) in branches {
                try await runCondition(condition)
                if status == 0 { return try await run(body) }
            }
            status = 0
            if let otherwise { try await run(otherwise) }
        case .loop(let condition, let isUntil, let body):
            try await loop { shell throws(Flow) in
                try await shell.runCondition(condition)
                return (shell.status == 0) != isUntil
            } body: { shell throws(Flow) in
                try await shell.run(body)
            }
        case .each(let name, let words, let body):
            var values = arguments[...]
            if let words { values = try await fields(words)[...] }
            let before = try await hold(values)
            defer { held = before }
            status = 0
            try await loop { shell throws(Flow) in
                guard let value = values.popFirst() else { return false }
                try await shell.set(name, value)
                return true
            } body: { shell throws(Flow) in
                try await shell.run(body)
            }
        case .counting(let start, let condition, let step, let body):
            _ = try await arithmetic(start)
            var isFirst = true
            try await loop { shell throws(Flow) in
                if !isFirst { _ = try await shell.arithmetic(step) }
                isFirst = false
                let text = try await shell.text(condition)
                if text.isBlank { return true }
                return try await shell.arithmetic(text) != 0
            } body: { shell throws(Flow) in
                try await shell.run(body)
            }
        case .cases(let subject, let cases): try await run(cases: cases, of: try await text(subject))
        case .function(let name, let body, let size):
            let others = functions.values.reduce(0) { $0 + $1.size } - (functions[name]?.size ?? 0)
            guard functions.count < 2_000, others + size <= Self.maximumText else {
                throw await abort("too many functions")
            }
            functions[name] = Function(body: body, size: size)
            status = 0
        case .condition(let condition):
            status = try await holds(condition) ? 0 : 1
        case .arithmetic(let word): status = try await arithmetic(word) != 0 ? 0 : 1
        case .redirected(let command, let redirections):
            let saved = descriptors
            defer { descriptors = saved }
            guard try await redirect(redirections) else {
                status = 1
                return
            }
            try await run(command)
        }
    }

    /// Repeats a body; `break` and `continue` end here.
    private mutating func loop(
        while condition: (inout Shell) async throws(Flow) -> Bool, body: (inout Shell) async throws(Flow) -> Void
    ) async throws(Flow) {
        let mayGiveWay = givesWay
        givesWay = false
        loops += 1
        defer {
            loops -= 1
            givesWay = mayGiveWay
        }
        var last: Int32 = 0
        while true {
            do throws(Flow) {
                try await step()
                let before = status
                guard try await condition(&self) else { break }
                status = before
                try await body(&self)
                last = status
            } catch {
                switch error {
                case .breaking(let count):
                    status = 0
                    if count > 1 { throw .breaking(count - 1) }
                    return
                case .continuing(let count):
                    status = 0
                    last = 0
                    if count > 1 { throw .continuing(count - 1) }
                default: throw error
                }
            }
        }
        status = last
    }

    private mutating func run(
        cases: [(patterns: [Word], body: [ListItem], fallsThrough: Bool)], of subject: String
    ) async throws(Flow) {
        status = 0
        var isChosen = false
        for (patterns, body, fallsThrough) in cases {
            if !isChosen {
                for word in patterns where !isChosen {
                    isChosen = Pattern(try await pattern(word)).matches(subject)
                }
            }
            guard isChosen else { continue }
            try await run(body)
            if !fallsThrough { return }
        }
    }

    // MARK: - conditions

    private mutating func holds(_ condition: Condition) async throws(Flow) -> Bool {
        try await step()
        switch condition {
        case .not(let inner): return !(try await holds(inner))
        case .and(let left, let right):
            guard try await holds(left) else { return false }
            return try await holds(right)
        case .or(let left, let right):
            if try await holds(left) { return true }
            return try await holds(right)
        case .word(let word): return !(try await text(word)).isEmpty
        case .unary("-v", let word): return value(try await text(word)) != nil
        case .unary(let name, let word):
            return Test(process, isTerminal: terminals).unary(name, try await text(word)) ?? false
        case .binary(let left, let name, let right):
            let subject = try await text(left)
            switch name {
            case "=", "==": return Pattern(try await pattern(right)).matches(subject)
            case "!=": return !Pattern(try await pattern(right)).matches(subject)
            case "=~": return try await matches(subject, try await text(right))
            case "-eq", "-ne", "-lt", "-le", "-gt", "-ge":
                let (first, second) = (try await arithmetic(subject), try await arithmetic(right))
                return Test.compare(name, first, second)
            default: return Test(process, isTerminal: terminals).binary(subject, name, try await text(right)) ?? false
            }
        }
    }

    private mutating func matches(_ subject: String, _ text: String) async throws(Flow) -> Bool {
        let expression: RegularExpression
        do throws(RegularExpression.Malformed) {
            expression = try RegularExpression(text, isExtended: true)
        } catch {
            throw await abort("bad regular expression: \(text)")
        }
        let scalars = Array(subject.unicodeScalars)
        guard let found = expression.match(scalars, from: 0) else { return false }
        let groups = found.groups.map { $0.map { String(Array(scalars[$0])) } ?? "" }
        try await setElements("BASH_REMATCH", groups, appends: false)
        return true
    }

    /// The descriptors that are a terminal.
    var terminals: Set<Int> { Set(descriptors.filter { $0.value.isTerminal }.keys) }
}

extension String {
    var isBlank: Bool { utf8.allSatisfy { $0 == .space || $0 == .tab || $0 == .newline } }
}
