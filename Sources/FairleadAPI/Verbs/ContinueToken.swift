import FairleadModel

/// Where a list that came in pages goes on, in Kubernetes' own form: base64url of
/// `{"v":"meta.k8s.io/v1","rv":…,"start":"namespace/name"}`.
///
/// Reference: k8s.io/apiserver `storage.EncodeContinue`.
struct ContinueToken: Sendable {
    /// The revision of the first page; nil (-1 on the wire) for "as things are now".
    var revision: Int64?
    /// The last object shown.
    var start: (namespace: String, name: String)

    init(revision: Int64?, start: (namespace: String, name: String)) {
        self.revision = revision
        self.start = start
    }

    init(revision: Int64, after key: ObjectKey) {
        self.init(revision: revision, start: (key.namespace, key.name))
    }

    var text: String {
        let value: Value = [
            "v": "meta.k8s.io/v1", "rv": .int(revision ?? -1),
            "start": .string("\(start.namespace)/\(start.name)\u{0}"),
        ]
        return Base64URL.encode(value.jsonBytes)
    }

    /// - Throws: 400 in Kubernetes' words.
    init(_ text: String) throws(APIStatus) {
        guard let bytes = Base64URL.decode(text) else {
            throw .badRequest("invalid continue token: continue key is not valid: illegal base64 data at input byte 0")
        }
        let value: Value
        do {
            value = try JSON.parse(bytes).value
        } catch {
            throw .badRequest("invalid continue token: continue key is not valid: \(error.message)")
        }
        guard let version = value["v"]?.string, version == "meta.k8s.io/v1" else {
            throw .badRequest(
                "invalid continue token: continue key is not valid: server does not recognize this encoded version \((value["v"]?.string ?? "").goQuoted)"
            )
        }
        let revision = value["rv"]?.int ?? 0
        guard revision != 0 else {
            throw .badRequest(
                "invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)"
            )
        }
        guard let start = value["start"]?.string, !start.isEmpty else {
            throw .badRequest(
                "invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)")
        }
        let parts = start.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw .badRequest("invalid continue token: continue key is not valid: \(start.goQuoted)")
        }
        self.revision = revision < 0 ? nil : revision
        self.start = (String(parts[0]), String(parts[1].filter { $0 != "\u{0}" }))
    }
}
