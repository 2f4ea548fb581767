/// The JSON codec (RFC 8259). Implemented in `JSONParser.swift` and `JSONWriter.swift`.
package enum JSON {
    /// The result of parsing.
    package struct Parsed: Sendable {
        package var value: Value
        /// Paths of members that occurred more than once (`spec.ports[0].port`), in order of occurrence, each once, and
        /// a limited number of them (`StrictComplaints`). As in Kubernetes' decoder, `value` has the last occurrence.
        package var duplicateFields: [String]
        /// The same for a YAML text, with its parser's messages: `line 5: key "a" already set in map`.
        package var duplicateLines: [String] = []
    }

    /// Why bytes are not JSON. `message` is that of Go's encoding/json, which Kubernetes' clients see: `invalid
    /// character 'x' looking for beginning of value`, `unexpected end of JSON input`.
    package struct ParseError: Error, Hashable, Sendable {
        package var message: String
        package var offset: Int
    }

    /// How deeply external input may be nested: bodies, patches and their results, texts in annotations. Go's limit is
    /// 10,000; every walk over a tree (and its deallocation) takes some stack for each level, and must fit into the
    /// stack of any thread.
    package static let maximumDepth = 500

    /// How deeply stored objects may be nested: managedFields repeat an object's fields a few levels below its top.
    package static let maximumStoredDepth = maximumDepth + 20

    /// Parses what the store keeps.
    package static func parseStored(_ bytes: [UInt8]) throws(ParseError) -> Value {
        try parse(bytes, maximumDepth: maximumStoredDepth).value
    }

    /// The message of Go's decoders.
    package static let tooDeep = "exceeded max depth"
}
