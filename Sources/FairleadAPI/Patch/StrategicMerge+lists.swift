import FairleadModel

extension StrategicMerge {
    /// Joins two lists as the field's strategy says; without one, the patch replaces the list.
    static func lists(
        _ original: [Value], _ patch: [Value], _ field: PatchField?, isDeletion: Bool
    ) throws(APIStatus) -> [Value] {
        guard field?.strategy == "merge" else { return patch }
        guard let sample = original.first ?? patch.first else { return original }
        try checkElements(original + patch)
        guard case .object = sample else {
            if isDeletion { return original.filter { !patch.contains($0) } }
            var merged: [Value] = []
            for element in original + patch where !merged.contains(element) { merged.append(element) }
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

    /// All elements must be of one kind, and no lists.
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

    /// Carries out the elements that have `$patch`.
    /// - Returns: what is left of the list, and the elements to merge into it.
    private static func applyElementDirectives(
        _ original: [Value], _ patch: [Value], _ key: String
    ) throws(APIStatus) -> (remaining: [Value], additions: [Value]) {
        var remaining = original
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
                remaining.removeAll { $0[key] == identity }
            case "replace": replaces = true
            case "merge": throw .unexplained("merging lists cannot yet be specified in the patch")
            default: throw unknownDirective(value, in: element.object ?? Object())
            }
        }
        return replaces ? (additions, []) : (remaining, additions)
    }

    private static func mergeElements(
        _ original: [Value], _ patch: [Value], _ key: String, _ schema: (any PatchSchema)?
    ) throws(APIStatus) -> [Value] {
        var result = original
        for element in patch {
            guard let identity = element[key] else { throw noMergeKey(element, key) }
            if let index = result.firstIndex(where: { $0[key] == identity }) {
                let merged = try maps(result[index].object ?? Object(), element.object ?? Object(), schema)
                result[index] = .object(merged)
            } else {
                result.append(element)
            }
        }
        return result
    }

    // MARK: Order

    /// Merges the lists that have a `$setElementOrder`, and takes both out of the patch.
    static func mergeOrderedLists(
        _ original: inout Object, _ patch: inout Object, _ schema: (any PatchSchema)?
    ) throws(APIStatus) {
        for (orderKey, value) in patch where orderKey.hasPrefix(orderPrefix) {
            patch[orderKey] = nil
            guard let order = value.array else { throw wrongKind(value) }
            let key = try fieldName(of: orderKey)
            let live = original[key]
            let change = patch[key]
            if let live, live.array == nil { throw wrongKind(live) }
            if let change, change.array == nil { throw wrongKind(change) }
            let field = schema?.patchField(key)
            let mergeKey = field?.mergeKey.flatMap { $0.isEmpty ? nil : $0 }
            try checkOrder(of: change?.array ?? [], order, mergeKey)
            let merged: [Value]
            switch (live?.array, change?.array) {
            case (nil, nil): continue
            case (let live?, nil): merged = live
            case (nil, let change?): merged = change
            case (let live?, let change?): merged = try lists(live, change, field, isDeletion: false)
            }
            if let mergeKey {
                for element in merged where element[mergeKey] == nil { throw noMergeKey(element, mergeKey) }
            }
            original[key] = .array(ordered(merged, first: order, live: live?.array ?? [], key: mergeKey))
            patch[key] = nil
        }
    }

    private static func wrongKind(_ value: Value) -> APIStatus {
        .unexplained("expected a slice, but received a \(value.goKind)")
    }

    /// The elements of the patch must stand in `order`, in the same sequence.
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
        guard let key else { return left == right }
        return left[key] == right[key]
    }

    /// Puts elements named by `first` in its order, the others in the order of the live list, and weaves the two
    /// together: an element of the live list stays before one that it stood before, others of the patch go in front.
    private static func ordered(_ merged: [Value], first: [Value], live: [Value], key: String?) -> [Value] {
        func position(_ element: Value, in list: [Value]) -> Int? { list.firstIndex { isSame($0, element, key) } }
        func sorted(_ elements: [Value], by list: [Value]) -> [Value] {
            elements.enumerated()
                .map { (place: position($0.element, in: list) ?? -1, index: $0.offset, element: $0.element) }
                .sorted { ($0.place, $0.index) < ($1.place, $1.index) }
                .map(\.element)
        }
        var named = sorted(merged.filter { position($0, in: first) != nil }, by: first)[...]
        var others = sorted(merged.filter { position($0, in: first) == nil }, by: live)[...]
        var result: [Value] = []
        while let left = others.first, let right = named.first {
            if let before = position(left, in: live), let after = position(right, in: live), before < after {
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
