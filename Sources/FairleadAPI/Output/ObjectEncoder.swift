import FairleadKinds
package import FairleadModel
package import FairleadSchema

/// Objects of one kind in the representation that the client asked for.
package struct ObjectEncoder: Sendable {
    let kind: Kind
    let format: ResponseFormat
    /// `includeObject` of a table request: `None`, `Metadata` or `Object`.
    var includeObject: TableOutput.IncludeObject
    let environment: Environment
    let types: TypeRegistry
    /// The table columns, where they differ from the kind's.
    var printer: TablePrinter?
    /// The type of the object in Kubernetes' code, where it differs from the kind's.
    var internalType: String?

    /// Whether the stored bytes can be sent as they are: JSON, the object itself, in its stored version.
    var sharesBytes: Bool { format == .json && kind.showsStoredBytes }

    /// The work that a byte of an object takes, as a multiple of that of an ordinary kind.
    var weight: Int {
        guard let weight = kind.custom?.version.weight else { return 1 }
        if case .table = format.shape { return weight.printing }
        return weight.reading
    }

    /// Whether a single object may be as much work as many.
    var isLaborious: Bool { weight > 8 }

    /// The object in the version of the path.
    func present(_ object: StoredObject) -> Value { present(object.value) }

    /// What a write produced but did not store (a dry run), in the form a read would have returned.
    func presentUnstored(_ value: Value) -> Value {
        kind.isConvertedByWebhook ? present(value) : present(kind.stored(value))
    }

    func present(_ value: Value) -> Value {
        kind.conversion?.fromStored(value) ?? kind.presented(value)
    }

    /// Partial metadata is requested either for an object or for a list, and refused where the answer is the other one.
    /// Only watches accept both.
    ///
    /// Reference: k8s.io/apiserver `endpoints/handlers/response.go`.
    func checkShape(isList: Bool) throws(APIStatus) {
        guard case .partialMetadata = format.shape, format.namesList != isList else { return }
        // By its type, a single custom object could be a list; only its contents show that it is not.
        if kind.custom != nil, internalType == nil, !isList { throw .unexplained("content is not a list") }
        let type = internalType ?? kind.internalType(isList: isList)
        throw APIStatus(
            code: 406, reason: "NotAcceptable",
            message: isList
                ? "you requested PartialObjectMetadata, but the requested object is a list (\(type))"
                : "you requested PartialObjectMetadataList, but the requested object is not a list (\(type))")
    }

    /// The answer to a read or write of one object.
    func encode(_ object: StoredObject) -> [UInt8] { showsAsStored(object) ? object.bytes : encode(present(object)) }

    private func showsAsStored(_ object: StoredObject) -> Bool {
        if let custom = kind.custom { return format == .json && custom.showsAsStored(object.value) }
        return sharesBytes
    }

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
        return Self.bytes(shaped, format, types)
    }

    /// The answer to a list, in pieces of a certain size.
    func encode(_ page: ListPage) -> [[UInt8]] {
        // What is held in memory anyway need not be encoded twice.
        guard format.encoding != .protobuf, var body = ListBody(page, self) else {
            return [Self.bytes(wholeList(page), format, types)]
        }
        var pieces: [[UInt8]] = []
        // A few large pieces: allocating one per object costs more than copying it.
        var size = min(Self.pieceSize, page.objects.reduce(512) { $0 + $1.bytes.count })
        while !body.isAtEnd, !Task.isCancelled {
            var piece: [UInt8] = []
            piece.reserveCapacity(size)
            body.write(into: &piece, atLeast: size)
            pieces.append(piece)
            size = Self.pieceSize
        }
        return pieces
    }

    /// The size of the pieces of a long list.
    private static let pieceSize = 256 * 1024

    func metadata(of page: ListPage) -> Object {
        var meta: Object = ["resourceVersion": .string(String(page.revision))]
        if kind.custom != nil, format.shape == .object { meta["continue"] = "" }
        if let token = page.continueToken { meta["continue"] = .string(token) }
        if let remaining = page.remainingItemCount { meta["remainingItemCount"] = .int(Int64(remaining)) }
        return meta
    }

    /// The answer to a list of objects that are not stored.
    func encode(list objects: [Value]) -> [UInt8] { Self.bytes(wholeList(objects, [:]), format, types) }

    /// The list as one tree: only protobuf is encoded that way.
    func wholeList(_ page: ListPage) -> Value { wholeList(page.objects.map { present($0) }, metadata(of: page)) }

    private func wholeList(_ objects: [Value], _ meta: Object) -> Value {
        switch format.shape {
        case .object:
            var list = listHead(meta)
            list["items"] = .array(format.encoding == .protobuf ? objects : objects.map(listItem))
            return list
        case .partialMetadata(let version):
            var list = metadataListHead(meta, version: version)
            list["items"] = .array(objects.map { TableOutput.partialMetadata(of: $0, version: version) })
            return list
        case .table(let version): return table(objects, meta, version: version)
        }
    }

    func listHead(_ meta: Object) -> Value {
        [
            "kind": .string(kind.info.listKind), "apiVersion": .string(kind.apiVersion), "metadata": .object(meta),
            "items": .array([]),
        ]
    }

    func metadataListHead(_ meta: Object, version: String) -> Value {
        [
            "kind": "PartialObjectMetadataList", "apiVersion": .string("meta.k8s.io/\(version)"),
            "metadata": .object(meta), "items": .array([]),
        ]
    }

    /// Items of typed lists have neither kind nor apiVersion.
    func listItem(_ value: Value) -> Value {
        if kind.custom != nil { return value }
        var item = value
        item["kind"] = nil
        item["apiVersion"] = nil
        return item
    }

    /// One row of a table.
    func row(_ value: Value, version: String) -> Value {
        TableOutput.row(for: value, rowPrinter, includeObject, version: version, now: environment.now())
    }

    private var rowPrinter: TablePrinter {
        printer ?? kind.columns
    }

    func table(_ values: [Value], _ meta: Object, version: String, showsColumns: Bool = true) -> Value {
        TableOutput.table(
            of: values, listMeta: meta,
            printer: rowPrinter, includeObject: includeObject,
            showsColumns: showsColumns, version: version, now: environment.now())
    }

    /// A Status inside an encoded stream: the object of a watch's last event.
    func bytes(_ status: APIStatus) -> [UInt8] {
        Self.bytes(status.value, ResponseFormat(encoding: format.encoding), types)
    }

    /// A kind without a protobuf form (as its type declares) is sent as JSON.
    package static func bytes(_ value: Value, _ format: ResponseFormat, _ types: TypeRegistry) -> [UInt8] {
        switch format.encoding {
        case .json: value.jsonBytes
        case .yaml: YAML.encode(value)
        case .protobuf: ProtobufCodec(types: types).encode(value) ?? value.jsonBytes
        }
    }
}

extension Kind {
    /// Whether objects are stored in the version of the path.
    var showsStoredBytes: Bool { conversion == nil && custom == nil }

    /// The type of its objects or lists in Kubernetes' code: the internal type, whose package is named after the first
    /// part of the group.
    func internalType(isList: Bool) -> String {
        if custom != nil { return isList ? "*unstructured.UnstructuredList" : "*unstructured.Unstructured" }
        // Both event groups have the same objects.
        let group = convertsEvents ? "" : info.gvr.group
        let package = group.isEmpty ? "core" : String(group.prefix { $0 != "." })
        return "*\(package).\(isList ? info.listKind : info.kind)"
    }
}
