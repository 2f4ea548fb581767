/// What a value of an expression may be.
///
/// Reference: CEL language definition, "Values"; k8s.io/apiserver `pkg/cel` for the types of its libraries.
indirect enum RuleType: Sendable, Hashable, CustomStringConvertible {
    case dyn, null, bool, int, uint, double, string, bytes, timestamp, duration
    case list(RuleType)
    case map(RuleType, RuleType)
    case optional(RuleType)
    case type(RuleType)
    /// Of a library: `kubernetes.Quantity`, `net.IP`.
    case opaque(String)
    /// An object of a schema, told apart by the place of its declaration.
    case object(RuleDeclaration)
    /// Stands for any type, the same one each time, in the declaration of a function.
    case parameter(Int)
    /// Of what is wrong already, so that it is not wrong twice.
    case error

    static let quantity = RuleType.opaque("kubernetes.Quantity")
    static let url = RuleType.opaque("kubernetes.URL")
    static let ip = RuleType.opaque("net.IP")
    static let cidr = RuleType.opaque("net.CIDR")
    static let format = RuleType.opaque("kubernetes.NamedFormat")
    static let semver = RuleType.opaque("kubernetes.Semver")
    static let authorizer = RuleType.opaque("kubernetes.authorization.Authorizer")
    static let pathCheck = RuleType.opaque("kubernetes.authorization.PathCheck")
    static let groupCheck = RuleType.opaque("kubernetes.authorization.GroupCheck")
    static let resourceCheck = RuleType.opaque("kubernetes.authorization.ResourceCheck")
    static let decision = RuleType.opaque("kubernetes.authorization.Decision")

    var description: String {
        switch self {
        case .dyn: "dyn"
        case .null: "null"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "timestamp"
        case .duration: "duration"
        case .list(let element): "list(\(element))"
        case .map(let key, let value): "map(\(key), \(value))"
        case .optional(let inner): "optional_type(\(inner))"
        case .type(let inner): "type(\(inner))"
        case .opaque(let name): name
        case .object(let declaration): declaration.name
        case .parameter(let number): String(UnicodeScalar(UInt8(65 + min(max(number, 0), 25))))
        case .error: "!error!"
        }
    }

    var isDyn: Bool {
        switch self {
        case .dyn, .error: true
        default: false
        }
    }

    /// The type, or anything where it has so many parts that to compare it would take long: maps of maps double with
    /// each step.
    var bounded: RuleType {
        var room = 64
        return fits(&room) ? self : .dyn
    }

    private func fits(_ room: inout Int) -> Bool {
        room -= 1
        if room < 0 { return false }
        return switch self {
        case .list(let inner), .optional(let inner), .type(let inner): inner.fits(&room)
        case .map(let key, let value): key.fits(&room) && value.fits(&room)
        default: true
        }
    }

    /// The name that `type(x)` has at run time and in messages about conversions.
    var runtimeName: String {
        switch self {
        case .null: "null_type"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .list: "list"
        case .map, .object: "map"
        case .optional: "optional_type"
        case .type: "type"
        default: description
        }
    }
}

/// What a schema says about values, as far as expressions need it.
package final class RuleDeclaration: Sendable, Hashable {
    package enum Shape: Sendable {
        /// Nothing is known: an integer or a string.
        case any
        case bool, int, double, string, bytes, timestamp, duration
        case list(RuleDeclaration, keys: ListKeys)
        case map(RuleDeclaration)
        case object([String: RuleDeclaration])
    }

    /// What tells the elements of a list apart.
    package enum ListKeys: Sendable, Hashable {
        case none, wholeElements, fields([String])
    }

    package let shape: Shape
    let name: String
    /// The most bytes, elements or members; nil where a request's size is the only limit.
    let maximum: Int?
    /// The least that a value takes in JSON.
    package let minimumSize: Int

    package init(_ shape: Shape, name: String = "object", maximum: Int? = nil, minimumSize: Int) {
        self.shape = shape
        self.name = name
        self.maximum = maximum
        self.minimumSize = minimumSize
    }

    package static func == (left: RuleDeclaration, right: RuleDeclaration) -> Bool { left === right }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

    var type: RuleType {
        switch shape {
        case .any: .dyn
        case .bool: .bool
        case .int: .int
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .timestamp: .timestamp
        case .duration: .duration
        case .list(let element, _): RuleType.list(element.type).bounded
        case .map(let element): RuleType.map(.string, element.type).bounded
        case .object: .object(self)
        }
    }

    /// What stands below, for elements and members that have no name.
    var element: RuleDeclaration? {
        switch shape {
        case .list(let element, _), .map(let element): element
        default: nil
        }
    }
}
