/// One element of an Accept header (RFC 9110, 12.5.1).
package struct MediaRange: Sendable, Equatable {
    package var type: String
    package var parameters: [String: String]

    /// The ranges ordered by `q`, wildcards after others, then as written; ranges with `q=0` are dropped.
    package static func parse(_ header: String) -> [MediaRange] {
        var ranges: [(quality: Double, range: MediaRange)] = []
        for element in header.split(separator: ",") {
            let parts = element.split(separator: ";").map { $0.trimmingSpaces }
            guard let type = parts.first, !type.isEmpty else { continue }
            var parameters: [String: String] = [:]
            for part in parts.dropFirst() {
                let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingSpaces }
                if pair.count == 2 { parameters[pair[0]] = pair[1] }
            }
            let quality = parameters["q"].flatMap(Double.init) ?? 1
            if quality > 0 { ranges.append((quality, MediaRange(type: type, parameters: parameters))) }
        }
        // A stable order: equal ranges stay as written.
        return ranges.enumerated()
            .sorted { left, right in
                let (mine, theirs) = (left.element, right.element)
                return (theirs.quality, mine.range.wildcards, left.offset)
                    < (mine.quality, theirs.range.wildcards, right.offset)
            }
            .map(\.element.range)
    }

    private var wildcards: Int { type == "*/*" ? 2 : type.hasSuffix("/*") ? 1 : 0 }
}
