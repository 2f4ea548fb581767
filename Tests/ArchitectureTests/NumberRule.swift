/// Finds arithmetic that can trap on a number that a client may have set.
///
/// Goes by the words of the operands, line by line: `spec.replicas + surge`, `(status["x"]?.int ?? 0) + 1`,
/// `UInt16(port.int)`, `.seconds(timeoutSeconds)`, `0..<replicas`. Saturating operators (`+| -| *|`), checked and
/// clamping conversions pass, as do comments, texts and counts of collections.
struct NumberRule {
    /// Words of names that hold such numbers.
    static let words: Set<String> = [
        "replicas", "surge", "unavailable", "parallelism", "completions", "percent", "percentage", "seconds",
        "deadline",
        "grace", "timeout", "ordinal", "ordinals", "partition", "priority", "generation", "restarts", "quantity",
        "nanos", "milli", "weight", "desired", "revision", "allowance",
    ]
    private static let operators = [" + ", " - ", " * ", " += ", " -= ", " *= ", "..<", "..."]
    private static let narrowing = ["Int8(", "Int16(", "Int32(", "UInt8(", "UInt16(", "UInt32(", "UInt64(", "UInt("]
    private static let safe = ["clamping:", "exactly:", "saturating:", "truncatingIfNeeded:", "bitPattern:", "ascii:"]

    /// What is wrong with a line; nil if nothing is.
    static func complaint(about line: String) -> String? {
        let code = Array(withoutTexts(line))
        for symbol in operators {
            for place in places(of: symbol, in: code) {
                let sides = [operand(before: place, in: code), operand(after: place + symbol.count, in: code)]
                // `a...` and `...a` alone bound an index; a range that traps has two ends.
                if symbol.hasPrefix("."), sides[0].isEmpty || sides[1].isEmpty { continue }
                if sides.contains(where: isHarmless) { continue }
                if let bad = sides.first(where: isClientNumber) {
                    return "`\(symbol)` on `\(bad)`"
                }
            }
        }
        for symbol in narrowing + [".seconds(", ".milliseconds("] {
            for place in places(of: symbol, in: code) {
                if !symbol.hasPrefix("."), place > 0, code[place - 1].isLetter { continue }
                let content = operand(after: place + symbol.count - 1, in: code)
                if safe.contains(where: content.contains) { continue }
                let isDuration = symbol.hasPrefix(".")
                if isClientNumber(content) || isDuration && content.contains("?") {
                    return "`\(symbol)…)` of `\(content)`"
                }
            }
        }
        return nil
    }

    /// Lists of errors, floating-point numbers, durations (which are looked at where they are made) and what has been
    /// counted with care are no integers that trap.
    private static func isHarmless(_ operand: String) -> Bool {
        operand == "errors" || operand.hasPrefix("Double(") || operand.hasPrefix(".seconds(")
            || operand.hasPrefix(".now()") || operand.contains("|")
    }

    /// Whether an operand names a number that may come from a client.
    private static func isClientNumber(_ operand: String) -> Bool {
        if operand.hasSuffix(".count") || operand.hasSuffix(".components.seconds") { return false }
        if operand.contains(".int ") || operand.hasSuffix(".int") || operand.contains(".double ") { return true }
        // Of a chain the last name counts, of a call its own name, of a parenthesis everything in it.
        let call = operand.firstIndex(of: "(").map { operand[..<$0] } ?? operand[...]
        let isTransparent = ["", "min", "max", "Int", "Int64", "abs"].contains(call)
        let name = isTransparent ? operand[...] : call.split(separator: ".").last ?? call
        return !words.isDisjoint(with: split(String(name)))
    }

    /// The words of names in camel case.
    private static func split(_ text: String) -> [String] {
        var result: [String] = []
        var word = ""
        for character in text {
            if !character.isLetter || character.isUppercase {
                if !word.isEmpty { result.append(word) }
                word = ""
            }
            if character.isLetter { word += character.lowercased() }
        }
        return word.isEmpty ? result : result + [word]
    }

    /// Without comments, and with nothing between quotation marks.
    private static func withoutTexts(_ line: String) -> String {
        var result = ""
        var isText = false
        var previous: Character = " "
        for character in line {
            if character == "\"", previous != "\\" {
                isText.toggle()
                result.append(character)
            } else if !isText {
                if character == "/", previous == "/" { return String(result.dropLast()) }
                result.append(character)
            }
            previous = character
        }
        return result
    }

    private static func places(of symbol: String, in code: [Character]) -> [Int] {
        let symbol = Array(symbol)
        guard code.count >= symbol.count else { return [] }
        return (0...(code.count - symbol.count)).filter { code[$0..<($0 + symbol.count)].elementsEqual(symbol) }
    }

    private static let closing: [Character: Character] = [")": "(", "]": "["]
    private static let opening: [Character: Character] = ["(": ")", "[": "]"]

    private static func isNamePart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "._?!$\\".contains(character)
    }

    /// The name, call or parenthesis that ends before `place`.
    private static func operand(before place: Int, in code: [Character]) -> String {
        var start = place
        while start > 0 {
            let character = code[start - 1]
            if let open = closing[character] {
                var depth = 0
                while start > 0 {
                    start -= 1
                    if code[start] == character { depth += 1 }
                    if code[start] == open { depth -= 1 }
                    if depth == 0 { break }
                }
            } else if isNamePart(character) {
                start -= 1
            } else {
                break
            }
        }
        return String(code[start..<place])
    }

    /// The name, call or parenthesis that begins at `place`.
    private static func operand(after place: Int, in code: [Character]) -> String {
        var end = place
        while end < code.count {
            let character = code[end]
            if let close = opening[character] {
                var depth = 0
                while end < code.count {
                    if code[end] == character { depth += 1 }
                    if code[end] == close { depth -= 1 }
                    end += 1
                    if depth == 0 { break }
                }
            } else if isNamePart(character) {
                end += 1
            } else {
                break
            }
        }
        return String(code[place..<end])
    }
}
