import FairleadContainers
import FairleadModel

/// The command line of `curl`.
struct CurlOptions: Sendable {
    var urls: [String] = []
    var method: String?
    var body: [UInt8]?
    var isSilent = false
    var showsErrors = false
    var showsHeaders = false
    var isHead = false
    var isVerbose = false
    var follows = false
    var failsOnError = false
    var keepsBody = false
    var showsVersion = false
    var usesRemoteName = false
    var hidesProgress = false
    var outputPath: String?
    var headerPath: String?
    var format: String?
    var maximumTime: Duration?
    var connectTime: Duration?
    var maximumRedirects = 50
    var source: IPAddress?
    /// `4` or `6`.
    var family: String?
    /// The addresses of `--resolve`, by `HOST:PORT`.
    var fixed: [String: IPAddress] = [:]
    private var putsBodyInQuery = false
    private var user: String?
    private var agent = "curl/8.12.1"
    private var extra: [(name: String, value: String)] = []
    private var isJSON = false

    var showsProgress: Bool { !isSilent && !hidesProgress }

    /// Options without a value, and what they are called when they are long.
    private static let flags: [String: String] = [
        "-s": "silent", "-S": "show-error", "-i": "include", "-I": "head", "-v": "verbose", "-L": "location",
        "-f": "fail",
        "-V": "version", "-O": "remote-name", "-G": "get", "-g": "globoff", "-q": "disable", "-k": "insecure",
        "-N": "no-buffer", "-4": "ipv4", "-6": "ipv6", "-#": "progress-bar", "-0": "http1.0", "-a": "append",
        "-n": "netrc", "-1": "tlsv1", "-J": "remote-header-name", "-j": "junk-session-cookies", "-p": "proxytunnel",
        "-R": "remote-time", "-Z": "parallel",
    ]
    private static let valued: [String: String] = [
        "-o": "output", "-w": "write-out", "-X": "request", "-H": "header", "-d": "data", "-m": "max-time",
        "-u": "user", "-A": "user-agent", "-e": "referer", "-b": "cookie", "-c": "cookie-jar", "-D": "dump-header",
        "-x": "proxy", "-E": "cert", "-T": "upload-file", "-F": "form", "-r": "range", "-y": "speed-time",
        "-Y": "speed-limit", "-K": "config",
    ]
    private static let longValued: Set<String> = [
        "output", "write-out", "request", "header", "data", "data-raw", "data-binary", "data-ascii", "data-urlencode",
        "json", "max-time", "connect-timeout", "interface", "resolve", "user", "user-agent", "referer", "cookie",
        "cookie-jar", "dump-header", "proxy", "cert", "key", "cacert", "capath", "upload-file", "form", "range",
        "retry",
        "retry-delay", "retry-max-time", "max-redirs", "url", "speed-time", "speed-limit", "config", "noproxy",
        "limit-rate", "keepalive-time", "local-port", "unix-socket", "ciphers", "tls-max", "connect-to", "stderr",
        "aws-sigv4",
        "oauth2-bearer", "dns-servers", "output-dir",
    ]

    init(_ process: Process) throws {
        var rest = process.words[...]
        while let word = rest.popFirst() {
            if word.hasPrefix("--"), word.count > 2 {
                let name = String(word.dropFirst(2).prefix { $0 != "=" })
                if Self.longValued.contains(name) {
                    let inline = word.contains("=") ? String(word.dropFirst(name.count + 3)) : nil
                    guard let value = inline ?? rest.popFirst() else { throw Self.missing(word) }
                    try set(name, value, process)
                } else {
                    set(name)
                }
            } else if word.hasPrefix("-"), word.count > 1 {
                var cluster = word.dropFirst()
                while let letter = cluster.popFirst() {
                    if let name = Self.flags["-\(letter)"] {
                        set(name)
                        continue
                    }
                    guard let name = Self.valued["-\(letter)"] else {
                        throw Curl.Failure(code: 2, message: "option -\(letter): is unknown")
                    }
                    guard let value = cluster.isEmpty ? rest.popFirst() : String(cluster) else {
                        throw Self.missing(word)
                    }
                    cluster = ""
                    try set(name, value, process)
                }
            } else {
                urls.append(word)
            }
        }
    }

    private static func missing(_ word: String) -> Curl.Failure {
        Curl.Failure(code: 2, message: "option \(word): requires parameter")
    }

    private mutating func set(_ flag: String) {
        switch flag {
        case "silent": isSilent = true
        case "show-error": showsErrors = true
        case "include", "show-headers": showsHeaders = true
        case "head": isHead = true
        case "verbose": isVerbose = true
        case "location", "location-trusted": follows = true
        case "fail": failsOnError = true
        case "fail-with-body": (failsOnError, keepsBody) = (true, true)
        case "version": showsVersion = true
        case "remote-name": usesRemoteName = true
        case "get": putsBodyInQuery = true
        case "no-progress-meter": hidesProgress = true
        case "ipv4": family = "4"
        case "ipv6": family = "6"
        default: break
        }
    }

