import FairleadApplets
import FairleadContainers
import FairleadModel

/// `find`
struct Find {
    indirect enum Test {
        case name(Pattern, ignoresCase: Bool), path(Pattern), kind(String), empty, always(Bool)
        case newer(Timestamp), size(Int, String), user(UInt32), group(UInt32), perm(UInt16, String), minutes(
            Int, String)
        case print(String), delete, prune, quit
        case run([String], isBatch: Bool)
        case not(Test), and([Test]), or([Test])

        /// Whether it does more than look.
        var acts: Bool {
            switch self {
            case .print, .delete, .run, .quit: true
            case .not(let inner): inner.acts
            case .and(let inner), .or(let inner): inner.contains(where: \.acts)
            default: false
            }
        }
    }

    private let process: Process
    private var batch: [String] = []
    private var batchCommand: [String] = []
    private var status: Int32 = 0
    private var hasQuit = false
    private var isPruned = false

    static let applet = Applet { process in
        var parser = FindParser(process)
        var test = try parser.parse()
        if !test.acts { test = .and([test, .print("\n")]) }
        var find = Find(process: process)
        return try await find.run(parser.starts, test, parser)
    }

    private init(process: Process) { self.process = process }

    private mutating func run(_ starts: [String], _ test: Test, _ parser: FindParser) async throws -> Int32 {
        for start in starts {
            do throws(FileError) {
                _ = try process.status(start, followsLast: false)
            } catch {
                await process.complain("find: \(start): \(error)")
                status = 1
                continue
            }
            var pruned: String?
            for (path, depth) in FileWalk(process: process).paths(
                from: start, depthFirst: parser.depthFirst, limit: parser.maximumDepth)
            {
                if let prefix = pruned, path.hasPrefix(prefix) { continue }
                guard depth >= parser.minimumDepth else { continue }
                // What is gone meanwhile is not found.
                guard let status = try? process.status(path, followsLast: false) else { continue }
                isPruned = false
                _ = try await holds(test, path, status)
                if hasQuit { return self.status }
                if isPruned { pruned = path + "/" }
            }
        }
        if !batch.isEmpty { try await start(batchCommand.flatMap { $0 == "{}" ? batch : [$0] }) }
        return status
    }

    private mutating func start(_ words: [String]) async throws {
        var child = process
        child.arguments = words
        if try await process.start(child) != 0 { status = 1 }
    }

    private mutating func holds(_ test: Test, _ path: String, _ file: FileStatus) async throws -> Bool {
        switch test {
        case .always(let answer): return answer
        case .not(let inner): return try await !holds(inner, path, file)
        case .and(let tests):
            for inner in tests { guard try await holds(inner, path, file) else { return false } }
            return true
        case .or(let tests):
            for inner in tests { if try await holds(inner, path, file) { return true } }
            return false
        case .print(let end):
            try await process.output.write(path + end)
            return true
        case .delete:
            do throws(FileError) {
                try process.world.files.remove(process.path(path), as: process.credentials)
                return true
            } catch {
                await process.complain("find: \(path): \(error)")
                status = 1
                return false
            }
        case .prune:
            isPruned = true
            return true
        case .quit:
            hasQuit = true
            return true
        case .run(let words, let isBatch):
            if isBatch {
                batchCommand = words
                batch.append(path)
                return true
            }
            var child = process
            child.arguments = words.map { $0.replacing("{}", with: path) }
            return try await process.start(child) == 0
        default: return looks(test, path, file)
        }
    }

    private func looks(_ test: Test, _ path: String, _ file: FileStatus) -> Bool {
        func compare(_ value: Int, _ wanted: Int, _ sign: String) -> Bool {
            sign == "+" ? value > wanted : sign == "-" ? value < wanted : value == wanted
        }
        switch test {
        case .name(let pattern, let ignoresCase):
            let name = path.split(separator: "/").last.map(String.init) ?? path
            return pattern.matches(ignoresCase ? name.lowercased() : name)
        case .path(let pattern): return pattern.matches(path)
        case .kind(let letters):
            let letter =
                switch file.kind {
                case .file: "f"
                case .directory: "d"
                case .link: "l"
                case .device: "c"
                }
            return letters.split(separator: ",").contains { $0 == letter }
        case .empty:
            if file.kind == .file { return file.size == 0 }
            // What cannot be listed is not known to be empty.
            return file.kind == .directory
                && (try? process.world.files.list(process.path(path), as: process.credentials))?.isEmpty == true
        case .newer(let time): return file.modified > time
        case .size(let bytes, let sign): return compare(file.size, bytes, sign)
        case .user(let id): return file.user == id
        case .group(let id): return file.group == id
        case .perm(let mode, let sign):
            return sign == "-" ? file.mode & mode == mode : sign == "/" ? file.mode & mode != 0 : file.mode == mode
        case .minutes(let minutes, let sign):
            let age = process.world.now().seconds -| file.modified.seconds
            return compare(Int(clamping: age / 60), minutes, sign)
        default: return true
        }
    }
}

