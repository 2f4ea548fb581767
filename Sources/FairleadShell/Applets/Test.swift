import FairleadApplets
import FairleadContainers
import FairleadModel

/// The expressions of `test` and `[`.
struct Test {
    struct Malformed: Error { var message: String }

    private let process: Process
    private let terminals: Set<Int>
    private var words: ArraySlice<String> = []
    private var depth = 0

    init(_ process: Process, isTerminal terminals: Set<Int> = []) {
        self.process = process
        self.terminals = terminals
    }

    mutating func evaluate(_ words: [String]) throws(Malformed) -> Bool {
        switch words.count {
        case 0: return false
        case 1: return !words[0].isEmpty
        case 2:
            if words[0] == "!" { return words[1].isEmpty }
            if let answer = unary(words[0], words[1]) { return answer }
            throw Malformed(message: "\(words[0]): unknown operand")
        case 3:
            if let answer = try binaryOrFailure(words[0], words[1], words[2]) { return answer }
        default: break
        }
        self.words = words[...]
        let answer = try disjunction()
        if let rest = self.words.first { throw Malformed(message: "\(rest): unknown operand") }
        return answer
    }

    private mutating func disjunction() throws(Malformed) -> Bool {
        guard depth < 50 else { throw Malformed(message: "too many arguments") }
        depth += 1
        defer { depth -= 1 }
        var answer = try conjunction()
        while words.first == "-o" {
            words.removeFirst()
            let right = try conjunction()
            answer = answer || right
        }
        return answer
    }

    private mutating func conjunction() throws(Malformed) -> Bool {
        var answer = try primary()
        while words.first == "-a" {
            words.removeFirst()
            let right = try primary()
            answer = answer && right
        }
        return answer
    }

    private mutating func primary() throws(Malformed) -> Bool {
        guard let first = words.popFirst() else { throw Malformed(message: "argument expected") }
        if first == "!" {
            guard depth < 50 else { throw Malformed(message: "too many arguments") }
            depth += 1
            defer { depth -= 1 }
            return try !primary()
        }
        if words.count >= 2, let name = words.first,
            let answer = try binaryOrFailure(first, name, words[words.startIndex + 1])
        {
            words.removeFirst(2)
            return answer
        }
        if first == "(" {
            let answer = try disjunction()
            guard words.popFirst() == ")" else { throw Malformed(message: "closing paren expected") }
            return answer
        }
        if let operand = words.first, let answer = unary(first, operand) {
            words.removeFirst()
            return answer
        }
        return !first.isEmpty
    }

    // MARK: - operators

    private func binaryOrFailure(_ left: String, _ name: String, _ right: String) throws(Malformed) -> Bool? {
        if ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"].contains(name) {
            return Self.compare(name, try number(left), try number(right))
        }
        return binary(left, name, right)
    }

    private func number(_ text: String) throws(Malformed) -> Int64 {
        let trimmed = text.filter { $0 != " " && $0 != "\t" && $0 != "\n" }
        guard let number = Int64(trimmed) else { throw Malformed(message: "\(text): bad number") }
        return number
    }

    static func compare(_ name: String, _ left: Int64, _ right: Int64) -> Bool {
        switch name {
        case "-eq": left == right
        case "-ne": left != right
        case "-lt": left < right
        case "-le": left <= right
        case "-gt": left > right
        default: left >= right
        }
    }

    /// nil if there is no such operator.
    func binary(_ left: String, _ name: String, _ right: String) -> Bool? {
        switch name {
        case "=", "==": return left == right
        case "!=": return left != right
        case "<": return left < right
        case ">": return left > right
        case "-nt", "-ot", "-ef":
            // A file that is not there is older than any other.
            let (first, second) = (try? process.status(left), try? process.status(right))
            if name == "-ef" { return first != nil && first == second }
            guard let first, let second else { return name == "-nt" ? first != nil : second != nil }
            return name == "-nt" ? first.modified > second.modified : first.modified < second.modified
        default: return nil
        }
    }

    /// nil if there is no such operator.
    func unary(_ name: String, _ operand: String) -> Bool? {
        switch name {
        case "-n": return !operand.isEmpty
        case "-z": return operand.isEmpty
        case "-t":
            return Int(operand).map { terminals.contains($0) || terminals.isEmpty && process.isTerminal } ?? false
        case "-L", "-h":
            // No file is no link.
            return (try? process.status(operand, followsLast: false))?.kind == .link
        default: break
        }
        guard
            ["-e", "-f", "-d", "-r", "-w", "-x", "-s", "-p", "-S", "-b", "-c", "-u", "-g", "-k", "-O", "-G"].contains(
                name)
        else { return nil }
        // No file has none of these.
        guard let status = try? process.status(operand) else { return false }
        let user = process.credentials
        func may(_ right: UInt16) -> Bool {
            if user.user == 0 { return right != 1 || status.kind == .directory || status.mode & 0o111 != 0 }
            let shift: UInt16 = status.user == user.user ? 6 : user.isMember(of: status.group) ? 3 : 0
            return status.mode >> shift & right == right
        }
        switch name {
        case "-e": return true
        case "-f": return status.kind == .file
        case "-d": return status.kind == .directory
        case "-r": return may(4)
        case "-w":
            // What cannot be looked at cannot be written.
            let mount = try? process.world.files.mount(of: process.path(operand), as: user)
            return may(2) && mount?.isReadOnly != true
        case "-x": return may(1)
        case "-s": return status.size > 0 || status.kind == .directory
        case "-c": return status.kind == .device
        case "-u": return status.mode & 0o4000 != 0
        case "-g": return status.mode & 0o2000 != 0
        case "-k": return status.mode & 0o1000 != 0
        case "-O": return status.user == user.user
        case "-G": return status.group == user.group
        default: return false
        }
    }

    static let applet = Applet { process in
        var words = process.words
        if process.appletName == "[" {
            guard words.popLast() == "]" else { throw AppletFailure("missing ]", status: 2) }
        }
        var test = Test(process)
        do throws(Malformed) {
            return try test.evaluate(words) ? 0 : 1
        } catch {
            throw AppletFailure(error.message, status: 2)
        }
    }
}
