import Yams

/// Writes YAML like sigs.k8s.io/yaml: plain scalars where they read back as the same string, literal blocks for
/// multi-line texts, and quotes elsewhere.
enum YAMLEncoder {
    static func encode(_ value: Value) -> [UInt8] {
        // Only invalid trees make the emitter fail, and a `Value` never produces one.
        guard
            let text = try? serialize(node: node(value), indent: 2, width: 80, allowUnicode: true, sortKeys: false)
        else { return Array((value.jsonText + "\n").utf8) }
        return Array(text.utf8)
    }

    private static func node(_ value: Value) -> Node {
        switch value {
        case .null: plain("null")
        case .bool(let flag): plain(flag ? "true" : "false")
        case .int(let number): plain(String(number))
        case .double(let number): plain(number.goJSON)
        case .string(let text): string(text)
        case .array(let elements):
            .sequence(Node.Sequence(elements.map(node), Tag(.implicit), elements.isEmpty ? .flow : .block))
        case .object(let object):
            .mapping(
                Node.Mapping(
                    object.members.map { (string($0.key), node($0.value)) }, Tag(.implicit),
                    object.isEmpty ? .flow : .block))
        }
    }

    private static func plain(_ text: String) -> Node { .scalar(Node.Scalar(text, Tag(.implicit), .plain)) }

    private static func string(_ text: String) -> Node {
        if text.utf8.contains(UInt8(ascii: "\n")) {
            return .scalar(Node.Scalar(text, Tag(.implicit), .literal))
        }
        return .scalar(Node.Scalar(text, Tag(.implicit), YAMLScalar.isSafePlain(text) ? .plain : .doubleQuoted))
    }
}
