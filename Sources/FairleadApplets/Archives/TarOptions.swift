/// The words of `tar`: the first cluster may lack its hyphen.
struct TarOptions {
    var mode: Character = " "
    var file: String?
    var folder: String?
    var paths: [String] = []
    var excludes: [String] = []
    var isVerbose = false
    var isCompressed = false
    var followsLinks = false
    var keepsModes = false
    var keepsOwners = true
    var setsTimes = true

    init() {}

    init(_ words: [String]) throws(AppletFailure) {
        var rest = words[...]
        if let first = rest.first, !first.hasPrefix("-") { rest[rest.startIndex] = "-" + first }
        while let word = rest.popFirst() {
            if word.hasPrefix("--") {
                try set(long: word, &rest)
                continue
            }
            guard word.hasPrefix("-"), word.count > 1 else {
                paths.append(word)
                continue
            }
            var cluster = word.dropFirst()
            while let letter = cluster.popFirst() {
                switch letter {
                case "c", "x", "t": mode = letter
                case "v": isVerbose = true
                case "z", "j", "J", "a", "Z": isCompressed = letter != "a"
                case "h": followsLinks = true
                case "p": keepsModes = true
                case "o": keepsOwners = false
                case "m": setsTimes = false
                case "k", "O", "S", "P", "l": continue
                case "f", "C", "T", "X":
                    let inline = cluster.first.map { !"cxtvzhpomk".contains($0) } == true ? String(cluster) : nil
                    if inline != nil { cluster = "" }
                    guard let value = inline ?? rest.popFirst() else {
                        throw AppletFailure("option requires an argument -- \(letter)")
                    }
                    if letter == "f" { file = value }
                    if letter == "C" { folder = value }
                default: throw AppletFailure("unrecognized option: \(letter)")
                }
            }
        }
    }

    private mutating func set(long word: String, _ rest: inout ArraySlice<String>) throws(AppletFailure) {
        let name = word.prefix { $0 != "=" }
        func value() -> String? {
            word.contains("=") ? String(word.dropFirst(name.count + 1)) : rest.popFirst()
        }
        switch name {
        case "--exclude": if let pattern = value() { excludes.append(pattern) }
        case "--file": file = value()
        case "--directory": folder = value()
        case "--create": mode = "c"
        case "--extract": mode = "x"
        case "--list": mode = "t"
        case "--verbose": isVerbose = true
        case "--no-same-owner": keepsOwners = false
        case "--no-same-permissions", "--no-overwrite-dir", "--overwrite", "--numeric-owner", "--same-owner": break
        case "--gzip": isCompressed = true
        default: throw AppletFailure("unrecognized option: \(word.dropFirst(2))")
        }
    }
}
