/// Names that are no identifiers, or have a meaning of their own, are written with escapes.
///
/// Reference: "Validation rules" of CustomResourceDefinitions, "Escaping".
enum RuleNames {
    static func property(_ name: String) -> String {
        guard name.contains("__") else { return name }
        if name.hasPrefix("__"), name.hasSuffix("__"), name.count > 4 {
            let inner = String(name.dropFirst(2).dropLast(2))
            if reserved.contains(inner) { return inner }
        }
        var result = ""
        var rest = Substring(name)
        while !rest.isEmpty {
            if let (mark, text) = marks.first(where: { rest.hasPrefix($0.0) }) {
                result += text
                rest = rest.dropFirst(mark.count)
            } else {
                result.append(rest.removeFirst())
            }
        }
        return result
    }

    private static let marks = [
        ("__underscores__", "__"), ("__dot__", "."), ("__dash__", "-"), ("__slash__", "/"),
    ]
    private static let reserved: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let",
        "loop", "package", "namespace", "return",
    ]
}
