import FairleadModel

/// Durations as kubectl shows them: the two largest units that still matter (`3m20s`, `5h`, `2d4h`).
///
/// Reference: k8s.io/apimachinery `util/duration`.
enum HumanDuration {
    /// - Parameter seconds: may be slightly negative because of clock skew; anything lower is `<invalid>`.
    static func text(_ seconds: Double) -> String {
        guard seconds > -2 else { return "<invalid>" }
        guard seconds >= 0 else { return "0s" }
        let seconds = Int(saturating: seconds)
        let minutes = seconds / 60
        let hours = minutes / 60
        let days = hours / 24
        if seconds < 120 { return "\(seconds)s" }
        if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
        if minutes < 180 { return "\(minutes)m" }
        if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
        if hours < 48 { return "\(hours)h" }
        if hours < 192 { return pair(days, "d", hours % 24, "h") }
        if days < 730 { return "\(days)d" }
        if days < 2920 { return pair(days / 365, "y", days % 365, "d") }
        return "\(days / 365)y"
    }

    private static func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
    }
}
