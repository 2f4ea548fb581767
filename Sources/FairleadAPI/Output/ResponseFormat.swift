package import FairleadModel

/// The representation that the client asks for in `Accept`.
///
/// Reference: k8s.io/apiserver `endpoints/handlers/negotiation`; Kubernetes API concepts, "Alternate representations of
/// resources".
package struct ResponseFormat: Sendable, Hashable {
    package enum Encoding: Sendable { case json, yaml, protobuf }
    package enum Shape: Sendable, Hashable {
        case object
        /// `as=Table` in this version of meta.k8s.io.
        case table(version: String)
        /// `as=PartialObjectMetadata`, or `…List` for lists.
        case partialMetadata(version: String)
    }

    package var encoding = Encoding.json
    package var shape = Shape.object
    /// Whether partial metadata was requested in its list form.
    package var namesList = false

    package static let json = ResponseFormat()

    package var contentType: String {
        switch encoding {
        case .json: "application/json"
        case .yaml: "application/yaml"
        case .protobuf: "application/vnd.kubernetes.protobuf"
        }
    }

    /// The content type of watches.
    var streamContentType: String { encoding == .protobuf ? contentType + ";stream=watch" : contentType }

    /// The representations to choose from.
    package struct Offer: Sendable {
        /// Whether partial metadata is available: it is for every resource.
        package var hasMetadata = true
        /// Whether tables are available: not for what is only answered and never stored.
        package var hasTables = true
        /// Whether objects have a protobuf form (their metadata always has).
        package var hasProtobuf = true
        /// Whether the path is registered by kube-apiserver's installer, which checks the media types before anything
        /// else, in its own way and wording.
        package var isRegistered = true
        /// Whether the path is a collection, which can be watched.
        package var isCollection = false
        package var isWatch = false

        package static let document = Offer(hasMetadata: false, hasTables: false)
        /// A document that the aggregator answers itself.
        package static let aggregatorDocument = Offer(hasMetadata: false, hasTables: false, isRegistered: false)
    }

    /// Whether the object itself is wanted as JSON, which is what most clients say, and what those get who say nothing.
    static func isPlainJSON(_ accept: String?) -> Bool {
        guard let accept, !accept.isEmpty else { return true }
        return accept == "*/*" || accept == "application/json"
    }

    /// Chooses the first representation in the client's order of preference that this server supports.
    package static func negotiate(accept: String?, _ offer: Offer) throws(APIStatus) -> ResponseFormat {
        guard let accept, !isPlainJSON(accept) else { return .json }
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

    /// - Parameter takesWildcards: whether `application/*` is accepted.
    private static func encoding(of range: MediaRange, takesWildcards: Bool = true) -> Encoding? {
        switch range.type {
        case "application/json", "*/*": .json
        case "application/*": takesWildcards ? .json : nil
        case "application/yaml": .yaml
        case "application/vnd.kubernetes.protobuf": .protobuf
        default: nil
        }
    }

    /// Table cells may hold any JSON, for which protobuf has no field.
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
    ///   - isNamed: whether any of the media types is one this server supports, whatever its parameters.
    ///   - isReadable: whether a plain read could be answered, so that only the stream is unavailable.
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

    /// The encoding that a range names; nil if this server does not support it.
    package static func plain(_ range: MediaRange) -> ResponseFormat? {
        encoding(of: range).map { ResponseFormat(encoding: $0) }
    }

    /// The format of a Status: the first plain format requested, or JSON if there is none.
    package static func forErrors(accept: String?) -> ResponseFormat {
        guard let accept, !isPlainJSON(accept) else { return .json }
        for range in MediaRange.parse(accept) where range.parameters["as"] == nil {
            if let encoding = encoding(of: range) { return ResponseFormat(encoding: encoding) }
        }
        return .json
    }
}
