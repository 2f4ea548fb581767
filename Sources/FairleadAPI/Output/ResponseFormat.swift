import FairleadModel

/// What the client wants to read, from `Accept`.
///
/// Reference: k8s.io/apiserver `endpoints/handlers/negotiation`; Kubernetes API concepts, "Alternate representations
/// of resources".
struct ResponseFormat: Sendable, Hashable {
    enum Encoding: Sendable { case json, yaml }
    enum Shape: Sendable, Hashable {
        case object
        /// `as=Table` in this version of meta.k8s.io.
        case table(version: String)
        /// `as=PartialObjectMetadata`, or `…List` for lists.
        case partialMetadata(version: String)
    }

    var encoding = Encoding.json
    var shape = Shape.object

    static let json = ResponseFormat()

    var contentType: String { encoding == .json ? "application/json" : "application/yaml" }

    /// Chooses the first representation in the client's order of preference that this server has.
    ///
    /// - Parameter allowsShapes: whether tables and partial metadata are to be had (reads and deletions of resources).
    static func negotiate(
        accept: String?, allowsShapes: Bool, isWatch: Bool = false
    ) throws(APIStatus) -> ResponseFormat {
        guard let accept, !accept.isEmpty, accept != "*/*", accept != "application/json" else { return .json }
        let ranges = MediaRange.parse(accept)
        if ranges.isEmpty { return .json }
        var named = false
        var sawConversion = false
        for range in ranges {
            let encoding: Encoding
            switch range.type {
            case "application/json", "*/*", "application/*": encoding = .json
            case "application/yaml": encoding = .yaml
            case "application/vnd.kubernetes.protobuf":
                named = true
                continue
            default: continue
            }
            named = true
            if isWatch, encoding == .yaml { continue }
            guard let conversion = range.parameters["as"] else { return ResponseFormat(encoding: encoding) }
            sawConversion = true
            guard allowsShapes, range.parameters["g"] == "meta.k8s.io",
                let version = range.parameters["v"], ["v1", "v1beta1"].contains(version)
            else { continue }
            switch conversion {
            case "Table": return ResponseFormat(encoding: encoding, shape: .table(version: version))
            case "PartialObjectMetadata", "PartialObjectMetadataList":
                return ResponseFormat(encoding: encoding, shape: .partialMetadata(version: version))
            default: continue
            }
        }
        throw notAcceptable(named: named, sawConversion: sawConversion, isWatch: isWatch)
    }

    private static func notAcceptable(named: Bool, sawConversion: Bool, isWatch: Bool) -> APIStatus {
        let plain = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
        let streams = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
        if !named {
            return APIStatus(
                code: 406, reason: "NotAcceptable",
                message: "406: Not Acceptable\n\nAvailable representations: \(plain)" + (isWatch ? ", " + streams : ""),
                details: .init())
        }
        return APIStatus(
            code: 406, reason: "NotAcceptable",
            message: "only the following media types are accepted: " + (isWatch ? streams : plain))
    }

    /// The format of errors found before or beside negotiation: YAML only where it is asked for outright.
    static func forErrors(accept: String?) -> ResponseFormat {
        guard let first = accept.map(MediaRange.parse)?.first, first.type == "application/yaml" else { return .json }
        return ResponseFormat(encoding: .yaml)
    }
}

/// One element of an Accept header (RFC 9110, 12.5.1).
struct MediaRange: Sendable, Equatable {
    var type: String
    var parameters: [String: String]

    /// The ranges in the order of their `q`, then as written; those with `q=0` are left out.
    static func parse(_ header: String) -> [MediaRange] {
        var ranges: [(quality: Double, range: MediaRange)] = []
        for element in header.split(separator: ",") {
            let parts = element.split(separator: ";").map { $0.trimmingSpaces }
            guard let type = parts.first, !type.isEmpty else { continue }
            var parameters: [String: String] = [:]
            for part in parts.dropFirst() {
                let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingSpaces }
                if pair.count == 2 { parameters[pair[0]] = pair[1] }
            }
            let quality = parameters["q"].flatMap(Double.init) ?? 1
            if quality > 0 { ranges.append((quality, MediaRange(type: type, parameters: parameters))) }
        }
        // A stable order: equal qualities stay as written.
        return ranges.enumerated()
            .sorted { ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset) }
            .map(\.element.range)
    }
}

extension StringProtocol {
    var trimmingSpaces: String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text = text.dropFirst() }
        while let last = text.last, last == " " || last == "\t" { text = text.dropLast() }
        return String(text)
    }
}
