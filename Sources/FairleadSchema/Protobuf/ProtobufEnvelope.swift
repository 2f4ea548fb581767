/// The envelope of every object in `application/vnd.kubernetes.protobuf`: `k8s\0`, then a runtime.Unknown.
///
/// Reference: Kubernetes API concepts, "Protobuf encoding".
package struct ProtobufEnvelope: Sendable {
    package static let mediaType = "application/vnd.kubernetes.protobuf"
    static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

    /// Empty if the envelope does not contain it.
    package var apiVersion = ""
    package var kind = ""
    let bytes: [UInt8]
    /// The range of the message itself in `bytes`.
    private(set) var message = 0..<0

    /// - Throws: with the messages of Kubernetes' serializer. As there, what the envelope says about the format of the
    ///   message is ignored.
    package init(reading bytes: [UInt8]) throws(ProtobufError) {
        if bytes.isEmpty { throw ProtobufError(message: "empty data") }
        guard bytes.starts(with: Self.magic) else {
            throw ProtobufError(
                message:
                    "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
        }
        if bytes.count == Self.magic.count { throw ProtobufError(message: "empty body") }
        self.bytes = bytes
        var reader = ProtobufReader(bytes, Self.magic.count..<bytes.count)
        while !reader.isAtEnd {
            let tag = try reader.tag(of: "Unknown")
            guard (1...4).contains(tag.number) else {
                try reader.skip(wireType: tag.wireType)
                continue
            }
            guard tag.wireType == 2 else {
                let names = ["TypeMeta", "Raw", "ContentEncoding", "ContentType"]
                throw .wrongWireType(tag.wireType, field: names[tag.number - 1])
            }
            switch tag.number {
            case 1: try readTypeMeta(try reader.nested())
            case 2: message = try reader.range()
            default: _ = try reader.range()
            }
        }
    }

    private mutating func readTypeMeta(_ typeMeta: ProtobufReader) throws(ProtobufError) {
        var reader = typeMeta
        while !reader.isAtEnd {
            let tag = try reader.tag(of: "TypeMeta")
            switch (tag.number, tag.wireType) {
            case (1, 2): apiVersion = try reader.string()
            case (2, 2): kind = try reader.string()
            case (1, let other): throw .wrongWireType(other, field: "APIVersion")
            case (2, let other): throw .wrongWireType(other, field: "Kind")
            default: try reader.skip(wireType: tag.wireType)
            }
        }
    }

    static func bytes(
        apiVersion: String, kind: String, capacity: Int, _ message: (inout ProtobufWriter) -> Void
    ) -> [UInt8] {
        var writer = ProtobufWriter(capacity: capacity)
        begin(apiVersion: apiVersion, kind: kind, &writer)
        writer.message(2, message)
        end(&writer)
        return writer.bytes
    }

    /// The bytes before and after a message of this length.
    static func around(apiVersion: String, kind: String, length: Int) -> (before: [UInt8], after: [UInt8]) {
        var before = ProtobufWriter(capacity: 64)
        begin(apiVersion: apiVersion, kind: kind, &before)
        before.head(2, length: length)
        var after = ProtobufWriter(capacity: 4)
        end(&after)
        return (before.bytes, after.bytes)
    }

    private static func begin(apiVersion: String, kind: String, _ writer: inout ProtobufWriter) {
        writer.append(magic)
        writer.message(1) { typeMeta in
            typeMeta.string(1, apiVersion)
            typeMeta.string(2, kind)
        }
    }

    private static func end(_ writer: inout ProtobufWriter) {
        writer.string(3, "")
        writer.string(4, "")
    }
}
