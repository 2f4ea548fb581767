/// Where a paged list continues, in Kubernetes' own form: base64url of
/// `{"v":"meta.k8s.io/v1","rv":…,"start":"namespace/name"}`; within one namespace, or for cluster-scoped kinds, only
/// the name.
///
/// Reference: k8s.io/apiserver `storage.EncodeContinue`.
package struct ContinueToken: Sendable {
    /// The revision of the first page; nil (-1 on the wire) for the current one.
    package var revision: Int64?
    /// The last object shown, relative to the list's scope, with its trailing NUL.
    package private(set) var path: String

    /// - Parameter isAcrossNamespaces: whether the list spans several namespaces.
    package init(revision: Int64?, after key: ObjectKey, isAcrossNamespaces: Bool) {
        self.revision = revision
        path = (isAcrossNamespaces ? key.namespace + "/" : "") + key.name + "\u{0}"
    }

    /// The same position, at the current revision.
    package var inconsistent: ContinueToken {
        var token = self
        token.revision = nil
        return token
    }

    package var text: String {
        let value: Value = ["v": "meta.k8s.io/v1", "rv": .int(revision ?? -1), "start": .string(path)]
        return Base64URL.encode(value.jsonBytes)
    }

    /// The last object shown.
    ///
    /// - Parameter namespace: the list's namespace; nil if it spans several.
    package func start(in namespace: String?) -> (namespace: String, name: String) {
        let text = path.filter { $0 != "\u{0}" }
        if let namespace { return (namespace, text) }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }

    /// - Throws: 400 in Kubernetes' words.
    package init(_ text: String) throws(APIStatus) {
        let bytes: [UInt8]
        switch Base64URL.decode(text) {
        case .success(let decoded): bytes = decoded
        case .failure(let fault): throw Self.invalid("illegal base64 data at input byte \(fault.offset)")
        }
        var value: Value
        do {
            value = try JSON.parse(bytes).value
        } catch {
            throw Self.invalid(error.message)
        }
        if value.isNull { value = .object(Object()) }
        guard value.object != nil else {
            throw Self.invalid(
                "json: cannot unmarshal \(value.jsonTypeName) into Go value of type storage.continueToken")
        }
        for (name, type) in [("rv", "int64"), ("start", "string"), ("v", "string")] {
            guard let member = value[name], !member.isNull else { continue }
            if type == "string" ? member.string != nil : member.int != nil { continue }
            let found = member.double == nil || type == "string" ? member.jsonTypeName : "number \(member.jsonText)"
            throw Self.invalid(
                "json: cannot unmarshal \(found) into Go struct field continueToken.\(name) of type \(type)")
        }
        let version = value["v"]?.string ?? ""
        guard version == "meta.k8s.io/v1" else {
            throw Self.invalid("server does not recognize this encoded version \(version)")
        }
        let revision = value["rv"]?.int ?? 0
        guard revision != 0 else {
            throw Self.invalid("incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
        }
        let start = value["start"]?.string ?? ""
        guard !start.isEmpty else { throw Self.invalid("encoded start key empty (version meta.k8s.io/v1)") }
        guard Self.isClean(start) else { throw Self.invalid(start) }
        self.revision = revision < 0 ? nil : revision
        path = start.hasPrefix("/") ? String(start.dropFirst()) : start
    }

    /// Whether a path has no empty, `.` or `..` segments.
    private static func isClean(_ path: String) -> Bool {
        let parts = (path.hasPrefix("/") ? path.dropFirst() : path[...]).split(
            separator: "/", omittingEmptySubsequences: false)
        return path == "/" || parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    private static func invalid(_ why: String) -> APIStatus {
        .badRequest("invalid continue token: continue key is not valid: \(why)")
    }
}
