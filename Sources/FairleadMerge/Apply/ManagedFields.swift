package import FairleadModel

/// The writer: the identity of an entry in `metadata.managedFields`.
package struct FieldOwner: Hashable {
    package enum Operation: String {
        case apply = "Apply"
        case update = "Update"
    }

    var manager: String
    var operation: Operation
    var apiVersion: String
    var subresource: String

    /// An empty manager becomes `unknown`.
    package init(manager: String, operation: Operation, apiVersion: String, subresource: String? = nil) {
        self.manager = manager.isEmpty ? "unknown" : manager
        self.operation = operation
        self.apiVersion = apiVersion
        self.subresource = subresource ?? ""
    }

    /// For Apply entries, the version does not matter.
    package static func == (left: FieldOwner, right: FieldOwner) -> Bool {
        left.manager == right.manager && left.operation == right.operation && left.subresource == right.subresource
            && (left.operation == .apply || left.apiVersion == right.apiVersion)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(manager)
        hasher.combine(operation)
        hasher.combine(subresource)
        if operation == .update { hasher.combine(apiVersion) }
    }

    private static let maximumLength = 128

    /// The part of a User-Agent before the first slash: its printable characters, at most 128 bytes.
    package static func manager(userAgent: String?) -> String {
        var result = ""
        if let name = plainName(userAgent ?? "") { return name }
        for scalar in (userAgent ?? "").unicodeScalars.prefix(while: { $0 != "/" }) where isPrintable(scalar) {
            if result.utf8.count + UTF8.width(scalar) > maximumLength { break }
            result.unicodeScalars.append(scalar)
        }
        return result
    }

    /// What nearly every client sends can be handled without Unicode's tables; nil for anything else.
    private static func plainName(_ userAgent: String) -> String? {
        let bytes = userAgent.utf8.prefix { $0 != UInt8(ascii: "/") }
        guard bytes.count <= maximumLength, bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return nil }
        return String(Substring(bytes))
    }

    /// What is wrong with the name of a manager given by a client.
    package static func errors(manager: String, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if manager.utf8.count > maximumLength { errors.append(.tooLong(path, maximum: maximumLength)) }
        var offset = 0
        for scalar in manager.unicodeScalars {
            if !isPrintable(scalar) {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
                errors.append(
                    .invalid(path, .string(manager), "invalid character U+\(code) (at position \(offset))"))
            }
            offset += UTF8.width(scalar)
        }
        return errors
    }

    /// Go's unicode.IsPrint: the only white space it accepts is the ASCII space.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }
}

/// `metadata.managedFields`, parsed.
struct ManagedFields {
    struct Entry {
        var owner: FieldOwner
        var time: String?
        /// nil as long as nobody has asked for the fields of a stored entry.
        private var parsed: FieldSet?
        /// The entry as it was parsed, as long as its fields are unchanged.
        private var encoded: Value?

        init(_ owner: FieldOwner, _ set: FieldSet, time: String?) {
            self.owner = owner
            self.time = time
            parsed = set
        }

        /// - Parameter isStored: whether it has been checked when it was written: then its fields need not be parsed yet.
        /// - Returns: nil if the entry is not valid.
        init?(_ value: Value, isStored: Bool) {
            guard let operation = value["operation"]?.string.flatMap(FieldOwner.Operation.init(rawValue:)),
                let apiVersion = value["apiVersion"]?.string, !apiVersion.isEmpty,
                value["fieldsType"]?.string == "FieldsV1"
            else { return nil }
            if !isStored {
                guard let set = FieldSet(fieldsV1: value["fieldsV1"] ?? .object(Object())) else { return nil }
                parsed = set
            }
            owner = FieldOwner(
                manager: "", operation: operation, apiVersion: apiVersion, subresource: value["subresource"]?.string)
            owner.manager = value["manager"]?.string ?? ""
            time = value["time"]?.string
            encoded = value
        }

        var set: FieldSet { parsed ?? encoded?["fieldsV1"].flatMap { FieldSet(fieldsV1: $0) } ?? FieldSet() }

        mutating func replaceSet(_ new: FieldSet) {
            if new == set { return }
            parsed = new
            encoded = nil
        }

        /// Gives up whole trees of fields, and takes further ones. Most entries own already what a write sets again.
        mutating func change(adding more: FieldSet, removingTrees removed: FieldSet, at time: String) {
            let before = set
            let after = before.subtractingTrees(removed).union(more)
            self.time = time
            if after == before { encoded?["time"] = .string(time) } else { encoded = nil }
            parsed = after
        }

        /// Whether the entry has none of these fields, nor any above or below them, as far as their outermost elements
        /// tell: the writer of a status does not touch what others own of the spec.
        func isApart(from fields: FieldSet) -> Bool {
            if let parsed, !parsed.isEmpty { return fields.entries.allSatisfy { parsed.entry($0.element) == nil } }
            guard let object = encoded?["fieldsV1"]?.object, !object.isEmpty else { return false }
            return fields.entries.allSatisfy { field in
                if case .field = field.element { object[field.element.fieldsV1] == nil } else { false }
            }
        }

