import FairleadModel
import FairleadSchema

/// The bytes of a list, piece by piece: head, items, tail. Only the objects are held, not their encodings.
///
/// The concatenated pieces equal the encoding of the whole list.
struct ListBody: Sendable {
    private enum Stage { case head, items, tail, done }

    private let form: Form
    private let objects: [StoredObject]
    /// How many items are written at a time, however short they are: the client may have left by then, and others wait
    /// for the thread.
    private let itemsAtOnce: Int
    private var next = 0
    private var stage = Stage.head

    /// How a list is written in one representation.
    private struct Form: Sendable {
        var head: [UInt8]
        var separator: [UInt8] = [UInt8(ascii: ",")]
        var tail: [UInt8]
        /// Appends an item: a list of many small objects must not allocate for each of them.
        var write: @Sendable (StoredObject, inout [UInt8]) -> Void
    }

    /// In protobuf each item is encoded twice: the list's length precedes the first item.
    ///
    /// - Returns: nil if the list has no protobuf form but protobuf was asked for.
    init?(_ page: ListPage, _ encoder: ObjectEncoder) {
        guard let form = Self.form(page, encoder) else { return nil }
        self.form = form
        objects = page.objects
        itemsAtOnce = encoder.isLaborious ? Self.fewItems : .max
    }

    static let fewItems = 4

    var isAtEnd: Bool { stage == .done }

    /// Adds pieces until at least `wanted` more bytes have been written, or `itemsAtOnce` items, or the list has ended.
    mutating func write(into buffer: inout [UInt8], atLeast wanted: Int) {
        let goal = buffer.count + wanted
        let last = next +| itemsAtOnce
        while stage != .done, buffer.count < goal, stage != .items || next < last {
            switch stage {
            case .head:
                buffer += form.head
                stage = objects.isEmpty ? .tail : .items
            case .items:
                if next > 0 { buffer += form.separator }
                form.write(objects[next], &buffer)
                next += 1
                if next == objects.count { stage = .tail }
            case .tail:
                buffer += form.tail
                stage = .done
            case .done: break
            }
        }
    }

    // MARK: Representations

    private static func form(_ page: ListPage, _ encoder: ObjectEncoder) -> Form? {
        let meta = encoder.metadata(of: page)
        switch (encoder.format.encoding, encoder.format.shape) {
        case (.protobuf, .object):
            return protobuf(encoder.listHead(meta), key: "items", page, encoder.types) { encoder.present($0) }
        case (.protobuf, .partialMetadata(let version)):
            return protobuf(
                encoder.metadataListHead(meta, version: version), key: "items", page, encoder.types
            ) { TableOutput.partialMetadata(of: encoder.present($0), version: version) }
        // Tables have no protobuf form.
        case (.protobuf, .table): return nil
        case (.json, .object) where encoder.sharesBytes || encoder.kind.custom != nil: return joined(encoder, meta)
        case (.json, .object):
            return json(encoder.listHead(meta), key: "items") { encoder.listItem(encoder.present($0)) }
        case (.json, .partialMetadata(let version)):
            return json(encoder.metadataListHead(meta, version: version), key: "items") {
                TableOutput.partialMetadata(of: encoder.present($0), version: version)
            }
        case (.json, .table(let version)):
            return json(encoder.table([], meta, version: version), key: "rows") {
                encoder.row(encoder.present($0), version: version)
            }
        case (.yaml, .object):
            return yaml(encoder.listHead(meta), key: "items", page) { encoder.listItem(encoder.present($0)) }
        case (.yaml, .partialMetadata(let version)):
            return yaml(encoder.metadataListHead(meta, version: version), key: "items", page) {
                TableOutput.partialMetadata(of: encoder.present($0), version: version)
            }
        case (.yaml, .table(let version)):
            return yaml(encoder.table([], meta, version: version), key: "rows", page) {
                encoder.row(encoder.present($0), version: version)
            }
        }
    }

    /// Items of a typed list omit the kind and apiVersion that stored bytes begin with; items of custom kinds keep
    /// them.
    private static func joined(_ encoder: ObjectEncoder, _ meta: Object) -> Form {
        let kind = encoder.kind
        let head =
            "{\"kind\":\(kind.info.listKind.goQuoted),\"apiVersion\":\(kind.apiVersion.goQuoted),\"metadata\":\(Value.object(meta).jsonText),\"items\":["
        let prefix = "{\"kind\":\(kind.info.kind.goQuoted),\"apiVersion\":\(kind.apiVersion.goQuoted),"
        let skipped = kind.custom == nil ? prefix.utf8.count : 1
        let brace = UInt8(ascii: "{")
        return Form(head: Array(head.utf8), tail: Array("]}".utf8)) { object, buffer in
            let bytes = kind.custom == nil ? object.bytes : encoder.encode(object)
            buffer.append(brace)
            buffer.append(contentsOf: bytes.dropFirst(skipped))
        }
    }

    /// Encodes the list without items and cuts it where they belong: they are its last member.
    private static func json(
        _ empty: Value, key: String, _ item: @escaping @Sendable (StoredObject) -> Value
    ) -> Form {
        var head = empty
        head[key] = nil
        let opening = Array(head.jsonBytes.dropLast()) + Array(",\"\(key)\":[".utf8)
        return Form(head: opening, tail: Array("]}".utf8)) { $1 += item($0).jsonBytes }
    }

    /// Items are fields of the list's message, and its last ones.
    private static func protobuf(
        _ empty: Value, key: String, _ page: ListPage, _ types: TypeRegistry,
        _ item: @escaping @Sendable (StoredObject) -> Value
    ) -> Form? {
        let codec = ProtobufCodec(types: types)
        var list = empty
        list[key] = nil
        guard let head = codec.message(list) else { return nil }
        let frame: Value = ["kind": empty["kind"] ?? .null, "apiVersion": empty["apiVersion"] ?? .null]
        let encode = { @Sendable (object: StoredObject) -> [UInt8] in
            var part = frame
            part[key] = .array([item(object)])
            return codec.message(part) ?? []
        }
        let length = page.objects.reduce(head.count) { $0 + encode($1).count }
        let (before, after) = ProtobufCodec.envelope(of: empty, length: length)
        return Form(head: before + head, separator: [], tail: after) { $1 += encode($0) }
    }

    /// A sequence in a mapping is written like a top-level one, so that each item can be written by itself.
    private static func yaml(
        _ empty: Value, key: String, _ page: ListPage, _ item: @escaping @Sendable (StoredObject) -> Value
    ) -> Form {
        let members = empty.object?.members ?? []
        func part(_ chosen: (String) -> Bool) -> [UInt8] {
            var object = Object()
            for member in members where chosen(member.key) { object[member.key] = member.value }
            return object.isEmpty ? [] : YAML.encode(.object(object))
        }
        let opening = page.objects.isEmpty ? "\(key): []\n" : "\(key):\n"
        return Form(
            head: part { $0 < key } + Array(opening.utf8), separator: [], tail: part { $0 > key }
        ) { $1 += YAML.encode(.array([item($0)])) }
    }
}
