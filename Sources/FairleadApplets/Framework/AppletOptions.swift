/// The options and operands of an applet, read as `getopt` does.
package struct AppletOptions {
    /// The options that were given.
    package private(set) var flags: Set<Character> = []
    /// The values of options, in order.
    private(set) var values: [(option: Character, value: String)] = []
    /// The words that are no options.
    package private(set) var operands: [String] = []

    /// - Parameters:
    ///   - letters: the options, each with a colon behind it if it has a value.
    ///   - long: long options, and the letters that they stand for.
    ///   - stopsAtOperand: whether options end at the first operand.
    package init(
        _ words: [String], _ letters: String, long: [String: Character] = [:], stopsAtOperand: Bool = false
    ) throws(AppletFailure) {
        var known: [Character: Bool] = [:]
        var last: Character?
        for letter in letters {
            if letter == ":", let last { known[last] = true } else { known[letter] = false }
            last = letter
        }
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                return
            }
            if word.hasPrefix("--") {
                let name = String(word.dropFirst(2).prefix { $0 != "=" })
                guard let letter = long[name] else { throw AppletFailure("unrecognized option: \(word.dropFirst(2))") }
                if known[letter] == true {
                    let inline = word.dropFirst(2).count > name.count ? String(word.dropFirst(name.count + 3)) : nil
                    guard let value = inline ?? rest.popFirst() else {
                        throw AppletFailure("option requires an argument: \(name)")
                    }
                    values.append((letter, value))
                }
                flags.insert(letter)
                continue
            }
            guard word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                if stopsAtOperand {
                    operands += rest
                    return
                }
                continue
            }
            var cluster = word.dropFirst()[...]
            while let letter = cluster.popFirst() {
                guard let hasValue = known[letter] else { throw AppletFailure("unrecognized option: \(letter)") }
                flags.insert(letter)
                guard hasValue else { continue }
                if cluster.isEmpty {
                    guard let value = rest.popFirst() else {
                        throw AppletFailure("option requires an argument -- \(letter)")
                    }
                    values.append((letter, value))
                } else {
                    values.append((letter, String(cluster)))
                    cluster = ""
                }
            }
        }
    }

    /// Whether an option was given.
    package func has(_ letter: Character) -> Bool { flags.contains(letter) }

    /// The last value of an option.
    package func value(_ letter: Character) -> String? { values.last { $0.option == letter }?.value }

    func all(_ letter: Character) -> [String] { values.filter { $0.option == letter }.map(\.value) }
}
