/// Lengths of time as `sleep` and `timeout` take them.
enum Durations {
    /// `600`, `0.5`, `5m`, `1h`, `1d`, `infinity`.
    static func seconds(_ text: String) -> Double? {
        if text == "infinity" || text == "inf" { return 3e10 }
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        let scale = text.last.flatMap { units[$0] }
        let number = scale == nil ? text : String(text.dropLast())
        guard let first = number.utf8.first, first == 46 || first >= 48 && first <= 57, let value = Double(number),
            value >= 0
        else { return nil }
        return value * (scale ?? 1)
    }
}
