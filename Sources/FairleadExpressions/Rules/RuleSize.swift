/// The most that a value holds, as far as it is known before there is a value: bytes of a text, elements of a list, members
/// of a map; 1 for what has no size. And the same of what is in it.
struct RuleSize: Sendable {
    var count: Double
    /// Of the elements or members, and of the keys; empty where nothing is known of them.
    private var parts: [RuleSize] = []

    init(_ count: Double, element: RuleSize? = nil, key: RuleSize? = nil) {
        self.count = count
        if element != nil || key != nil { parts = [element ?? .unknown, key ?? .unknown] }
    }

    init(_ count: Int, element: RuleSize? = nil) { self.init(Double(count), element: element) }

    /// As large as anything may be.
    static let unknown = RuleSize(0x1p64)
    static let one = RuleSize(1.0)

    var element: RuleSize { parts.first ?? (count == 1 ? .one : .unknown) }
    var key: RuleSize { parts.last ?? .unknown }

    /// What is known of a value by its type alone.
    static func most(of type: RuleType) -> RuleSize {
        switch type {
        case .bool, .int, .uint, .double, .timestamp, .duration, .null, .opaque, .object, .type: .one
        case .list(let element): RuleSize(unknown.count, element: most(of: element))
        case .map(let key, let value): RuleSize(unknown.count, element: most(of: value), key: most(of: key))
        case .optional(let inner): most(of: inner)
        case .string, .bytes, .dyn, .parameter, .error: .unknown
        }
    }

    /// What a schema allows.
    static func most(of declaration: RuleDeclaration) -> RuleSize {
        let count =
            declaration.maximum.map { Double($0) }
            ?? {
                switch declaration.shape {
                case .string, .bytes, .any: unboundedText
                case .timestamp: 34
                case .duration: 32
                case .bool, .int, .double, .object: 1
                case .list(let element, _): ((request - 2) / Double(element.minimumSize + 1)).rounded(.down)
                case .map(let element): ((request - 2) / Double(element.minimumSize + 6)).rounded(.down)
                }
            }()
        guard let element = declaration.element else { return RuleSize(count) }
        return RuleSize(count, element: most(of: element), key: RuleSize(unboundedText))
    }

    static func of(_ value: RuleValue) -> RuleSize {
        switch value {
        case .plain(.string(let text)): RuleSize(text.utf8.count)
        case .bytes(let bytes): RuleSize(bytes.count)
        default:
            value.count.map { count in
                let elements = (0..<count).map { of(value.element($0)) }
                return RuleSize(count, element: elements.dropFirst().reduce(elements.first) { $0?.union($1) })
            } ?? .one
        }
    }

    /// A request is never larger.
    static let request = 3.0 * 1024 * 1024
    static let unboundedText = request - 2

    /// What holds either of two.
    func union(_ other: RuleSize) -> RuleSize {
        var union = RuleSize(max(count, other.count))
        if parts.isEmpty || other.parts.isEmpty {
            // A list that is known to be empty has no elements of any size.
            let known = parts.isEmpty ? other : self
            let empty = parts.isEmpty ? self : other
            if empty.count == 0 { union.parts = known.parts }
            return union
        }
        union.parts = [element.union(other.element), key.union(other.key)]
        return union
    }

    /// A list or text made of two.
    func appending(_ other: RuleSize) -> RuleSize {
        var sum = union(other)
        sum.count = min(count + other.count, Self.unknown.count)
        return sum
    }

    /// A tenth of a unit for each byte or part.
    var cost: Double { RuleCost.traversal(count) }
}
