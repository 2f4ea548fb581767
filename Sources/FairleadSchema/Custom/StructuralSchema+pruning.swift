package import FairleadModel

extension StructuralSchema {
    /// Removes fields that the schema does not specify.
    ///
    /// - Parameters:
    ///   - isResource: whether the value is an object in its own right, whose apiVersion, kind and metadata are kept.
    ///   - path: the path of the value; empty for the root.
    ///   - unknown: receives the paths of the removed fields.
    /// Reference: k8s.io/apiextensions-apiserver `schema/pruning`.
    package func prune(_ value: inout Value, isResource: Bool, path: String = "", unknown: inout [String]) {
        var place = DocumentPath()
        if !path.isEmpty { place.append(.name(path)) }
        var found = StrictComplaints()
        prune(&value, isResource: isResource, at: &place, &found)
        unknown += found.texts
    }

    /// Removes what the schema does not specify from a whole object.
    package func prune(_ object: inout Value) {
        var place = DocumentPath()
        var found = StrictComplaints()
        prune(&object, isResource: true, at: &place, &found)
    }

    private func prune(
        _ value: inout Value, isResource: Bool, at path: inout DocumentPath, _ unknown: inout StrictComplaints
    ) {
        switch value {
        case .object(var object):
            value = .null
            var kept: [Object.Member] = []
            kept.reserveCapacity(object.count)
            let members = object.members
            object = Object()
            for var member in members {
                path.append(.name(member.key))
                defer { path.removeLast() }
                if isResource, Self.resourceFields.contains(member.key) {
                    kept.append(member)
                } else if let property = properties[member.key] {
                    property.prune(
                        &member.value, isResource: property.isEmbeddedResource, at: &path, &unknown)
                    kept.append(member)
                } else {
                    switch additional {
                    case .schema(let schema):
                        schema.prune(
                            &member.value, isResource: schema.isEmbeddedResource, at: &path, &unknown)
                        kept.append(member)
                    case .any(true): kept.append(member)
                    default:
                        if preservesUnknownFields { kept.append(member) } else { unknown.add(path.description) }
                    }
                }
            }
            value = .object(Object(sortedUnique: kept))
        case .array(var list):
            guard let items else { return }
            value = .null
            for index in list.indices {
                path.append(.index(index))
                items.prune(&list[index], isResource: items.isEmbeddedResource, at: &path, &unknown)
                path.removeLast()
            }
            value = .array(list)
        default: break
        }
    }

    private static let resourceFields: Set<String> = ["apiVersion", "kind", "metadata"]

    /// Calls `body` for every embedded resource in a value.
    package func forEachEmbeddedResource<Failure>(
        _ value: inout Value, path: String = "", _ body: (inout Value, String) throws(Failure) -> Void
    ) throws(Failure) {
        switch value {
        case .object(let object):
            for name in object.keys {
                guard let schema = properties[name] ?? additional.schema, var child = object[name] else { continue }
                let place = path.isEmpty ? name : path + "." + name
                if schema.isEmbeddedResource, child.object != nil { try body(&child, place) }
                try schema.forEachEmbeddedResource(&child, path: place, body)
                value[name] = child
            }
        case .array(var list):
            guard let items else { return }
            for index in list.indices {
                if items.isEmbeddedResource, list[index].object != nil { try body(&list[index], "\(path)[\(index)]") }
                try items.forEachEmbeddedResource(&list[index], path: "\(path)[\(index)]", body)
            }
            value = .array(list)
        default: break
        }
    }

    /// Whether there is an embedded resource at any depth.
    package var hasEmbeddedResources: Bool {
        isEmbeddedResource || properties.values.contains(where: \.hasEmbeddedResources)
            || items?.hasEmbeddedResources == true || additional.schema?.hasEmbeddedResources == true
    }
}
