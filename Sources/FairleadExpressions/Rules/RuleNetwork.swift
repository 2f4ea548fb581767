import FairleadModel

/// An IP address of expressions: without zone, and never an IPv4 address in the form of IPv6.
///
/// Reference: k8s.io/apiserver `pkg/cel/library/ip.go`, whose messages these are.
struct RuleAddress: Sendable, Hashable, CustomStringConvertible {
    let address: IPAddress

    init(_ address: IPAddress) { self.address = address }

    init(_ text: String) throws(RuleError) {
        if text.contains(":"), let percent = text.firstIndex(of: "%"), IPAddress(String(text[..<percent])) != nil {
            throw RuleError("IP address \(text.goQuoted) with zone value is not allowed")
        }
        guard let address = IPAddress(text) else {
            throw RuleError(
                "IP Address \(text.goQuoted) parse error during conversion from string: \(Self.complaint(about: text))")
        }
        if address.isIPv4, text.contains(":") {
            throw RuleError("IPv4-mapped IPv6 address \(text.goQuoted) is not allowed")
        }
        self.address = address
    }

    var description: String { address.description }

    /// What Go's `netip` says about a text that is no address.
    static func complaint(about text: String) -> String {
        var why = "unable to parse IP"
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
        if !text.contains(":"), text.contains(".") {
            why = numbers.count < 4 ? "IPv4 address too short" : "IPv4 address too long"
            for number in numbers.prefix(4).reversed() {
                if number.isEmpty { why = "IPv4 field must have at least one digit" }
                if let other = number.first(where: { !("0"..."9").contains($0) }) {
                    why = "unexpected character (at \(String(other).goQuoted))"
                } else if number.count > 1, number.first == "0" {
                    why = "IPv4 field has octet with leading zero"
                } else if Int(number).map({ $0 > 255 }) ?? (number.count > 3) {
                    why = "IPv4 field has value >255"
                }
            }
        }
        return "ParseAddr(\(text.goQuoted)): \(why)"
    }

    func call(_ name: String) throws(RuleError) -> RuleValue {
        switch name {
        case "family": .int(address.isIPv4 ? 4 : 6)
        case "isUnspecified": .bool(address.isUnspecified)
        case "isLoopback": .bool(address.isLoopback)
        case "isLinkLocalMulticast": .bool(address.isLinkLocalMulticast)
        case "isLinkLocalUnicast": .bool(address.isLinkLocalUnicast)
        case "isGlobalUnicast":
            .bool(
                !address.isUnspecified && !address.isLoopback && !address.isMulticast && !address.isLinkLocalUnicast
                    && !(address.isIPv4 && address.bits == 0xFFFF_FFFF))
        default: throw .noOverload
        }
    }
}

/// A range of addresses; unlike a network, it keeps the address that it was written with.
struct RuleRange: Sendable, Hashable, CustomStringConvertible {
    let address: RuleAddress
    let prefixLength: Int

    init(_ text: String) throws(RuleError) {
        func refusal(_ why: String) -> RuleError {
            let words = "network address parse error during conversion from string: "
            return RuleError("\(words)\(words)netip.ParsePrefix(\(text.goQuoted)): \(why)")
        }
        guard let slash = text.lastIndex(of: "/") else { throw refusal("no '/'") }
        let start = String(text[..<slash])
        guard let address = IPAddress(start) else {
            if start.contains("%") { throw refusal("IPv6 zones cannot be present in a prefix") }
            throw refusal(RuleAddress.complaint(about: start))
        }
        let digits = String(text[text.index(after: slash)...])
        let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isNumber, digits.count == 1 || digits.first != "0" else {
            throw refusal("bad bits after slash: \(digits.goQuoted)")
        }
        if address.isIPv4, text.contains(":") {
            throw RuleError("IPv4-mapped IPv6 address \(text.goQuoted) is not allowed")
        }
        guard let length = Int(digits), length <= address.bitWidth else { throw refusal("prefix length out of range") }
        self.address = RuleAddress(address)
        prefixLength = length
    }

    private init(_ address: IPAddress, _ prefixLength: Int) {
        self.address = RuleAddress(address)
        self.prefixLength = prefixLength
    }

    var description: String { "\(address)/\(prefixLength)" }

    private var network: CIDR? { CIDR(address.address, prefixLength: prefixLength) }

    func call(_ name: String, _ second: RuleValue?) throws(RuleError) -> RuleValue {
        switch (name, second) {
        case ("ip", nil): return .ip(address)
        case ("prefixLength", nil): return .int(Int64(prefixLength))
        case ("masked", nil): return network.map { .cidr(RuleRange($0.network, prefixLength)) } ?? .cidr(self)
        case ("containsIP", .plain(.string(let text))?):
            let other = try RuleAddress(text)
            return .bool(network?.contains(other.address) ?? false)
        case ("containsIP", .ip(let other)?): return .bool(network?.contains(other.address) ?? false)
        case ("containsCIDR", .plain(.string(let text))?): return .bool(contains(try RuleRange(text)))
        case ("containsCIDR", .cidr(let other)?): return .bool(contains(other))
        default: throw .noOverload
        }
    }

    private func contains(_ other: RuleRange) -> Bool {
        guard let network, let theirs = other.network else { return false }
        return network.contains(theirs)
    }
}

/// An absolute URL, or an absolute path.
///
/// Reference: Go's `url.ParseRequestURI`, whose messages these are; k8s.io/apiserver `pkg/cel/library/urls.go`.
struct RuleURL: Sendable {
    let text: String
    private var scheme = ""
    private var host = ""
    private var path = ""
    private var query = ""

