/// The JSON codec (RFC 8259). Implemented in `JSONParser.swift` and `JSONWriter.swift`.
package enum JSON {
    /// What a parse gives beside the tree.
    package struct Parsed: Sendable {
        package var value: Value
        /// Paths of members that occurred more than once (`spec.ports[0].port`), in order of occurrence, each
        /// once, not all of very many (`StrictComplaints`). The last occurrence is the one in `value`, as in
        /// Kubernetes' decoder.
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

    /// What comes from outside may nest this deeply: bodies, patches and their results, texts in annotations. Go's limit
    /// is 10,000; every walk over a tree (and its release) takes some of the stack for each level, and must get by with
    /// the stack of any thread.
    package static let maximumDepth = 500

    /// What is stored may nest this deeply: managedFields repeat the fields of an object a few levels below its top.
    package static let maximumStoredDepth = maximumDepth + 20

    /// The complaint of Go's decoders.
    package static let tooDeep = "exceeded max depth"
}
