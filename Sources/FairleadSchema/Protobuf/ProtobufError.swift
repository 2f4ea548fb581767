import FairleadModel

/// Why bytes are not a valid message, with the texts of Kubernetes' generated Go code.
package struct ProtobufError: Error, Sendable, Hashable {
    package var message: String

    package init(message: String) { self.message = message }

    static let tooDeep = ProtobufError(message: JSON.tooDeep)
    static let unexpectedEnd = ProtobufError(message: "unexpected EOF")
    static let negativeLength = ProtobufError(message: "proto: negative length found during unmarshaling")
    static let overflow = ProtobufError(message: "proto: integer overflow")
    static let endOfGroup = ProtobufError(message: "proto: unexpected end of group")

    static func wrongWireType(_ wireType: Int, field: String) -> ProtobufError {
        ProtobufError(message: "proto: wrong wireType = \(wireType) for field \(field)")
    }
}
