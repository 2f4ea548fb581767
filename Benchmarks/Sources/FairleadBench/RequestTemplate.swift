import NIOCore

/// A request that differs from one to the next by numbers: `{i}` in its path or body is the number of the request, `{n}`
/// the same within a cycle, `{n%10}` and `{n/10}` what is left of that, `{ip}` an address that belongs to `{n}`, `{us}` the
/// first in six digits, as for microseconds.
struct RequestTemplate: Sendable {
    private enum Part {
        case text([UInt8])
        case number
        case cycled
        case remainder(Int)
        case quotient(Int)
        case address
        case microseconds
    }

    private let head: [Part]
    private let body: [Part]?
    private let first: Int
    private let cycle: Int?

    /// - Parameters:
    ///   - first: what `{n}` begins with.
    ///   - cycle: after how many requests `{n}` begins again; nil for never.
    init(
        _ method: String, _ path: String, to target: Target, contentType: String, accept: String, body: String?,
        first: Int, cycle: Int?
    ) {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: \(target.authority)\r\nUser-Agent: fairlead-bench\r\n"
        head += "Accept: \(accept)\r\n"
        if body != nil { head += "Content-Type: \(contentType)\r\nContent-Length: " }
        self.head = Self.parts(head)
        self.body = body.map(Self.parts)
        self.first = first
        self.cycle = cycle
    }

    func request(_ number: Int) -> ByteBuffer {
        let cycled = first + (cycle.map { number % $0 } ?? number)
        var buffer = ByteBuffer()
        Self.write(head, number, cycled, to: &buffer)
        if let body {
            var content = ByteBuffer()
            Self.write(body, number, cycled, to: &content)
            buffer.writeString("\(content.readableBytes)\r\n\r\n")
            buffer.writeBuffer(&content)
        } else {
            buffer.writeString("\r\n")
        }
        return buffer
    }

    private static func write(_ parts: [Part], _ number: Int, _ cycled: Int, to buffer: inout ByteBuffer) {
        for part in parts {
            switch part {
            case .text(let bytes): buffer.writeBytes(bytes)
            case .number: buffer.writeString(String(number))
            case .cycled: buffer.writeString(String(cycled))
            case .remainder(let divisor): buffer.writeString(String(cycled % divisor))
            case .quotient(let divisor): buffer.writeString(String(cycled / divisor))
            case .microseconds:
                let digits = String(number % 1_000_000)
                buffer.writeString(String(repeating: "0", count: 6 - digits.count) + digits)
            case .address:
                buffer.writeString("10.\(128 + cycled / 65_536).\(cycled / 256 % 256).\(cycled % 256)")
            }
        }
    }

    private static func parts(_ text: String) -> [Part] {
        var parts: [Part] = []
        var plain: [UInt8] = []
        var rest = Substring(text)
        while let brace = rest.firstIndex(of: "{") {
            plain += rest[..<brace].utf8
            rest = rest[brace...]
            if let end = rest.firstIndex(of: "}"), let part = part(rest[rest.index(after: brace)..<end]) {
                parts += [.text(plain), part]
                plain = []
                rest = rest[rest.index(after: end)...]
            } else {
                plain.append(UInt8(ascii: "{"))
                rest = rest.dropFirst()
            }
        }
        return parts + [.text(plain + rest.utf8)]
    }

    private static func part(_ name: Substring) -> Part? {
        switch name {
        case "i": return .number
        case "n": return .cycled
        case "ip": return .address
        case "us": return .microseconds
        default:
            guard name.hasPrefix("n%") || name.hasPrefix("n/"), let divisor = Int(name.dropFirst(2)), divisor > 0
            else { return nil }
            return name.hasPrefix("n%") ? .remainder(divisor) : .quotient(divisor)
        }
    }
}
