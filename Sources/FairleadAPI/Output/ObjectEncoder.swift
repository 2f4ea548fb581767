import FairleadModel
import FairleadSchema

/// Objects of one kind in the representation that one client asked for.
struct ObjectEncoder: Sendable {
    let kind: Kind
    let format: ResponseFormat
    /// `includeObject` of a table request: `None`, `Metadata` or `Object`.
    let includeObject: TableOutput.IncludeObject
    let environment: Environment

    /// Whether what is stored can be sent as it is: JSON, the object itself, in the version it is stored in.
    var sharesBytes: Bool { format == .json && !kind.convertsEvents }

    /// The object in the version of the path.
    func present(_ object: StoredObject) -> Value { present(object.value) }

    func present(_ value: Value) -> Value {
        kind.convertsEvents ? EventConversion.toEvents(value) : value
    }

    /// The answer to a read or write of one object.
    func encode(_ object: StoredObject) -> [UInt8] { sharesBytes ? object.bytes : encode(present(object)) }

    /// - Parameter value: in the version of the path.
    func encode(_ value: Value) -> [UInt8] {
        let shaped: Value
        switch format.shape {
        case .object: shaped = value
        case .partialMetadata(let version): shaped = TableOutput.partialMetadata(of: value, version: version)
        case .table(let version):
            let meta: Object = value.at("metadata", "resourceVersion").map { ["resourceVersion": $0] } ?? [:]
            shaped = table([value], meta, version: version)
        }
        return Self.bytes(shaped, format)
    }

    /// The answer to a list, in pieces that share the stored objects' bytes where possible.
    func encode(_ page: ListPage) -> [[UInt8]] {
        var meta: Object = ["resourceVersion": .string(String(page.revision))]
        if let token = page.continueToken { meta["continue"] = .string(token) }
        if let remaining = page.remainingItemCount { meta["remainingItemCount"] = .int(Int64(remaining)) }
        if sharesBytes { return joined(page.objects, meta) }
        let values = page.objects.map { present($0) }
        let list: Value
        switch format.shape {
        case .object:
            let items = values.map { value in
                var item = value
                item["kind"] = nil
                item["apiVersion"] = nil
                return item
            }
            list = [
                "kind": .string(kind.info.listKind), "apiVersion": .string(kind.apiVersion),
                "metadata": .object(meta), "items": .array(items),
            ]
        case .partialMetadata(let version):
            list = [
                "kind": "PartialObjectMetadataList", "apiVersion": .string("meta.k8s.io/\(version)"),
                "metadata": .object(meta),
                "items": .array(values.map { TableOutput.partialMetadata(of: $0, version: version) }),
            ]
        case .table(let version): list = table(values, meta, version: version)
        }
        return [Self.bytes(list, format)]
    }

    private func joined(_ objects: [StoredObject], _ meta: Object) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        pieces.reserveCapacity(objects.count * 2 + 2)
        let head =
            "{\"kind\":\(kind.info.listKind.goQuoted),\"apiVersion\":\(kind.apiVersion.goQuoted),\"metadata\":\(Value.object(meta).jsonText),\"items\":["
        pieces.append(Array(head.utf8))
        // Items of a typed list carry neither kind nor apiVersion, which stored bytes begin with.
        let prefix = "{\"kind\":\(kind.info.kind.goQuoted),\"apiVersion\":\(kind.apiVersion.goQuoted),"
        let skipped = prefix.utf8.count
        var isFirst = true
        for object in objects {
            pieces.append(isFirst ? [UInt8(ascii: "{")] : [UInt8(ascii: ","), UInt8(ascii: "{")])
            pieces.append(Array(object.bytes[skipped...]))
            isFirst = false
        }
        pieces.append(Array("]}".utf8))
        return pieces
    }

    func table(_ values: [Value], _ meta: Object, version: String, showsColumns: Bool = true) -> Value {
        TableOutput.table(
            of: values, listMeta: meta, resource: kind.groupResource, includeObject: includeObject,
            showsColumns: showsColumns, version: version, now: environment.now())
    }

    static func bytes(_ value: Value, _ format: ResponseFormat) -> [UInt8] {
        format.encoding == .yaml ? YAML.encode(value) : value.jsonBytes
    }
}
