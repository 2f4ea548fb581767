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

    /// What there is to choose from.
    struct Offer: Sendable {
        /// Whether partial metadata is to be had: of everything that is a resource.
        var hasMetadata = true
        /// Whether tables are: not of what is only answered, never kept.
        var hasTables = true
        /// Whether objects have a protobuf form (their metadata always has).
        var hasProtobuf = true
        /// Whether the path is one of those that kube-apiserver's installer registers, which look at the media types
        /// before anything else, in their own way and words.
        var isRegistered = true
        /// Whether the path is that of a collection, where watches are to be had.
        var isCollection = false
        var isWatch = false

        static let document = Offer(hasMetadata: false, hasTables: false)
        /// A document that is answered by the aggregator itself.
        static let aggregatorDocument = Offer(hasMetadata: false, hasTables: false, isRegistered: false)
    }

    /// Chooses the first representation in the client's order of preference that this server has.
    static func negotiate(accept: String?, _ offer: Offer) throws(APIStatus) -> ResponseFormat {
        guard let accept, !accept.isEmpty, accept != "*/*", accept != "application/json" else { return .json }
        let ranges = MediaRange.parse(accept)
        if ranges.isEmpty { return .json }
        var isNamed = false
        var isReadable = false
        for range in ranges {
            guard let encoding = Self.encoding(of: range, takesWildcards: !offer.isRegistered) else { continue }
            isNamed = true
            var format = ResponseFormat(encoding: encoding)
            if range.parameters["as"] != nil {
                guard let shape = Self.shape(of: range, encoding, offer) else { continue }
                format.shape = shape
                format.namesList = range.parameters["as"] == "PartialObjectMetadataList"
            }
            if encoding == .protobuf, format.shape == .object, !offer.hasProtobuf { continue }
            isReadable = true
            if offer.isWatch, encoding == .yaml { continue }
            return format
        }
        throw notAcceptable(offer, isNamed: isNamed, isReadable: isReadable)
    }

    /// - Parameter takesWildcards: whether `application/*` is understood.
    private static func encoding(of range: MediaRange, takesWildcards: Bool = true) -> Encoding? {
        switch range.type {
        case "application/json", "*/*": .json
        case "application/*": takesWildcards ? .json : nil
        case "application/yaml": .yaml
        case "application/vnd.kubernetes.protobuf": .protobuf
        default: nil
        }
    }

    /// Tables have cells of any JSON, which protobuf has no field for.
    private static func shape(of range: MediaRange, _ encoding: Encoding, _ offer: Offer) -> Shape? {
        guard range.parameters["g"] == "meta.k8s.io", let version = range.parameters["v"],
            ["v1", "v1beta1"].contains(version)
        else { return nil }
        switch range.parameters["as"] {
        case "Table": return encoding == .protobuf || !offer.hasTables ? nil : .table(version: version)
        case "PartialObjectMetadata", "PartialObjectMetadataList":
            return offer.hasMetadata ? .partialMetadata(version: version) : nil
        default: return nil
        }
    }

    /// - Parameters:
    ///   - isNamed: whether any of the media types is one of this server's, whatever its parameters.
    ///   - isReadable: whether a plain read could be answered, so that only the stream cannot.
    private static func notAcceptable(_ offer: Offer, isNamed: Bool, isReadable: Bool) -> APIStatus {
        let plain = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
        let streams = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
        if !isNamed, offer.isRegistered {
            let all = plain + (offer.isCollection || offer.isWatch ? ", " + streams : "")
            return APIStatus(
                code: 406, reason: "NotAcceptable",
                message: "406: Not Acceptable\n\nAvailable representations: \(all)",
                details: .init())
        }
        return APIStatus(
            code: 406, reason: "NotAcceptable",
            message: "only the following media types are accepted: " + (isReadable ? streams : plain))
    }

    /// The encoding that a range names; nil for one that is none of this server's.
    static func plain(_ range: MediaRange) -> ResponseFormat? {
        encoding(of: range).map { ResponseFormat(encoding: $0) }
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

    /// The ranges in the order of their `q`, wildcards behind others, then as written; those with `q=0` are left out.
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
        // A stable order: what is equal stays as written.
        return ranges.enumerated()
            .sorted { left, right in
                let (mine, theirs) = (left.element, right.element)
                return (theirs.quality, mine.range.wildcards, left.offset)
                    < (mine.quality, theirs.range.wildcards, right.offset)
            }
            .map(\.element.range)
    }

    private var wildcards: Int { type == "*/*" ? 2 : type.hasSuffix("/*") ? 1 : 0 }
}
