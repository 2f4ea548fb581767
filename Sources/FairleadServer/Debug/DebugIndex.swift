import FairleadModel

/// The start page of `/debug/`: a list of the pages, one per line.
enum DebugIndex {
    /// One page: its path and its description.
    struct Entry: Sendable {
        /// Words in braces are placeholders.
        var path: String
        var about: String
    }

    /// Pages for people that other handlers serve, as in a real cluster; they have no JSON form.
    static let elsewhere = [
        Entry(path: "/readyz?verbose", about: "Whether clients are served in full, check by check."),
        Entry(path: "/livez?verbose", about: "Whether only a restart would help, check by check."),
        Entry(path: "/metrics", about: "Figures for Prometheus."),
    ]

    static func text(_ entries: [Entry]) -> String {
        let width = entries.map(\.path.count).max() ?? 0
        let lines = entries.map { entry in
            entry.path + String(repeating: " ", count: width - entry.path.count + 2) + entry.about
        }
        return (["Pages for people; those below /debug/ are JSON with Accept: application/json."] + lines).joined(
            separator: "\n") + "\n"
    }

    static func json(_ entries: [Entry]) -> Value {
        let pages = entries.map { entry -> Value in ["path": .string(entry.path), "about": .string(entry.about)] }
        return ["kind": "DebugPageList", "apiVersion": "fairlead.dev/v1", "pages": .array(pages)]
    }
}
