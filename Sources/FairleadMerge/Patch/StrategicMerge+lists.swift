import FairleadModel

extension StrategicMerge {
    /// Merges two lists according to the field's strategy; without one, the patch replaces the list.
    static func lists(
        _ original: [Value], _ patch: [Value], _ field: PatchField?, isDeletion: Bool
    ) throws(APIStatus) -> [Value] {
        guard field?.strategy == "merge" else { return patch }
        guard let sample = original.first ?? patch.first else { return original }
        try checkElements(original + patch)
        guard case .object = sample else {
            if isDeletion {
                let deleted = Set(patch)
                return original.filter { !deleted.contains($0) }
            }
            var seen: Set<Value> = []
            let merged = (original + patch).filter { seen.insert($0).inserted }
            return ordered(merged, first: patch, live: original, key: nil)
        }
        guard let key = field?.mergeKey, !key.isEmpty else {
            throw .unexplained("cannot merge lists without merge key for type map")
        }
        let (remaining, additions) = try applyElementDirectives(original, patch, key)
        let merged = try mergeElements(remaining, additions, key, field?.child)
        for element in merged where element[key] == nil { throw noMergeKey(element, key) }
        return ordered(merged, first: additions, live: remaining, key: key)
    }

    /// All elements must be of the same kind, and none may be a list.
    private static func checkElements(_ elements: [Value]) throws(APIStatus) {
        guard let first = elements.first else { return }
        for element in elements {
            if case .array = element { throw .patchRejected }
            if element.goKind != first.goKind {
                throw .unexplained(
                    "list element types are not identical: [\(elements.map(\.goText).joined(separator: " "))]")
            }
        }
    }

    private static func noMergeKey(_ element: Value, _ key: String) -> APIStatus {
        .unexplained("map: \(element.goText) does not contain declared merge key: \(key)")
    }

    /// Applies the elements that have a `$patch` directive.
    /// - Returns: the rest of the list, and the elements to merge into it.
    private static func applyElementDirectives(
        _ original: [Value], _ patch: [Value], _ key: String
    ) throws(APIStatus) -> (remaining: [Value], additions: [Value]) {
        var deleted: Set<Value> = []
        var additions: [Value] = []
        var replaces = false
        for element in patch {
            guard let value = element[directive] else {
                additions.append(element)
                continue
            }
            switch value.string {
            case "delete":
                guard let identity = element[key] else { throw noMergeKey(element, key) }
                deleted.insert(identity)
            case "replace": replaces = true
            case "merge": throw .unexplained("merging lists cannot yet be specified in the patch")
            default: throw unknownDirective(value, in: element.object ?? Object())
            }
        }
        if replaces { return (additions, []) }
        if deleted.isEmpty { return (original, additions) }
        let remaining = original.filter { element in element[key].map { !deleted.contains($0) } ?? true }
        return (remaining, additions)
    }

    private static func mergeElements(
        _ original: [Value], _ patch: [Value], _ key: String, _ schema: (any PatchSchema)?
    ) throws(APIStatus) -> [Value] {
        var result = original
        var places = firstPlaces(original, key)
        for element in patch {
            guard let identity = element[key] else { throw noMergeKey(element, key) }
            if let index = places[identity] {
                let merged = try maps(result[index].object ?? Object(), element.object ?? Object(), schema)
                result[index] = .object(merged)
            } else {
                places[identity] = result.count
                result.append(element)
            }
        }
        return result
    }

    // MARK: Order

    /// Merges the lists that have a `$setElementOrder`, and removes both from the patch.
    static func mergeOrderedLists(
        _ original: inout Object, _ patch: inout Object, _ schema: (any PatchSchema)?
    ) throws(APIStatus) {
        var done: Set<ByteText> = []
        var merged: [(String, Value)] = []
        for (orderKey, value) in patch where orderKey.hasPrefix(orderPrefix) {
            done.insert(ByteText(orderKey))
            guard let order = value.array else { throw wrongKind(value) }
            let key = try fieldName(of: orderKey)
            if let list = try ordered(original[key], patch[key], by: order, schema?.patchField(key)) {
                merged.append((key, .array(list)))
                done.insert(ByteText(key))
            }
        }
        if done.isEmpty { return }
        patch.filter { key, _ in !done.contains(ByteText(key)) }
        original = original.merging(Object(merged)) { _, _, list in list }
    }

