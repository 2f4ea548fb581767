extension RegularExpression {
    /// Replaces matches: in the replacement, `&` and `\1` stand for what was found.
    ///
    /// - Parameter occurrence: the first match that is replaced, from 1.
    func replacing(
        _ text: String, with replacement: String, occurrence: Int = 1, all: Bool, limit: Int = 1 << 20
    ) -> (text: String, count: Int) {
        let scalars = Array(text.unicodeScalars)
        let template = Array(replacement.unicodeScalars)
        var result = String.UnicodeScalarView()
        var (index, count, found) = (0, 0, 0)
        var previousEnd = -1
        while index <= scalars.count, let match = match(scalars, from: index), result.count < limit {
            result.append(contentsOf: scalars[index..<match.range.lowerBound])
            index = match.range.upperBound
            if match.range.isEmpty, match.range.lowerBound == previousEnd {
                if index < scalars.count { result.append(scalars[index]) }
                index += 1
                continue
            }
            previousEnd = match.range.upperBound
            found += 1
            if found >= occurrence {
                Self.fill(template, match, scalars, &result)
                count += 1
            } else {
                result.append(contentsOf: scalars[match.range])
            }
            if match.range.isEmpty {
                if index < scalars.count { result.append(scalars[index]) }
                index += 1
            }
            if !all, count > 0 { break }
        }
        if index < scalars.count { result.append(contentsOf: scalars[index...]) }
        return (String(result), count)
    }

    private static func fill(
        _ template: [Unicode.Scalar], _ match: Match, _ text: [Unicode.Scalar], _ result: inout String.UnicodeScalarView
    ) {
        var index = 0
        while index < template.count {
            let scalar = template[index]
            index += 1
            if scalar == "&" {
                result.append(contentsOf: text[match.range])
            } else if scalar == "\\", index < template.count {
                let next = template[index]
                index += 1
                if let digit = Int(String(next)), digit < 10 {
                    if digit < match.groups.count, let range = match.groups[digit] {
                        result.append(contentsOf: text[range])
                    }
                } else {
                    result.append(next == "n" ? "\n" : next == "t" ? "\t" : next)
                }
            } else {
                result.append(scalar)
            }
        }
    }
}
