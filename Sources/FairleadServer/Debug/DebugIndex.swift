import FairleadModel

/// The first page of `/debug/`: what there is, a line each.
enum DebugIndex {
    /// One page: where it is, and what it says.
    struct Entry: Sendable {
        /// Words in braces stand for the reader's own.
        var path: String
        var about: String
    }

    static func text(_ entries: [Entry]) -> String {
        let width = entries.map(\.path.count).max() ?? 0
        let lines = entries.map { entry in
            entry.path + String(repeating: " ", count: width - entry.path.count + 2) + entry.about
        }
        return (["Pages for people; JSON with Accept: application/json."] + lines).joined(separator: "\n") + "\n"
    }

    static func json(_ entries: [Entry]) -> Value {
        let pages = entries.map { entry -> Value in ["path": .string(entry.path), "about": .string(entry.about)] }
        return ["kind": "DebugPageList", "apiVersion": "fairlead.dev/v1", "pages": .array(pages)]
    }
}