        func value(_ encode: (FieldSet) -> Value) -> Value {
            if let encoded { return encoded }
            var members: Object = [
                "apiVersion": .string(owner.apiVersion), "fieldsType": "FieldsV1", "fieldsV1": encode(set),
                "operation": .string(owner.operation.rawValue),
            ]
            if !owner.manager.isEmpty { members["manager"] = .string(owner.manager) }
            if !owner.subresource.isEmpty { members["subresource"] = .string(owner.subresource) }
            if let time { members["time"] = .string(time) }
            return .object(members)
        }
    }

    private(set) var entries: [Entry] = []
    /// The index of each owner's entry, once there are too many for a linear search.
    private var places: [FieldOwner: Int] = [:]
    private static let few = 8

    init() {}

    /// - Parameter isStored: whether the list is as it was when it was last written.
    /// - Returns: nil if any entry is not valid.
    init?(_ list: Value?, isStored: Bool = false) {
        for value in list?.array ?? [] {
            guard let entry = Entry(value, isStored: isStored) else { return nil }
            self[entry.owner] = entry
        }
    }

    var isEmpty: Bool { entries.isEmpty }

    private func place(of owner: FieldOwner) -> Int? {
        entries.count > Self.few ? places[owner] : entries.firstIndex { $0.owner == owner }
    }

    private mutating func renewPlaces() {
        if entries.count <= Self.few { return }
        places = [:]
        for (index, entry) in entries.enumerated() { places[entry.owner] = index }
    }

    subscript(owner: FieldOwner) -> Entry? {
        get { place(of: owner).map { entries[$0] } }
        set {
            switch (place(of: owner), newValue) {
            case (let index?, let entry?): entries[index] = entry
            case (_?, nil): remove([owner])
            case (nil, let entry?):
                entries.append(entry)
                if entries.count > Self.few + 1 { places[owner] = entries.count - 1 } else { renewPlaces() }
            case (nil, nil): break
            }
        }
    }

    mutating func remove(_ owners: Set<FieldOwner>) {
        entries.removeAll { owners.contains($0.owner) }
        renewPlaces()
    }

    /// Takes fields, and whole trees of them, from every entry except that of `owner`; entries that end up empty are
    /// removed.
    mutating func take(_ fields: FieldSet, trees: FieldSet, fromOthersThan owner: FieldOwner?) {
        var isAnyEmpty = false
        for index in entries.indices where entries[index].owner != owner {
            if entries[index].isApart(from: fields), entries[index].isApart(from: trees) { continue }
            let rest = entries[index].set.subtracting(fields).subtractingTrees(trees)
            entries[index].replaceSet(rest)
            if rest.isEmpty { isAnyEmpty = true }
        }
        guard isAnyEmpty else { return }
        entries.removeAll { $0.owner != owner && $0.set.isEmpty }
        renewPlaces()
    }

    /// The owner gives up whole trees of fields, and takes further ones.
    mutating func change(_ owner: FieldOwner, adding more: FieldSet, removingTrees removed: FieldSet, at time: String) {
        if let place = place(of: owner) {
            entries[place].change(adding: more, removingTrees: removed, at: time)
        } else {
            self[owner] = Entry(owner, more, time: time)
        }
    }

    /// Apply entries before Update entries, older before newer ones. nil if there are none.
    func value(_ encode: (FieldSet) -> Value = \.fieldsV1) -> Value? {
        if entries.isEmpty { return nil }
        if entries.count == 1 { return .array([entries[0].value(encode)]) }
        // All times have the same format and length, so they sort correctly as texts.
        let ordered = entries.sorted { left, right in
            if left.owner.operation != right.owner.operation { return left.owner.operation == .apply }
            let (mine, other) = (left.time ?? "", right.time ?? "")
            if mine != other { return mine < other }
            return (left.owner.manager, left.owner.apiVersion, left.owner.subresource)
                < (right.owner.manager, right.owner.apiVersion, right.owner.subresource)
        }
        return .array(ordered.map { $0.value(encode) })
    }

    /// At most ten Update entries are kept separately: the oldest ones are combined into `ancient-changes`.
    mutating func cap(at maximum: Int = 10) {
        let updates = entries.filter { $0.owner.operation == .update }
        guard updates.count > maximum else { return }
        let oldest = updates.sorted { left, right in
            let (mine, other) = (left.time ?? "", right.time ?? "")
            return mine != other ? mine < other : left.owner.manager < right.owner.manager
        }
        var firsts: [String: Entry] = [:]
        var buckets: [String: (sets: [FieldSet], time: String?)] = [:]
        var gone: Set<FieldOwner> = []
        var count = updates.count
        for entry in oldest where count > maximum {
            let version = entry.owner.apiVersion
            guard let first = firsts[version] else {
                firsts[version] = entry
                continue
            }
            if buckets[version] == nil {
                let bucket = self[Self.bucket(version)]
                buckets[version] = ([(bucket ?? first).set], nil)
                if bucket == nil { gone.insert(first.owner) }
            }
            gone.insert(entry.owner)
            buckets[version]?.sets.append(entry.set)
            buckets[version]?.time = entry.time
            count -= 1
        }
        remove(gone)
        for (version, found) in buckets {
            let bucket = Self.bucket(version)
            self[bucket] = Entry(bucket, FieldSet.union(of: found.sets), time: found.time)
        }
    }

    private static func bucket(_ version: String) -> FieldOwner {
        FieldOwner(manager: "ancient-changes", operation: .update, apiVersion: version)
    }
}
