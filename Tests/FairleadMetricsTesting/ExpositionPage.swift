/// A page of metrics, read as strictly as a parser of Prometheus reads it.
package struct ExpositionPage {
    package struct Malformed: Error, CustomStringConvertible {
        package let description: String
    }

    /// By name and labels, as they stand in the line.
    package private(set) var samples: [String: Double] = [:]
    /// By family.
    package private(set) var types: [String: String] = [:]
    package private(set) var helps: [String: String] = [:]

    /// - Throws: for a line that is none, a sample outside of its family's block, a family that comes twice or without
    ///   HELP and TYPE, a series that comes twice, and histograms whose buckets go down or do not end with their count.
    package init(_ text: String) throws(Malformed) {
        guard text.isEmpty || text.hasSuffix("\n") else { throw Malformed(description: "no line end at the end") }
        var family = ""
        var buckets: [String: (last: Double, top: Double?)] = [:]
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            if line.hasPrefix("# HELP ") {
                let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1).map(String.init)
                guard parts.count == 2, helps[parts[0]] == nil else { throw Malformed(description: "\(line)") }
                family = parts[0]
                helps[family] = parts[1]
                continue
            }
            if line.hasPrefix("# TYPE ") {
                let parts = line.dropFirst(7).split(separator: " ").map(String.init)
                guard parts.count == 2, parts[0] == family, ["counter", "gauge", "histogram"].contains(parts[1]) else {
                    throw Malformed(description: "\(line)")
                }
                types[family] = parts[1]
                continue
            }
            let sample = try Sample(line)
            guard let type = types[family] else { throw Malformed(description: "no TYPE before: \(line)") }
            let suffixes = type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
            guard suffixes.contains(where: { sample.name == family + $0 }) else {
                throw Malformed(description: "outside of its block: \(line)")
            }
            guard samples.updateValue(sample.value, forKey: sample.series) == nil else {
                throw Malformed(description: "twice: \(line)")
            }
            guard type == "histogram" else { continue }
            let others = sample.labels.filter { $0.name != "le" }.map { "\($0.name)=\($0.value)" }.joined(
                separator: ",")
            if sample.name.hasSuffix("_bucket") {
                guard let le = sample.labels.first(where: { $0.name == "le" })?.value,
                    sample.value >= buckets[others]?.last ?? 0
                else { throw Malformed(description: "a bucket that goes down: \(line)") }
                buckets[others] = (sample.value, le == "+Inf" ? sample.value : nil)
            } else if sample.name.hasSuffix("_count") {
                guard buckets.removeValue(forKey: others)?.top == sample.value else {
                    throw Malformed(description: "the count is not the last bucket: \(line)")
                }
            }
        }
    }

    /// The sum of a family's samples whose lines have all of these parts.
    package func sum(_ name: String, _ parts: String...) -> Double {
        samples.filter { key, _ in
            key.prefix { $0 != "{" } == name && parts.allSatisfy(key.contains)
        }.values.reduce(0, +)
    }

    private struct Sample {
        var series: String
        var name: String
        var labels: [(name: String, value: String)] = []
        var value: Double

        init(_ line: Substring) throws(Malformed) {
            let malformed = Malformed(description: "\(line)")
            let isNamePart = { (character: Character) in
                character.isASCII && (character.isLetter || character.isNumber || character == "_" || character == ":")
            }
            var rest = line
            name = String(rest.prefix(while: isNamePart))
            rest = rest.dropFirst(name.count)
            guard !name.isEmpty, name.first?.isNumber == false else { throw malformed }
            if rest.first == "{" {
                rest = rest.dropFirst()
                while rest.first != "}" {
                    if !labels.isEmpty {
                        guard rest.first == "," else { throw malformed }
                        rest = rest.dropFirst()
                    }
                    let label = rest.prefix(while: isNamePart)
                    rest = rest.dropFirst(label.count)
                    guard !label.isEmpty, rest.hasPrefix("=\"") else { throw malformed }
                    rest = rest.dropFirst(2)
                    var value = ""
                    while let character = rest.popFirst(), character != "\"" {
                        guard character == "\\" else {
                            value.append(character)
                            continue
                        }
                        guard let escaped = rest.popFirst(), ["\\", "\"", "n"].contains(escaped) else {
                            throw malformed
                        }
                        value.append(escaped == "n" ? "\n" : escaped)
                    }
                    guard !labels.contains(where: { $0.name == label }) else { throw malformed }
                    labels.append((String(label), value))
                }
                rest = rest.dropFirst()
            }
            series = String(line[..<rest.startIndex])
            guard rest.first == " ", let value = Double(rest.dropFirst().replacing("Inf", with: "infinity")) else {
                throw malformed
            }
            self.value = value
        }
    }
}
