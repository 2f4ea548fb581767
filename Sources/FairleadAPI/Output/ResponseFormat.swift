import FairleadModel

/// What the client wants to read, from `Accept`.
///
/// Reference: k8s.io/apiserver `endpoints/handlers/negotiation`; Kubernetes API concepts, "Alternate representations
/// of resources".
struct ResponseFormat: Sendable, Hashable {
    enum Encoding: Sendable { case json, yaml, protobuf }
    enum Shape: Sendable, Hashable {
        case object
        /// `as=Table` in this version of meta.k8s.io.
        case table(version: String)
        /// `as=PartialObjectMetadata`, or `…List` for lists.
        case partialMetadata(version: String)
    }

    var encoding = Encoding.json
    var shape = Shape.object
    /// Whether it was the list's form of partial metadata that was named.
    var namesList = false

    static let json = ResponseFormat()

    var contentType: String {
        switch encoding {
        case .json: "application/json"
        case .yaml: "application/yaml"
        case .protobuf: "application/vnd.kubernetes.protobuf"
        }
    }

    /// Of watches.
    var streamContentType: String { encoding == .protobuf ? contentType + ";stream=watch" : contentType }

    /// Chooses the first representation in the client's order of preference that this server has.
    ///
    /// - Parameters:
    ///   - allowsShapes: whether tables and partial metadata are to be had (reads and deletions of resources).
    ///   - hasProtobuf: whether objects of the kind have a protobuf form (their metadata always has).
    static func negotiate(
        accept: String?, allowsShapes: Bool, isWatch: Bool = false, hasProtobuf: Bool = true
    ) throws(APIStatus) -> ResponseFormat {
        guard let accept, !accept.isEmpty, accept != "*/*", accept != "application/json" else { return .json }
        let ranges = MediaRange.parse(accept)
        if ranges.isEmpty { return .json }
        var isNamed = false
        var isReadable = false
        for range in ranges {
            guard let encoding = Self.encoding(of: range) else { continue }
            isNamed = true
            var format = ResponseFormat(encoding: encoding)
            if range.parameters["as"] != nil {
                guard allowsShapes, let shape = Self.shape(of: range, encoding) else { continue }
                format.shape = shape
                format.namesList = range.parameters["as"] == "PartialObjectMetadataList"
            }
            if encoding == .protobuf, format.shape == .object, !hasProtobuf { continue }
            isReadable = true
            if isWatch, encoding == .yaml { continue }
            return format
        }
        throw notAcceptable(isNamed: isNamed, isWatch: isWatch, isReadable: isReadable)
    }

    private static func encoding(of range: MediaRange) -> Encoding? {
        switch range.type {
        case "application/json", "*/*": .json
        case "application/yaml": .yaml
        case "application/vnd.kubernetes.protobuf": .protobuf
        default: nil
        }
    }

    /// Tables have cells of any JSON, which protobuf has no field for.
    private static func shape(of range: MediaRange, _ encoding: Encoding) -> Shape? {
        guard range.parameters["g"] == "meta.k8s.io", let version = range.parameters["v"],
            ["v1", "v1beta1"].contains(version)
        else { return nil }
        switch range.parameters["as"] {
        case "Table": return encoding == .protobuf ? nil : .table(version: version)
        case "PartialObjectMetadata", "PartialObjectMetadataList": return .partialMetadata(version: version)
        default: return nil
        }
    }

    /// - Parameters:
    ///   - isNamed: whether any of the media types is one of this server's, whatever its parameters.
    ///   - isReadable: whether a plain read could be answered, so that only the stream cannot.
    private static func notAcceptable(isNamed: Bool, isWatch: Bool, isReadable: Bool) -> APIStatus {
        let plain = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
        let streams = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
        if !isNamed {
            return APIStatus(
                code: 406, reason: "NotAcceptable",
                message: "406: Not Acceptable\n\nAvailable representations: \(plain)" + (isWatch ? ", " + streams : ""),
                details: .init())
        }
        return APIStatus(
            code: 406, reason: "NotAcceptable",
            message: "only the following media types are accepted: " + (isReadable ? streams : plain))
    }

    /// The format of a Status: the first plain one that is asked for, JSON if there is none.
    static func forErrors(accept: String?) -> ResponseFormat {
        guard let accept, !accept.isEmpty, accept != "*/*", accept != "application/json" else { return .json }
        for range in MediaRange.parse(accept) where range.parameters["as"] == nil {
            if let encoding = encoding(of: range) { return ResponseFormat(encoding: encoding) }
        }
        return .json
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
