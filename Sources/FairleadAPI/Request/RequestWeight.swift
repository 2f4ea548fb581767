import FairleadModel

/// How much work something is, judged without doing it. What is light takes an event loop about 0.2 ms at most.
enum RequestWeight {
    /// Bytes of a stored object that may be decoded, compared and encoded in passing.
    static let lightDocument = 16 * 1024
    /// Bytes of path, query and headers together.
    private static let lightHead = 8 * 1024
    private static let lightBody = 16 * 1024
    /// Fields and elements of a body: the work of validation is theirs.
    private static let lightParts = 640
    /// YAML takes about eight times as long to read as JSON.
    private static let lightYAML = 2 * 1024

    /// Whether path, query and headers are short: selectors and Accept headers may have thousands of terms.
    static func isLightHead(_ request: APIRequest) -> Bool {
        var size = request.path.utf8.count
        for pair in request.query { size += pair.name.utf8.count + pair.value.utf8.count }
        for header in request.headers { size += header.value.utf8.count }
        return size <= lightHead
    }

    /// - Parameter weight: how many times as much work there is with it as with an ordinary body.
    static func isLightBody(_ body: [UInt8], weight: Int = 1) -> Bool {
        guard body.count *| weight <= lightBody else { return false }
        if body.isEmpty { return true }
        let isYAML = body.first != UInt8(ascii: "{") && body.first != UInt8(ascii: "[")
        if isYAML, body.count *| weight > lightYAML { return false }
        return parts(of: body) *| weight <= lightParts
    }

    /// The fields and elements of a body, roughly.
    static func parts(of body: [UInt8]) -> Int {
        // Without a branch, because this is done for each write.
        body.reduce(0) { parts, byte in
            parts &+ isOne(byte, UInt8(ascii: ",")) &+ isOne(byte, UInt8(ascii: "{")) &+ isOne(byte, UInt8(ascii: "["))
                &+ isOne(byte, UInt8(ascii: "\n"))
        }
    }

    private static func isOne(_ byte: UInt8, _ mark: UInt8) -> Int { byte == mark ? 1 : 0 }

    /// Whether so many objects can be picked from, copied or encoded in passing.
    ///
    /// - Parameters:
    ///   - candidates: how many are looked at.
    ///   - terms: of the selectors that each of them is held against.
    ///   - isShared: whether they are sent as they are stored.
    static func isLightList(candidates: Int, terms: Int, isShared: Bool) -> Bool {
        if !isShared, candidates > 16 { return false }
        return candidates *| (1 +| terms) <= 512
    }

    /// How many bytes of so few objects can be picked from, copied or encoded in passing.
    static func lightBytes(terms: Int, isShared: Bool) -> Int {
        if !isShared { return lightDocument }
        return terms == 0 ? 1 << 20 : 512 << 10
    }

    /// How many times what is known of a namespace is held against a body of so many parts: limits are about each of a
    /// pod's containers.
    static func comparisons(_ parts: Int) -> Int { max(1, parts / 16) }
}