    /// A list with the patch's changes in the patch's order; nil if there is neither a list nor a change.
    private static func ordered(
        _ live: Value?, _ change: Value?, by order: [Value], _ field: PatchField?
    ) throws(APIStatus) -> [Value]? {
        if let live, live.array == nil { throw wrongKind(live) }
        if let change, change.array == nil { throw wrongKind(change) }
        let mergeKey = field?.mergeKey.flatMap { $0.isEmpty ? nil : $0 }
        try checkOrder(of: change?.array ?? [], order, mergeKey)
        let merged: [Value]
        switch (live?.array, change?.array) {
        case (nil, nil): return nil
        case (let live?, nil): merged = live
        case (nil, let change?): merged = change
        case (let live?, let change?): merged = try lists(live, change, field, isDeletion: false)
        }
        if let mergeKey {
            for element in merged where element[mergeKey] == nil { throw noMergeKey(element, mergeKey) }
        }
        return ordered(merged, first: order, live: live?.array ?? [], key: mergeKey)
    }

    private static func wrongKind(_ value: Value) -> APIStatus {
        .unexplained("expected a slice, but received a \(value.goKind)")
    }

    /// The elements of the patch must occur in `order`, in the same sequence.
    private static func checkOrder(of patch: [Value], _ order: [Value], _ key: String?) throws(APIStatus) {
        if patch.isEmpty || order.isEmpty { return }
        var rest = order[...]
        for element in patch where element[directive] == nil {
            if let key, element[key] == nil { throw noMergeKey(element, key) }
            guard let index = rest.firstIndex(where: { isSame($0, element, key) }) else {
                throw .unexplained(
                    "The order in patch list:\n\(Value.array(patch).goText)\n doesn't match \(orderPrefix) list:\n"
                        + "\(Value.array(order).goText)\n")
            }
            rest = rest[(index + 1)...]
        }
    }

    private static func isSame(_ left: Value, _ right: Value, _ key: String?) -> Bool {
        identity(left, key) == identity(right, key)
    }

    /// What identifies an element: its member `key`, or without a key the whole element.
    private static func identity(_ element: Value, _ key: String?) -> Value? { key.map { element[$0] } ?? element }

    /// The first index of each identity in a list.
    private static func firstPlaces(_ list: [Value], _ key: String?) -> [Value?: Int] {
        var places: [Value?: Int] = [:]
        places.reserveCapacity(list.count)
        for (index, element) in list.enumerated() where places[identity(element, key)] == nil {
            places[identity(element, key)] = index
        }
        return places
    }

    /// Sorts the elements named in `first` by that list, and the others by the live list, and merges the two: an
    /// element of the live list stays before one that it was before, and otherwise elements of the patch come first.
    private static func ordered(_ merged: [Value], first: [Value], live: [Value], key: String?) -> [Value] {
        let (firstPlaces, livePlaces) = (firstPlaces(first, key), firstPlaces(live, key))
        func sorted(_ elements: [Value], by places: [Value?: Int]) -> [Value] {
            elements.enumerated()
                .map { (place: places[identity($0.element, key)] ?? -1, index: $0.offset, element: $0.element) }
                .sorted { ($0.place, $0.index) < ($1.place, $1.index) }
                .map(\.element)
        }
        var named = sorted(merged.filter { firstPlaces[identity($0, key)] != nil }, by: firstPlaces)[...]
        var others = sorted(merged.filter { firstPlaces[identity($0, key)] == nil }, by: livePlaces)[...]
        var result: [Value] = []
        while let left = others.first, let right = named.first {
            if let before = livePlaces[identity(left, key)], let after = livePlaces[identity(right, key)],
                before < after
            {
                result.append(left)
                others.removeFirst()
            } else {
                result.append(right)
                named.removeFirst()
            }
        }
        return result + others + named
    }
}
