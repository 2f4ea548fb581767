import CFairleadAssets

/// When the program was built, in the form of `/version`: `2026-11-29T14:05:09Z`.
package enum BuildDate {
    package static let text = text(of: String(cString: fairlead_build_date()))

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// - Parameter stamp: the compiler's `Nov 29 2026 14:05:09`, or `Nov  9 …`.
    static func text(of stamp: String) -> String {
        let parts = stamp.split(separator: " ").map(String.init)
        guard parts.count == 4, let month = months.firstIndex(of: parts[0]) else { return "1970-01-01T00:00:00Z" }
        func padded(_ text: String) -> String { text.utf8.count < 2 ? "0" + text : text }
        return "\(parts[2])-\(padded(String(month + 1)))-\(padded(parts[1]))T\(parts[3])Z"
    }
}
