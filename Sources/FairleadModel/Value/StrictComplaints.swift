/// A strict decoder's complaints about how a document is written: each text once, and a limited number of them.
///
/// Reference: `saveStrictError` of sigs.k8s.io/json, which keeps a hundred.
package struct StrictComplaints: Sendable {
    package static let maximum = 100
    /// Paths contain names that clients choose, so even a hundred may be long.
    private static let maximumSize = 1 << 20

    package private(set) var texts: [String] = []
    private var seen: Set<String> = []
    private var size = 0
    /// Of all texts, also of those that had been seen.
    private var work = 0
    private static let maximumWork = 16 << 20

    package init() {}

    /// Whether further texts would be dropped.
    package var isFull: Bool { texts.count >= Self.maximum || size >= Self.maximumSize || work >= Self.maximumWork }

    package mutating func add(_ text: @autoclosure () -> String) {
        if isFull { return }
        let text = text()
        work += text.utf8.count
        guard seen.insert(text).inserted else { return }
        texts.append(text)
        size += text.utf8.count
    }
}
