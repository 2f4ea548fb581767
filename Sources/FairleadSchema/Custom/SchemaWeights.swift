import FairleadModel

/// Computes how the size of a schema affects the time that its objects take.
struct SchemaWeights {
    /// The numbers for one node, computed from those of the nodes below it.
    struct Node {
        /// The number of nodes, including alternatives.
        var nodes = 1
        /// How many checks beyond its own node's a value takes, in this node or below: alternatives and long lists.
        var checksPerValue = 0
        /// The maximum number of values that defaults add to one value, in this node or below.
        var growth = 0
    }

    /// How many values a node's default has once it is itself filled in.
    private var filledDefaults: [ObjectIdentifier: Int] = [:]

    static func of(_ schema: StructuralSchema) -> Node {
        var weights = SchemaWeights()
        return weights.weigh(schema)
    }

    private mutating func weigh(_ schema: StructuralSchema) -> Node {
        let below = schema.children.map { weigh($0) }
        let compared = schema.alternatives.map { weigh($0) }
        let nodesCompared = compared.map(\.nodes).saturatingSum()
        var node = Node()
        node.nodes = 1 +| nodesCompared +| below.map(\.nodes).saturatingSum()
        let names = (schema.required.count +| schema.listMapKeys.count) / 4
        // Alternatives are also checked against the values below, as are this node's own parts.
        node.checksPerValue =
            names +| (schema.enumeration?.checksPerValue ?? 0) +| nodesCompared
            +| compared.map(\.checksPerValue).saturatingSum() +| (below.map(\.checksPerValue).max() ?? 0)
        let added = schema.defaulted.map { filledDefault($0.schema) }.saturatingSum()
        node.growth = max(added, below.map(\.growth).max() ?? 0)
        if let standard = schema.defaultValue {
            filledDefaults[ObjectIdentifier(schema)] = filledSize(of: standard, schema)
        }
        return node
    }

    private func filledDefault(_ schema: StructuralSchema) -> Int { filledDefaults[ObjectIdentifier(schema)] ?? 0 }

    /// How many values `value` would have after defaulting, without carrying it out.
    private func filledSize(of value: Value, _ schema: StructuralSchema) -> Int {
        switch value {
        case .object(let object):
            var size = 1
            for member in object.members {
                guard let child = schema.properties[member.key] ?? schema.additional.schema else {
                    size = size +| member.value.extent.count
                    continue
                }
                let isReplaced = member.value.isNull && !child.isNullable
                size = size +| (isReplaced ? filledDefault(child) : filledSize(of: member.value, child))
            }
            for (name, child) in schema.defaulted where object[name] == nil { size = size +| filledDefault(child) }
            return size
        case .array(let list):
            guard let items = schema.items else { return value.extent.count }
            return 1 +| list.map { filledSize(of: $0, items) }.saturatingSum()
        default: return 1
        }
    }
}

extension StructuralSchema {
    /// The nodes of members and elements.
    fileprivate var children: [StructuralSchema] {
        Array(properties.values) + [items, additional.schema].compactMap { $0 }
    }

    /// The additional nodes that a value of this node is checked against.
    fileprivate var alternatives: [StructuralSchema] { allOf + anyOf + oneOf + [not].compactMap { $0 } }
}
