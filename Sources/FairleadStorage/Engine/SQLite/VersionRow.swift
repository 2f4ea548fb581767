import FairleadModel

/// A row of `versions`, as it is in the file.
struct VersionRow: Sendable {
    var id: Int64
    var revision: Int64
    /// `GroupResource.storageText`.
    var resource: String
    var namespace: String
    var name: String
    var createRevision: Int64
    /// The row of the version that this one replaced.
    var previous: Int64?
    var revisionOffset: Int64
    /// nil for a deletion.
    var document: [UInt8]?
    /// nil in a file from before there were checksums.
    var checksum: Int64?

    static let columns =
        "id, revision, resource, namespace, name, create_revision, previous, revision_offset, document, checksum"

    /// The largest revision and row id: enough for a thousand years at a hundred thousand commits a second, and the
    /// largest integer that JSON numbers can hold exactly. This program does not write larger ones.
    static let largestNumber: Int64 = 1 << 53

    init(_ row: SQLiteRowStatement) {
        id = row.integer(0)
        revision = row.integer(1)
        resource = row.text(2)
        namespace = row.text(3)
        name = row.text(4)
        createRevision = row.integer(5)
        previous = row.isNull(6) ? nil : row.integer(6)
        revisionOffset = row.integer(7)
        document = row.isNull(8) ? nil : row.bytes(8)
        checksum = row.isNull(9) ? nil : row.integer(9)
    }

    init(
        id: Int64, revision: Int64, resource: String, namespace: String, name: String, createRevision: Int64,
        previous: Int64?, revisionOffset: Int64, document: [UInt8]?
    ) {
        self.id = id
        self.revision = revision
        self.resource = resource
        self.namespace = namespace
        self.name = name
        self.createRevision = createRevision
        self.previous = previous
        self.revisionOffset = revisionOffset
        self.document = document
        checksum = nil
    }

    /// Binds all columns of the table, in its order.
    func bind(to row: SQLiteRowStatement, checksum: Int64?) throws {
        try row.bind(1, id)
        try row.bind(2, revision)
        try row.bind(3, resource)
        try row.bind(4, namespace)
        try row.bind(5, name)
        try row.bind(6, createRevision)
        try row.bind(7, previous)
        try row.bind(8, revisionOffset)
        try row.bind(9, document)
        try row.bind(10, checksum)
    }

    var key: ObjectKey { ObjectKey(GroupResource(storageText: resource), namespace: namespace, name: name) }

    /// What the checksum should be. It covers every column, so that one row cannot pass for another either.
    var expectedChecksum: Int64 {
        var hash: UInt64 = 0
        for text in [resource, namespace, name] {
            hash = XXHash64.hash(text, seed: hash)
        }
        let numbers = (
            id.littleEndian, revision.littleEndian, createRevision.littleEndian, (previous ?? -1).littleEndian,
            revisionOffset.littleEndian, Int64(document?.count ?? -1).littleEndian
        )
        hash = withUnsafeBytes(of: numbers) { XXHash64.hash($0, seed: hash) }
        if let document { hash = document.withUnsafeBytes { XXHash64.hash($0, seed: hash) } }
        return Int64(bitPattern: hash)
    }

    /// What is wrong with the row, as far as can be told from the row alone; nil for a sound one. A checksum decides
    /// without looking at the document; without a checksum the document is decoded.
    var fault: String? {
        if let checksum { return checksum == expectedChecksum ? numberFault : "its checksum does not match" }
        return numberFault ?? documentFault
    }

    /// The document as it was before it was sealed; nil for a deletion.
    func opened(_ values: any ValueTransformer) throws(UnreadableValue) -> OpenedValue? {
        guard let document else { return nil }
        let opened = try values.open(document, of: key)
        guard revisionOffset <= opened.document.count else { throw UnreadableValue("it has no place for its revision") }
        if !opened.isAuthentic {
            var clear = self
            clear.document = opened.document
            if let fault = clear.documentFault { throw UnreadableValue("its key does not fit: \(fault)") }
        }
        return opened
    }

    private var numberFault: String? {
        guard 1...Self.largestNumber ~= revision, 1...revision ~= createRevision else {
            return "its revisions cannot be (\(revision), created at \(createRevision))"
        }
        return 0...Int64(document?.count ?? 0) ~= revisionOffset ? nil : "it has no place for its revision"
    }

    /// What is wrong with the document: it must be JSON, and describe the object that the row says it is.
    var documentFault: String? {
        guard let document else { return nil }
        let parsed: Value
        do {
            parsed = try JSON.parseStored(document)
        } catch {
            return "it is no JSON: \(error.message)"
        }
        guard parsed["metadata"]?.object != nil else { return "it has no metadata" }
        guard parsed.name.isSameText(as: name), parsed.namespace.isSameText(as: namespace) else {
            let other = parsed.namespace.isEmpty ? parsed.name : "\(parsed.namespace)/\(parsed.name)"
            return "its document is another object: \(other)"
        }
        let gap = Array(#""resourceVersion":""#.utf8)
        let offset = Int(clamping: revisionOffset)
        guard offset >= gap.count, offset < document.count, document[offset] == UInt8(ascii: "\""),
            document[(offset - gap.count)..<offset].elementsEqual(gap)
        else { return "it has no place for its revision" }
        return nil
    }

    /// The key that the document itself gives, under the resource of the row; nil if it cannot be read.
    var keyOfDocument: ObjectKey? {
        // Asked of damaged rows only, to find out what they may have been.
        guard let document,
            let object = try? JSON.parseStored(document),
            !object.name.isEmpty
        else { return nil }
        return ObjectKey(key.resource, namespace: object.namespace, name: object.name)
    }
}

extension String {
    /// Byte by byte, unlike `==`.
    fileprivate func isSameText(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
