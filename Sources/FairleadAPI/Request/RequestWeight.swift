import FairleadModel

/// Estimates how much work something is, without doing it. Light work takes an event loop about 0.2 ms at most.
package enum RequestWeight {
    /// Bytes of a stored object that an event loop may decode, compare and encode.
    static let lightDocument = 16 * 1024
    /// Bytes of path, query and headers together.
    private static let lightHead = 8 * 1024
    private static let lightBody = 16 * 1024
    /// Fields and elements of a body, which determine the cost of validation.
    private static let lightParts = 640
    /// Parsing YAML takes about eight times as long as JSON.
    private static let lightYAML = 2 * 1024

    /// Whether path, query and headers are short: selectors and Accept headers may have thousands of terms.
    static func isLightHead(_ request: APIRequest) -> Bool {
        var size = request.path.utf8.count
        for pair in request.query { size += pair.name.utf8.count + pair.value.utf8.count }
        for header in request.headers { size += header.value.utf8.count }
        return size <= lightHead
    }

    /// - Parameter weight: the work that the body takes, as a multiple of that of an ordinary one.
    package static func isLightBody(_ body: [UInt8], weight: Int = 1) -> Bool {
        guard body.count *| weight <= lightBody else { return false }
        if body.isEmpty { return true }
        let isYAML = body.first != UInt8(ascii: "{") && body.first != UInt8(ascii: "[")
        if isYAML, body.count *| weight > lightYAML { return false }
        return parts(of: body) *| weight <= lightParts
    }

    /// The number of fields and elements of a body, roughly.
    static func parts(of body: [UInt8]) -> Int {
        // This runs for every write: counted in bytes, which the compiler does many of at a time.
        let bytes = body.span
        var total = 0
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + 255)
            var marks: UInt8 = 0
            for index in start..<end { marks &+= isMark(bytes[index]) }
            total += Int(marks)
            start = end
        }
        return total
    }

    private static func isMark(_ byte: UInt8) -> UInt8 {
        (byte == UInt8(ascii: ",") ? 1 : 0) | (byte == UInt8(ascii: "{") ? 1 : 0)
            | (byte == UInt8(ascii: "[") ? 1 : 0) | (byte == UInt8(ascii: "\n") ? 1 : 0)
    }

    /// Whether an event loop may filter, copy or encode this many objects.
    ///
    /// - Parameters:
    ///   - candidates: how many objects are examined.
    ///   - terms: the number of selector terms that each is matched against.
    ///   - isShared: whether the stored bytes are sent as they are.
    static func isLightList(candidates: Int, terms: Int, isShared: Bool) -> Bool {
        if !isShared, candidates > 16 { return false }
        return candidates *| (1 +| terms) <= 512
    }

    /// How many bytes of such a small number of objects an event loop may filter, copy or encode.
    static func lightBytes(terms: Int, isShared: Bool) -> Int {
        if !isShared { return lightDocument }
        return terms == 0 ? 1 << 20 : 512 << 10
    }

    /// How many times a namespace's limits are checked against a body with this many parts: limits apply to each of a
    /// pod's containers.
    static func comparisons(_ parts: Int) -> Int { max(1, parts / 16) }
}
