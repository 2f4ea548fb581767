/// Writes families in Prometheus' text format.
///
/// Reference: Prometheus, "Exposition formats"; bounds are formatted like Go's `strconv.FormatFloat(…, 'g', -1, 64)`,
/// because `le` is a label, which queries compare as text.
struct ExpositionWriter {
    private(set) var text = ""

    /// Writes nothing for a family without values.
    mutating func write(
        _ family: MetricFamily, _ series: [String: MetricsRegistry.Series],
        _ collected: [(labels: String, value: String)]
    ) {
        var lines: [(labels: String, content: Content)] = []
        for (labels, series) in series {
            switch series {
            case .counter(let counter):
                let value = counter.value
                if value != 0 { lines.append((labels, .value(String(value)))) }
            case .gauge(let gauge): lines.append((labels, .value(Self.number(gauge.value))))
            case .histogram(let histogram):
                let counts = histogram.counts
                if counts.count > 0 { lines.append((labels, .histogram(counts))) }
            }
        }
        var bounds: [String] = []
        if case .histogram(let numbers) = family.kind {
            bounds = (numbers + [.infinity]).map { "le=\"\(Self.bound($0))\"} " }
        } else {
            lines += collected.map { ($0.labels, .value($0.value)) }
        }
        guard !lines.isEmpty else { return }
        text += "# HELP \(family.name) \(Self.escapedHelp(family.help))\n# TYPE \(family.name) \(family.typeName)\n"
        lines.sort { $0.labels < $1.labels }
        for (labels, content) in lines {
            switch content {
            case .value(let value): line(family.name, "", labels, value)
            case .histogram(let counts): histogram(family.name, labels, bounds, counts)
            }
        }
    }

    private enum Content {
        case value(String)
        case histogram(HistogramSeries.Counts)
    }

    // Written piece by piece: a page may have ten thousand lines, and is built on an event loop.

    private mutating func line(_ name: String, _ suffix: String, _ labels: String, _ value: String) {
        text += name
        text += suffix
        if !labels.isEmpty {
            text += "{"
            text += labels
            text += "}"
        }
        text += " "
        text += value
        text += "\n"
    }

    /// - Parameter bounds: the label of each bucket, including the text that follows it.
    private mutating func histogram(
        _ name: String, _ labels: String, _ bounds: [String], _ counts: HistogramSeries.Counts
    ) {
        let start = "\(name)_bucket{" + (labels.isEmpty ? "" : labels + ",")
        var below: UInt64 = 0
        for (bound, count) in zip(bounds, counts.buckets) {
            below &+= count
            text += start
            text += bound
            text += String(below)
            text += "\n"
        }
        line(name, "_sum", labels, Self.number(counts.sum))
        line(name, "_count", labels, String(below))
    }

    /// A value; whole numbers are written in full.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), value.magnitude < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }

    /// A bound as Go formats it: the shortest digits, with an exponent from a million up and below a ten-thousandth.
    static func bound(_ value: Double) -> String {
        guard value.isFinite, value != 0, value.magnitude >= 1e6 || value.magnitude < 1e-4 else { return number(value) }
        var exponent = 0
        // The digits of Swift's shortest representation, wherever its decimal point is.
        var digits = ""
        let parts = "\(value.magnitude)".split(separator: "e")
        if parts.count == 2 { exponent = Int(parts[1]) ?? 0 }
        let mantissa = parts[0].split(separator: ".")
        exponent += mantissa[0].count - 1
        digits = mantissa.joined()
        let leading = digits.prefix { $0 == "0" }.count
        digits.removeFirst(min(leading, digits.count - 1))
        exponent -= leading
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        let fraction = digits.dropFirst()
        let point = fraction.isEmpty ? "" : "." + fraction
        let size = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
        return "\(value < 0 ? "-" : "")\(digits.prefix(1))\(point)e\(exponent < 0 ? "-" : "+")\(size)"
    }

    private static func escapedHelp(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }
}

/// Labels as they appear between the braces: sorted by name, with values escaped.
enum LabelText {
    /// The label value of the series that all label sets beyond the limit share.
    static let overflow = "other"

    static func make(_ labels: [(String, String)]) -> String {
        if labels.isEmpty { return "" }
        return labels.sorted { $0.0 < $1.0 }.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        let mustEscape = value.utf8.contains {
            $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n")
        }
        guard mustEscape else { return value }
        return value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