/// Reads the words of `find`.
private struct FindParser {
    private let process: Process
    private var words: ArraySlice<String>
    private(set) var starts: [String] = []
    private(set) var maximumDepth = Int.max
    private(set) var minimumDepth = 0
    private(set) var depthFirst = false
    private var depth = 0

    init(_ process: Process) {
        self.process = process
        words = process.words[...]
    }

    mutating func parse() throws -> Find.Test {
        while let word = words.first, !word.hasPrefix("-"), word != "(", word != "!" {
            starts.append(words.removeFirst())
        }
        if starts.isEmpty { starts = ["."] }
        let test = try disjunction()
        if let rest = words.first { throw AppletFailure("unrecognized: \(rest)") }
        return test
    }

    private mutating func disjunction() throws -> Find.Test {
        guard depth < 30 else { throw AppletFailure("too many parentheses") }
        depth += 1
        defer { depth -= 1 }
        var choices = [try conjunction()]
        while words.first == "-o" || words.first == "-or" {
            words.removeFirst()
            choices.append(try conjunction())
        }
        return choices.count == 1 ? choices[0] : .or(choices)
    }

    private mutating func conjunction() throws -> Find.Test {
        var tests: [Find.Test] = []
        while let word = words.first, word != "-o", word != "-or", word != ")" {
            if word == "-a" || word == "-and" {
                words.removeFirst()
                continue
            }
            tests.append(try primary())
        }
        return .and(tests)
    }

    private mutating func value(of name: String) throws -> String {
        guard let value = words.popFirst() else { throw AppletFailure("\(name) requires an argument") }
        return value
    }

    private mutating func number(of name: String) throws -> (Int, String) {
        let text = try value(of: name)
        let sign = text.hasPrefix("+") ? "+" : text.hasPrefix("-") ? "-" : ""
        guard let number = Int(text.dropFirst(sign.count)), number >= 0 else {
            throw AppletFailure("invalid number '\(text)'")
        }
        return (number, sign)
    }

    private mutating func primary() throws -> Find.Test {
        let name = words.removeFirst()
        switch name {
        case "!", "-not":
            guard depth < 30 else { throw AppletFailure("too many parentheses") }
            depth += 1
            defer { depth -= 1 }
            guard !words.isEmpty else { throw AppletFailure("missing argument") }
            return .not(try primary())
        case "(":
            let inner = try disjunction()
            guard words.popFirst() == ")" else { throw AppletFailure("unmatched '('") }
            return inner
        case "-name": return .name(Pattern(try value(of: name)), ignoresCase: false)
        case "-iname": return .name(Pattern(try value(of: name).lowercased()), ignoresCase: true)
        case "-path", "-wholename": return .path(Pattern(try value(of: name)))
        case "-type": return .kind(try value(of: name))
        case "-maxdepth": maximumDepth = try number(of: name).0
        case "-mindepth": minimumDepth = try number(of: name).0
        case "-depth": depthFirst = true
        case "-xdev", "-mount", "-follow", "-noleaf": break
        case "-empty": return .empty
        case "-true": return .always(true)
        case "-false": return .always(false)
        case "-print": return .print("\n")
        case "-print0": return .print("\0")
        case "-delete":
            depthFirst = true
            return .delete
        case "-prune": return .prune
        case "-quit": return .quit
        case "-newer":
            let path = try value(of: name)
            do throws(FileError) {
                return .newer(try process.status(path).modified)
            } catch {
                throw AppletFailure("\(path): \(error)")
            }
        case "-size":
            let text = try value(of: name)
            let sign = text.hasPrefix("+") ? "+" : text.hasPrefix("-") ? "-" : ""
            var size = String(text.dropFirst(sign.count))
            if size.last?.isNumber == true { size += "b" }
            guard let bytes = DataSizes.bytes(size) else { throw AppletFailure("invalid number '\(text)'") }
            return .size(bytes, sign)
        case "-mmin", "-cmin", "-amin":
            let (minutes, sign) = try number(of: name)
            return .minutes(minutes, sign)
        case "-mtime", "-ctime", "-atime":
            let (days, sign) = try number(of: name)
            return .minutes(days *| 1_440, sign)
        case "-user": return .user(AccountNames(process).user(named: try value(of: name)) ?? .max)
        case "-group": return .group(AccountNames(process).group(named: try value(of: name)) ?? .max)
        case "-perm":
            let text = try value(of: name)
            let sign = text.hasPrefix("-") ? "-" : text.hasPrefix("/") ? "/" : ""
            guard let mode = UInt16(text.dropFirst(sign.count), radix: 8) else {
                throw AppletFailure("invalid mode '\(text)'")
            }
            return .perm(mode, sign)
        case "-exec", "-ok":
            var command: [String] = []
            while let word = words.popFirst() {
                if word == ";" { return .run(command, isBatch: false) }
                if word == "+", command.last == "{}" { return .run(command, isBatch: true) }
                command.append(word)
            }
            throw AppletFailure("-exec requires an argument")
        default: throw AppletFailure("unrecognized: \(name)")
        }
        return .always(true)
    }
}
