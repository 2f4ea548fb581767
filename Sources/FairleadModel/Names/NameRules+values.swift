extension NameRules {
    /// Names of ports (IANA_SVC_NAME).
    package static func portName(_ text: String) -> [String] {
        var messages = tooLong(text, 15)
        let hyphen = UInt8(ascii: "-")
        if text.isEmpty || !text.utf8.allSatisfy({ isLowerAlphanumeric($0) || $0 == hyphen }) {
            messages.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
        }
        if !text.utf8.contains(where: { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }) {
            messages.append("must contain at least one letter (a-z)")
        }
        if text.contains("--") { messages.append("must not contain consecutive hyphens") }
        if text.hasPrefix("-") || text.hasSuffix("-") { messages.append("must not begin or end with a hyphen") }
        return messages
    }

    /// The reason of a condition: `MinimumReplicasAvailable`.
    package static func conditionReason(_ text: String) -> [String] {
        let bytes = text.utf8
        let isLetter: (UInt8) -> Bool = { isAlphanumeric($0) && $0 > UInt8(ascii: "9") }
        let underscore = UInt8(ascii: "_")
        let isValid =
            bytes.first.map(isLetter) == true
            && bytes.last.map { isAlphanumeric($0) || $0 == underscore && bytes.count > 1 } == true
            && bytes.allSatisfy { isAlphanumeric($0) || $0 == underscore || $0 == 0x2C || $0 == 0x3A }
        if isValid { return [] }
        return [
            mismatch(
                "a condition reason must start with alphabetic character, optionally followed by a string of "
                    + "alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
                "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?", "my_name", "MY_NAME", "MyName", "ReasonA,ReasonB",
                "ReasonA:ReasonB")
        ]
    }

    package static func portNumber(_ number: Int64) -> [String] {
        (1...65535).contains(number) ? [] : ["must be between 1 and 65535, inclusive"]
    }

    package static func ip(_ text: String) -> [String] {
        IPAddress(text) == nil ? ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"] : []
    }

    package static func ipv4(_ text: String) -> [String] {
        IPAddress(text)?.isIPv4 == true ? [] : ["must be a valid IPv4 address"]
    }

    package static func ipv6(_ text: String) -> [String] {
        IPAddress(text)?.isIPv4 == false ? [] : ["must be a valid IPv6 address"]
    }

    package static func cidr(_ text: String) -> [String] {
        CIDR(text) == nil ? ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"] : []
    }

    /// Keys of ConfigMaps and Secrets.
    package static func configMapKey(_ text: String) -> [String] {
        var messages = tooLong(text, 253)
        if text.isEmpty || !text.utf8.allSatisfy({ isAlphanumeric($0) || "-_.".utf8.contains($0) }) {
            messages.append(
                mismatch(
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'", "[-._a-zA-Z0-9]+",
                    "key.name", "KEY_NAME", "key-name"))
        }
        return messages + directoryChange(text)
    }

    /// Names of environment variables.
    package static func environmentVariable(_ text: String) -> [String] {
        if text.isEmpty || !text.utf8.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") }) {
            return [
                mismatch(
                    "a valid environment variable name must consist only of printable ASCII characters other than '='",
                    "[ -<>-~]+")
            ]
        }
        return []
    }

    package static func httpHeaderName(_ text: String) -> [String] {
        if !text.isEmpty, text.utf8.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") }) { return [] }
        return [
            mismatch(
                "a valid HTTP header must consist of alphanumeric characters or '-'", "[-A-Za-z0-9]+",
                "X-Header-Name")
        ]
    }

    /// The path of a domain-prefixed name: `acme.io/foo/bar`.
    package static func httpPath(_ text: String) -> [String] {
        if !text.isEmpty, text.utf8.allSatisfy({ isAlphanumeric($0) || httpPathMarks.contains($0) }) { return [] }
        return [mismatch("Invalid path", #"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"#)]
    }

    private static let httpPathMarks = Set("/-._~%!$&'()*+,;=:".utf8)

    package static func percent(_ text: String) -> [String] {
        let digits = text.utf8.dropLast()
        if text.hasSuffix("%"), !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) { return [] }
        return [
            mismatch(
                "a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%", "1%", "93%")
        ]
    }

    private static func directoryChange(_ text: String) -> [String] {
        switch text {
        case ".": ["must not be '.'"]
        case "..": ["must not be '..'"]
        default: text.hasPrefix("..") ? ["must not start with '..'"] : []
        }
    }
}
