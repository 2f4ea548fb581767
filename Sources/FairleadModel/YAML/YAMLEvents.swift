import CYaml

/// The events of the first document in a YAML text, with aliases by name. The parser is libyaml, the ancestor of the
/// one that Kubernetes uses, so its messages are the same.
struct YAMLEvents {
    enum Event {
        case scalar(String, isPlain: Bool, tag: String?, anchor: String?)
        case sequenceStart(anchor: String?)
        case sequenceEnd
        case mappingStart(anchor: String?)
        case mappingEnd
        case alias(String)
    }

    private(set) var events: [(event: Event, line: Int)] = []

    init(_ bytes: [UInt8]) throws(YAML.ParseError) {
        var parser = yaml_parser_t()
        var events = YAMLEvents()
        // The parser keeps its own address and that of the text: neither may move until it is deleted.
        let result = withUnsafeMutablePointer(to: &parser) { parser in
            bytes.withUnsafeBufferPointer { buffer -> Result<Void, YAML.ParseError> in
                guard yaml_parser_initialize(parser) == 1 else {
                    return .failure(YAML.ParseError(message: "yaml: out of memory"))
                }
                defer { yaml_parser_delete(parser) }
                yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
                do throws(YAML.ParseError) {
                    try events.collect(parser)
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
        }
        try result.get()
        self = events
    }

    private init() {}

    private mutating func collect(_ parser: UnsafeMutablePointer<yaml_parser_t>) throws(YAML.ParseError) {
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw Self.error(of: parser.pointee) }
            defer { yaml_event_delete(&event) }
            let line = Int(event.start_mark.line) + 1
            switch event.type {
            case YAML_SCALAR_EVENT:
                let scalar = event.data.scalar
                let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
                let text = String(decoding: bytes, as: UTF8.self)
                events.append(
                    (
                        .scalar(
                            text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE, tag: Self.text(scalar.tag),
                            anchor: Self.text(scalar.anchor)), line
                    ))
            case YAML_SEQUENCE_START_EVENT:
                events.append((.sequenceStart(anchor: Self.text(event.data.sequence_start.anchor)), line))
            case YAML_SEQUENCE_END_EVENT: events.append((.sequenceEnd, line))
            case YAML_MAPPING_START_EVENT:
                events.append((.mappingStart(anchor: Self.text(event.data.mapping_start.anchor)), line))
            case YAML_MAPPING_END_EVENT: events.append((.mappingEnd, line))
            case YAML_ALIAS_EVENT: events.append((.alias(Self.text(event.data.alias.anchor) ?? ""), line))
            case YAML_DOCUMENT_END_EVENT, YAML_STREAM_END_EVENT: return
            default: break
            }
        }
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    /// Go's parser counts lines from 0 and omits line 0, but adds one to lines that its scanner reports.
    private static func error(of parser: yaml_parser_t) -> YAML.ParseError {
        var line = 0
        if parser.problem_mark.line != 0 {
            line = Int(parser.problem_mark.line) + (parser.error == YAML_SCANNER_ERROR ? 1 : 0)
        } else if parser.context_mark.line != 0 {
            line = Int(parser.context_mark.line)
        }
        if parser.problem.map({ String(cString: $0).hasPrefix("Maximum nesting level") }) == true {
            return YAML.ParseError(message: "yaml: " + JSON.tooDeep)
        }
        let problem = parser.problem.map { String(cString: $0) } ?? "unknown problem parsing YAML content"
        return YAML.ParseError(message: "yaml: " + (line == 0 ? "" : "line \(line): ") + problem)
    }
}
