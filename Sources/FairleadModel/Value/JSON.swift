/// The JSON codec (RFC 8259). Implemented in `JSONParser.swift` and `JSONWriter.swift`.
package enum JSON {
    /// What a parse gives beside the tree.
    package struct Parsed: Sendable {
        package var value: Value
        /// Paths of members that occurred more than once (`spec.ports[0].port`), in order of occurrence. The last
        /// occurrence is the one in `value`, as in Kubernetes' decoder.
        package var duplicateFields: [String]
        /// The same of a YAML text, as its parser says it: `line 5: key "a" already set in map`.
        package var duplicateLines: [String] = []
    }

    /// Why bytes are not JSON. `message` is in the words of Go's encoding/json, which Kubernetes' clients see:
    /// `invalid character 'x' looking for beginning of value`, `unexpected end of JSON input`.
    package struct ParseError: Error, Hashable, Sendable {
        package var message: String
        package var offset: Int
    }

    /// Nesting deeper than this is refused (Go's limit is 10,000; a tree that deep would exhaust a thread's stack).
    package static let maximumDepth = 500
}
