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

    static func isLightBody(_ body: [UInt8]) -> Bool {
        guard body.count <= lightBody else { return false }
        if body.isEmpty { return true }
        if body.first != UInt8(ascii: "{"), body.first != UInt8(ascii: "["), body.count > lightYAML { return false }
        var parts = 0
        for byte in body {
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\n"): parts += 1
            default: break
            }
        }
        return parts <= lightParts
    }

    /// Whether so many objects can be picked from, copied or encoded in passing.
    ///
    /// - Parameters:
    ///   - candidates: how many are looked at.
    ///   - terms: of the selectors that each of them is held against.
    ///   - isShared: whether they are sent as they are stored.
    static func isLightList(candidates: Int, terms: Int, isShared: Bool) -> Bool {
        if !isShared, candidates > 16 { return false }
        let (work, overflows) = candidates.multipliedReportingOverflow(by: 1 + terms)
        return !overflows && work <= 512
    }
}
