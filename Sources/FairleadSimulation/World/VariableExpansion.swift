/// `$(NAME)` in commands, arguments and values of variables.
///
/// Reference: "Define Environment Variables for a Container"; `$$` stands for one `$`, and what is not known stays.
enum VariableExpansion {
    /// What Linux takes as one string of an environment or a command line: nothing is expanded beyond it.
    static let longest = 131_072

    /// - Parameter value: the value of a variable; nil if there is none.
    static func expand(_ text: String, _ value: (String) -> String?) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        let dollar = UInt8(ascii: "$")
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        // Without one further on, no bracket ends: the search is not repeated for each.
        var hasEnd = true
        while result.count <= longest, let byte = rest.popFirst() {
            guard byte == dollar, let next = rest.first else {
                result.append(byte)
                continue
            }
            if next == dollar {
                rest.removeFirst()
                result.append(dollar)
            } else if next == UInt8(ascii: "("), hasEnd {
                guard let end = rest.firstIndex(of: UInt8(ascii: ")")) else {
                    hasEnd = false
                    result.append(dollar)
                    continue
                }
                let name = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
                result += (value(name) ?? "$(\(name))").utf8
                rest = rest[(end + 1)...]
            } else {
                result += [dollar, next]
                rest.removeFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The names that a text refers to.
    static func names(in text: String) -> [String] {
        var names: [String] = []
        _ = expand(text) { name in
            names.append(name)
            return ""
        }
        return names
    }
}
