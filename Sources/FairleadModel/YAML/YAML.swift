/// YAML as Kubernetes reads and writes it: YAML 1.1 by way of its JSON equivalent (sigs.k8s.io/yaml). Yams is used
/// nowhere else.
package enum YAML {
    /// Why bytes are not YAML with a JSON equivalent. `message` begins with `yaml: ` and is that of Go's parser;
    /// kubectl and the API server put `error converting YAML to JSON: ` in front of it.
    package struct ParseError: Error, Hashable, Sendable {
        package var message: String
    }

    /// Parses the first document; an empty text gives null. Duplicate members are reported as in JSON.
    package static func parse(_ bytes: [UInt8]) throws(ParseError) -> JSON.Parsed {
        var composer = YAMLComposer(events: try YAMLEvents(bytes))
        let value = try composer.document()
        return JSON.Parsed(
            value: value, duplicateFields: composer.duplicatePaths, duplicateLines: composer.duplicateLines)
    }

    /// A strict parser's message about duplicate keys.
    package static func duplicateKeys(_ lines: [String]) -> String {
        "yaml: unmarshal errors:" + lines.map { "\n  " + $0 }.joined()
    }

    /// Writes block style with sorted members and lines of about 80 characters, as in Kubernetes' answers.
    package static func encode(_ value: Value) -> [UInt8] { YAMLEncoder.encode(value) }
}
