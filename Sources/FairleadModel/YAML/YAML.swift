/// YAML as Kubernetes reads and writes it: YAML 1.1 through its JSON meaning (sigs.k8s.io/yaml). The one place where
/// Yams is used.
package enum YAML {
    /// Why bytes are not YAML that has a JSON meaning. `message` begins with `yaml: `, in the words of Go's parser;
    /// kubectl and the API server put `error converting YAML to JSON: ` before it.
    package struct ParseError: Error, Hashable, Sendable {
        package var message: String
    }

    /// Reads the first document; of an empty text, null. Members that occur twice are reported as in JSON.
    package static func parse(_ bytes: [UInt8]) throws(ParseError) -> JSON.Parsed {
        var composer = YAMLComposer(events: try YAMLEvents(bytes))
        let value = try composer.document()
        return JSON.Parsed(
            value: value, duplicateFields: composer.duplicatePaths, duplicateLines: composer.duplicateLines)
    }

    /// The complaint of a strict parser about keys that occur twice.
    package static func duplicateKeys(_ lines: [String]) -> String {
        "yaml: unmarshal errors:" + lines.map { "\n  " + $0 }.joined()
    }

    /// Writes block style with sorted members and lines of about 80 characters, as Kubernetes' answers have it.
    package static func encode(_ value: Value) -> [UInt8] { YAMLEncoder.encode(value) }
}