    init(_ text: String) throws(RuleError) {
        self.text = text
        func refusal(_ why: String) -> RuleError {
            RuleError("URL parse error during conversion from string: parse \(text.goQuoted): \(why)")
        }
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw refusal("net/url: invalid control character in URL")
        }
        if text.isEmpty { throw refusal("empty url") }
        if text == "*" {
            path = "*"
            return
        }
        var rest = Substring(text)
        if rest.first == ":" { throw refusal("missing protocol scheme") }
        let name = rest.prefix { Self.isSchemeCharacter($0) }
        if let first = name.first, first.isLetter, rest.dropFirst(name.count).first == ":" {
            scheme = name.lowercased()
            rest = rest.dropFirst(name.count + 1)
        } else if let colon = rest.firstIndex(of: ":"), !rest[..<colon].contains("/"), !rest.hasPrefix("/"),
            !name.isEmpty,
            name.endIndex == colon
        {
            throw refusal("first path segment in URL cannot contain colon")
        }
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if !rest.hasPrefix("/") {
            // A path that does not begin at the root is opaque where there is a scheme.
            guard !scheme.isEmpty else { throw refusal("invalid URI for request") }
            return
        }
        if !scheme.isEmpty, rest.hasPrefix("//") {
            let authority = rest.dropFirst(2).prefix { $0 != "/" }
            rest = rest.dropFirst(2 + authority.count)
            let name = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
            if let why = Self.fault(inHost: String(name)) { throw refusal(why) }
            host = String(name)
        }
        if let escape = Self.badEscape(in: String(rest)) { throw refusal("invalid URL escape \(escape.goQuoted)") }
        path = String(rest)
    }

    private static func isSchemeCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "+-.".contains(character))
    }

    private static func fault(inHost host: String) -> String? {
        if let space = host.first(where: { " <>\"\\^`{|}".contains($0) }) {
            return "invalid character \(String(space).goQuoted) in host name"
        }
        if let escape = badEscape(in: host) { return "invalid URL escape \(escape.goQuoted)" }
        if host.hasPrefix("["), !host.contains("]") { return "missing ']' in host" }
        let name =
            host.hasPrefix("[")
            ? host[...(host.lastIndex(of: "]") ?? host.startIndex)] : host.prefix { $0 != ":" }
        let port = host.dropFirst(name.count)
        if port.isEmpty { return nil }
        guard port.first == ":", port.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return "invalid port \(String(port).goQuoted) after host"
        }
        return nil
    }

    /// As Go shows a path: with the escapes that it has, unless there are too few.
    private static func escapedPath(_ path: String) -> String {
        func isPlain(_ byte: UInt8, _ others: String.UTF8View) -> Bool {
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || others.contains(byte)
        }
        if path == "*" || path.utf8.allSatisfy({ isPlain($0, "-_.~!$&'()*+,/:;=@[]%".utf8) }) { return path }
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in unescapedBytes(Substring(path), plusIsSpace: false) {
            if isPlain(byte, "-_.~$&+,/:;=@".utf8) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return RuleText.text(bytes)
    }

    private static func badEscape(in text: String) -> String? {
        let bytes = Array(text.utf8)
        for index in bytes.indices where bytes[index] == UInt8(ascii: "%") {
            let digits = bytes[(index + 1)..<min(index + 3, bytes.count)]
            let isHex =
                digits.count == 2
                && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
            if !isHex { return RuleText.text(bytes[index..<min(index + 3, bytes.count)]) }
        }
        return nil
    }

    func call(_ name: String) throws(RuleError) -> RuleValue {
        switch name {
        case "getScheme": .text(scheme)
        case "getHost": .text(host)
        case "getHostname": .text(hostAndPort.host)
        case "getPort": .text(hostAndPort.port)
        case "getEscapedPath": .text(Self.escapedPath(path))
        case "getQuery": .plain(.object(Object(parameters)))
        default: throw .noOverload
        }
    }

    private var hostAndPort: (host: String, port: String) {
        if host.hasPrefix("["), let end = host.lastIndex(of: "]") {
            let rest = host[host.index(after: end)...]
            return (String(host[host.index(after: host.startIndex)..<end]), String(rest.dropFirst()))
        }
        guard let colon = host.lastIndex(of: ":") else { return (host, "") }
        return (String(host[..<colon]), String(host[host.index(after: colon)...]))
    }

    /// The values of each name, in their order.
    private var parameters: [(String, Value)] {
        var values: [String: [Value]] = [:]
        for pair in query.split(separator: "&") where !pair.contains(";") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[Self.unescaped(parts[0]), default: []].append(
                .string(parts.count > 1 ? Self.unescaped(parts[1]) : ""))
        }
        return values.map { ($0.key, .array($0.value)) }
    }

    private static func unescaped(_ text: Substring) -> String {
        RuleText.text(unescapedBytes(text, plusIsSpace: true))
    }

    private static func unescapedBytes(_ text: Substring, plusIsSpace: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
                let byte = UInt8(RuleText.text(source[(index + 1)...(index + 2)]), radix: 16)
            {
                bytes.append(byte)
                index += 3
            } else {
                bytes.append(plusIsSpace && source[index] == UInt8(ascii: "+") ? 0x20 : source[index])
                index += 1
            }
        }
        return bytes
    }
}
