/// The part of regular expressions that web servers' locations use: `^`, `$`, `.`, `.*`, `.+`, `\.`, groups of plain
/// texts like `(css|js)`, and plain text. Matching takes time in proportion to pattern and text.
struct SimplePattern: Sendable {
    private enum Piece {
        case texts([[UInt8]])
        case any
        case anyNumber
    }

    private var pieces: [Piece] = []
    private var beginsAtStart = false
    private var endsAtEnd = false
    private let ignoresCase: Bool

    /// nil if the pattern has anything else in it.
    init?(_ pattern: String, ignoresCase: Bool) {
        guard pattern.utf8.count <= 200 else { return nil }
        self.ignoresCase = ignoresCase
        var rest = Array((ignoresCase ? pattern.lowercased() : pattern).utf8)[...]
        if rest.first == UInt8(ascii: "^") {
            beginsAtStart = true
            rest.removeFirst()
        }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst() else { return nil }
                pieces.append(.texts([[next]]))
            case UInt8(ascii: "."):
                let isMany = rest.first == UInt8(ascii: "*") || rest.first == UInt8(ascii: "+")
                if rest.first == UInt8(ascii: "+") { pieces.append(.any) }
                if isMany { rest.removeFirst() }
                pieces.append(isMany ? .anyNumber : .any)
            case UInt8(ascii: "("):
                guard let end = rest.firstIndex(of: UInt8(ascii: ")")) else { return nil }
                var group = rest[..<end]
                if group.starts(with: "?:".utf8) { group = group.dropFirst(2) }
                guard !group.contains(where: { "()[]*+?\\^$.{".utf8.contains($0) }) else { return nil }
                let texts = group.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
                pieces.append(.texts(texts.map(Array.init)))
                rest = rest[(end + 1)...]
            case UInt8(ascii: "$"):
                guard rest.isEmpty else { return nil }
                endsAtEnd = true
            case _ where "[]*+?{}|)^".utf8.contains(byte): return nil
            default: pieces.append(.texts([[byte]]))
            }
        }
    }

    func matches(_ text: String) -> Bool {
        let bytes = Array((ignoresCase ? text.lowercased() : text).utf8)
        guard bytes.count <= 2048 else { return false }
        // The places up to which the pieces so far may reach.
        var reached = [Bool](repeating: !beginsAtStart, count: bytes.count + 1)
        reached[0] = true
        for piece in pieces {
            var next = [Bool](repeating: false, count: bytes.count + 1)
            switch piece {
            case .any: for place in 0..<bytes.count where reached[place] { next[place + 1] = true }
            case .anyNumber:
                guard let first = reached.firstIndex(of: true) else { return false }
                for place in first...bytes.count { next[place] = true }
            case .texts(let texts):
                for place in 0...bytes.count where reached[place] {
                    for text in texts where bytes[place...].starts(with: text) { next[place + text.count] = true }
                }
            }
            reached = next
        }
        return endsAtEnd ? reached[bytes.count] : reached.contains(true)
    }
}
