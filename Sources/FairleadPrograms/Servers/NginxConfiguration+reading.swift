extension NginxConfiguration {
    struct Directive {
        var name: String
        var words: [String]
        var block: [Directive]
        /// `/etc/nginx/conf.d/default.conf:3`.
        var place: String
    }

    struct Reader {
        private var rest: Substring.UTF8View
        private let file: String
        private var line = 1
        private var count = 0

        init(_ text: String, file: String) {
            rest = text[...].utf8
            self.file = file
        }

        private var place: String { "\(file):\(line)" }

        /// A word, `;`, `{` or `}`; nil at the end.
        private mutating func token() throws(Fault) -> (text: String, isMark: Bool)? {
            while let byte = rest.first {
                if byte == UInt8(ascii: "#") {
                    rest = rest.drop { $0 != UInt8(ascii: "\n") }
                } else if byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A {
                    if byte == 0x0A { line += 1 }
                    rest.removeFirst()
                } else {
                    break
                }
            }
            guard let first = rest.first else { return nil }
            if ";{}".utf8.contains(first) {
                rest.removeFirst()
                return (String(UnicodeScalar(first)), true)
            }
            if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") { return (try quoted(first), false) }
            var bytes: [UInt8] = []
            while let byte = rest.first, byte > 0x20, byte != UInt8(ascii: ";") {
                if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}"), bytes.last != UInt8(ascii: "$") { break }
                bytes.append(byte)
                rest.removeFirst()
                // A variable in braces is part of the word.
                if byte == UInt8(ascii: "{") {
                    while let inner = rest.popFirst() {
                        bytes.append(inner)
                        if inner == UInt8(ascii: "}") { break }
                    }
                }
            }
            return (String(decoding: bytes, as: UTF8.self), false)
        }

        private mutating func quoted(_ quote: UInt8) throws(Fault) -> String {
            rest.removeFirst()
            var bytes: [UInt8] = []
            while let byte = rest.popFirst() {
                if byte == quote { return String(decoding: bytes, as: UTF8.self) }
                if byte == 0x0A { line += 1 }
                if byte == UInt8(ascii: "\\"), let next = rest.popFirst() {
                    bytes.append(next == UInt8(ascii: "n") ? 0x0A : next == UInt8(ascii: "t") ? 0x09 : next)
                } else {
                    bytes.append(byte)
                }
            }
            throw Fault(message: "unexpected end of file, expecting \";\" or \"}\" in \(place)")
        }

        mutating func block(isTop: Bool, depth: Int) throws(Fault) -> [Directive] {
            guard depth < 16 else { throw Fault(message: "too deeply nested blocks in \(place)") }
            var directives: [Directive] = []
            var words: [String] = []
            while let (text, isMark) = try token() {
                if !isMark {
                    words.append(text)
                    continue
                }
                count += 1
                guard count < NginxConfiguration.maximumDirectives else {
                    throw Fault(message: "too many directives in \(place)")
                }
                if text == "}" {
                    guard !isTop, words.isEmpty else { throw Fault(message: "unexpected \"}\" in \(place)") }
                    return directives
                }
                guard let name = words.first else { throw Fault(message: "unexpected \"\(text)\" in \(place)") }
                var directive = Directive(name: name, words: Array(words.dropFirst()), block: [], place: place)
                words = []
                if text == "{" { directive.block = try block(isTop: false, depth: depth + 1) }
                directives.append(directive)
            }
            guard isTop, words.isEmpty else {
                throw Fault(
                    message:
                        "unexpected end of file, expecting \(words.isEmpty ? "\"}\"" : "\";\" or \"}\"") in \(place)")
            }
            return directives
        }
    }
}

extension NginxConfiguration.Rules {
    mutating func take(_ directive: NginxConfiguration.Directive) {
        let words = directive.words
        switch directive.name {
        case "root": root = words.first
        case "alias": alias = words.first
        case "index": index = words
        case "proxy_pass": proxy = words.first
        case "try_files": tries = words
        case "autoindex": listsDirectories = words.first == "on"
        case "default_type": type = words.first
        case "add_header": if words.count > 1 { headers[words[0]] = words[1] }
        case "return":
            if let status = words.first.flatMap({ Int($0) }), (100...999).contains(status) {
                answer = (status, words.dropFirst().joined(separator: " "))
            } else if let location = words.first {
                answer = (302, location)
            }
        default: return
        }
    }
}
