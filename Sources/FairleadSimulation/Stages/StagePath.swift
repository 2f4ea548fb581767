import FairleadModel
import FairleadPrograms

/// A place in an object, in the part of jq's notation that Stage files need:
/// `.metadata.annotations["example.com/a"]`, `.spec.containers[0].image`,
/// `.status.conditions[] | select(.type == "Ready") | .status`.
struct StagePath: Hashable, Sendable {
    private indirect enum Step: Hashable, Sendable {
        case member(String)
        case item(Int)
        case every
        /// Goes on only if one of the values at the path is this text.
        case select(StagePath, String)
    }

    private static let longestText = 500
    /// What stands in a list beyond this is not looked at.
    private static let mostValues = 1000

    private let steps: [Step]

    init(_ text: String) throws(FieldFault) {
        guard text.utf8.count <= Self.longestText else {
            throw FieldFault(message: "must have at most \(Self.longestText) bytes")
        }
        var scanner = Scanner(text: Array(text.utf8))
        do throws(FieldFault) {
            steps = try Self.readSteps(&scanner, maySelect: true)
            guard scanner.isAtEnd else { throw FieldFault(message: "unexpected text") }
        } catch {
            throw FieldFault(message: "\(text.goQuoted): \(error.message) at character \(scanner.position + 1)")
        }
    }

    /// What stands there: nothing, one value, or several if the path goes through lists. Nulls count as nothing.
    func values(in root: Value) -> [Value] {
        var values = [root]
        for step in steps {
            var next: [Value] = []
            for value in values where next.count < Self.mostValues {
                switch step {
                case .member(let name): if let member = value[name] { next.append(member) }
                case .item(let index):
                    if let items = value.array, items.indices.contains(index) { next.append(items[index]) }
                case .every:
                    if let items = value.array { next += items.prefix(Self.mostValues) }
                    if let members = value.object { next += members.prefix(Self.mostValues).map(\.value) }
                case .select(let path, let wanted):
                    if path.values(in: value).contains(where: { Self.text(of: $0) == wanted }) { next.append(value) }
                }
            }
            values = next
        }
        return values.filter { !$0.isNull }
    }

    /// How a value is compared with a text; nil for lists and objects.
    static func text(of value: Value) -> String? {
        switch value {
        case .string(let text): text
        case .bool(let truth): String(truth)
        case .int(let number): String(number)
        case .double(let number): String(number)
        case .null, .array, .object: nil
        }
    }

    // MARK: - reading

    private struct Scanner {
        let text: [UInt8]
        var position = 0

        var isAtEnd: Bool { position >= text.count }
        var next: UInt8? { position < text.count ? text[position] : nil }

        mutating func skipSpace() { while next == UInt8(ascii: " ") { position += 1 } }

        mutating func take(_ word: String) -> Bool {
            guard text[position...].starts(with: word.utf8) else { return false }
            position += word.utf8.count
            return true
        }

        mutating func expect(_ word: String) throws(FieldFault) {
            guard take(word) else { throw FieldFault(message: "\(word.goQuoted) is wanted") }
        }

        mutating func word(_ fits: (UInt8) -> Bool) -> String {
            let start = position
            while let byte = next, fits(byte) { position += 1 }
            return String(decoding: text[start..<position], as: UTF8.self)
        }

        /// A text between quotes, without escapes.
        mutating func quoted() throws(FieldFault) -> String {
            try expect("\"")
            let text = word { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            try expect("\"")
            return text
        }
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func readSteps(_ scanner: inout Scanner, maySelect: Bool) throws(FieldFault) -> [Step] {
        var steps: [Step] = []
        repeat {
            scanner.skipSpace()
            if maySelect, scanner.take("select(") {
                steps.append(try selection(&scanner))
            } else {
                guard scanner.next == UInt8(ascii: ".") else { throw FieldFault(message: "a path begins with a dot") }
                try walk(&scanner, &steps)
            }
            scanner.skipSpace()
        } while maySelect && scanner.take("|")
        return steps
    }

    /// Inside the parentheses there is no other selection: nothing nests.
    private static func selection(_ scanner: inout Scanner) throws(FieldFault) -> Step {
        let path = StagePath(steps: try readSteps(&scanner, maySelect: false))
        try scanner.expect("==")
        scanner.skipSpace()
        let wanted = try scanner.quoted()
        scanner.skipSpace()
        try scanner.expect(")")
        return .select(path, wanted)
    }

    private init(steps: [Step]) { self.steps = steps }

    private static func walk(_ scanner: inout Scanner, _ steps: inout [Step]) throws(FieldFault) {
        while true {
            if scanner.take("[") {
                steps.append(try bracket(&scanner))
            } else if scanner.take(".") {
                if scanner.next == UInt8(ascii: "[") { continue }
                let name = scanner.word(isNamePart)
                guard !name.isEmpty else { throw FieldFault(message: "the name of a field is wanted") }
                steps.append(.member(name))
            } else {
                return
            }
        }
    }

    private static func bracket(_ scanner: inout Scanner) throws(FieldFault) -> Step {
        if scanner.take("]") { return .every }
        let step: Step
        if scanner.next == UInt8(ascii: "\"") {
            step = .member(try scanner.quoted())
        } else if let index = Int(scanner.word(isDigit)) {
            step = .item(index)
        } else {
            throw FieldFault(message: "a number, a name in quotes or ] is wanted")
        }
        try scanner.expect("]")
        return step
    }
}