    private mutating func set(_ name: String, _ value: String, _ process: Process) throws {
        switch name {
        case "output": outputPath = value
        case "write-out": format = value
        case "request": method = value
        case "header":
            let parts = value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return }
            let text = parts[1].drop { $0 == " " }
            extra.append((String(parts[0]), String(text.filter { $0 != "\r" && $0 != "\n" && $0 != "\r\n" })))
        case "data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "json":
            try add(data: value, name, process)
        case "form":
            method = method ?? "POST"
            body = (body ?? []) + Array(value.utf8)
        case "upload-file":
            method = method ?? "PUT"
            body = try Self.content("@" + value, process)
        case "max-time": maximumTime = Double(value).map { .seconds(saturating: $0) }
        case "connect-timeout": connectTime = Double(value).map { .seconds(saturating: $0) }
        case "max-redirs": maximumRedirects = Int(value).map { $0 < 0 ? 50 : min($0, 50) } ?? 50
        case "interface":
            source = IPAddress(value) ?? process.world.network.addresses.first
        case "resolve":
            let parts = value.split(separator: ":", maxSplits: 2).map(String.init)
            guard parts.count == 3, let address = IPAddress(parts[2].filter { $0 != "[" && $0 != "]" }) else { return }
            fixed["\(parts[0]):\(parts[1])"] = address
        case "user": user = value
        case "user-agent": agent = value
        case "referer": extra.append(("Referer", value))
        case "cookie": extra.append(("Cookie", value))
        case "range": extra.append(("Range", "bytes=\(value)"))
        case "oauth2-bearer": extra.append(("Authorization", "Bearer \(value)"))
        case "dump-header": headerPath = value
        case "url": urls.append(value)
        default: break
        }
    }

    private mutating func add(data value: String, _ name: String, _ process: Process) throws {
        var bytes = name == "data-raw" ? Array(value.utf8) : try Self.content(value, process)
        if name == "data" || name == "data-ascii", value.hasPrefix("@") { bytes.removeAll { $0 == 10 || $0 == 13 } }
        if name == "data-urlencode" { bytes = Array(Self.encoded(value).utf8) }
        if name == "json" { isJSON = true }
        body = body.map { $0 + [UInt8(ascii: "&")] + bytes } ?? bytes
    }

    /// The bytes of a value; of a file after `@`.
    private static func content(_ value: String, _ process: Process) throws -> [UInt8] {
        guard value.hasPrefix("@"), value.count > 1 else { return Array(value.utf8) }
        do throws(FileError) {
            return try process.read(String(value.dropFirst()))
        } catch {
            throw Curl.Failure(code: 26, message: "Failed to open \(value.dropFirst())")
        }
    }

    private static func encoded(_ value: String) -> String {
        let name = value.contains("=") ? value.prefix { $0 != "=" } : ""
        let text = value.contains("=") ? value.dropFirst(name.count + 1) : value[...]
        let safe = text.utf8.map { byte -> String in
            let isPlain = byte.isLetter || byte.isDigit || "-._~".utf8.contains(byte)
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count < 2 ? "0" : "") + digits
        }.joined()
        return name.isEmpty ? safe : "\(name)=\(safe)"
    }

    /// The method and the body that are sent first.
    var message: (method: String, body: [UInt8]?) {
        let sent = putsBodyInQuery ? nil : body
        return (method ?? (isHead ? "HEAD" : sent == nil ? "GET" : "POST"), sent)
    }

    func target(_ address: WebAddress) -> String {
        guard putsBodyInQuery, let body else { return address.target }
        return address.target + (address.target.contains("?") ? "&" : "?") + String(decoding: body, as: UTF8.self)
    }

    func headers(_ address: WebAddress) -> [(name: String, value: String)] {
        var result: [(name: String, value: String)] = [
            ("Host", address.authority), ("User-Agent", agent), ("Accept", "*/*"),
        ]
        if let user = user ?? address.user {
            result.append(("Authorization", "Basic " + Base64.encode(Array(user.utf8)[...])))
        }
        if isJSON {
            result[2].value = "application/json"
            result.append(("Content-Type", "application/json"))
        } else if body != nil, !putsBodyInQuery {
            result.append(("Content-Type", "application/x-www-form-urlencoded"))
        }
        for (name, value) in extra {
            result.removeAll { $0.name.lowercased() == name.lowercased() }
            if !value.isEmpty { result.append((name, value)) }
        }
        return result
    }
}
