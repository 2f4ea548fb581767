import FairleadModel
import FairleadSchema

@testable import FairleadAPI

/// Makes objects of a kind from its schema and from what the server says about attempts: a field that is required is
/// given a sample, a value that is not supported is replaced by one that is, what is forbidden is taken away.
///
/// So no kind has to be written down here, and a message that leads nowhere is found.
struct SampleObjects {
    /// A problem as the server tells it.
    struct Complaint {
        var reason: String
        var path: String
        var message: String
    }

    let fixture: APIFixture
    let resource: ResourceInfo
    let type: TypeSchema

    private static let patience = 12

    var path: String {
        let group = resource.gvr.group.isEmpty ? "/api/v1" : "/apis/\(resource.gvr.group)/\(resource.gvr.version)"
        return group + (resource.isNamespaced ? "/namespaces/ns/" : "/") + resource.gvr.resource
    }

    /// The kind, a name, and what `SampleExceptions` says that no message tells.
    var seed: Value {
        var object: Value = [
            "kind": .string(resource.kind), "apiVersion": .string(resource.apiVersion), "metadata": ["name": "x"],
        ]
        let seeds = SampleExceptions.seeds
        for (path, value) in seeds["\(resource.apiVersion)/\(resource.kind)"] ?? seeds[resource.kind] ?? [] {
            object.put(value, at: SamplePath(path))
        }
        return object
    }

    func attempt(_ object: Value) async throws -> APIFixture.Answer {
        try await fixture.send("POST", path, "dryRun=All", body: object)
    }

    static func complaints(_ answer: APIFixture.Answer) -> [Complaint] {
        (answer.body.at("details", "causes")?.array ?? []).map {
            Complaint(reason: $0.text("reason"), path: $0.text("field"), message: $0.text("message"))
        }
    }

    /// Changes the object until it is accepted.
    ///
    /// - Parameter fixed: what must stay as it is, with all that is below it.
    /// - Returns: the object that was sent, or the last answer where nothing more helps.
    func mended(_ object: Value, keeping fixed: SamplePath? = nil) async throws -> Result<Value, Refusal> {
        var object = object
        var answer = try await attempt(object)
        for _ in 0..<Self.patience where answer.status != 201 {
            var changed = object
            for complaint in Self.complaints(answer) { mend(&changed, complaint, fixed) }
            if changed == object { break }
            object = changed
            answer = try await attempt(object)
        }
        return answer.status == 201 ? .success(object) : .failure(Refusal(text: "\(answer.status) \(answer.message)"))
    }

    struct Refusal: Error { var text: String }

    private func mend(_ object: inout Value, _ complaint: Complaint, _ fixed: SamplePath?) {
        if let fixed, Self.allowsOne(complaint.message) {
            for sibling in siblings(of: fixed, in: object, or: complaint.message) { object.remove(at: sibling) }
            return
        }
        let path = amount(located(SamplePath(complaint.path)))
        guard let shape = shape(at: path) else { return }
        let isFixed = fixed.map { $0.isPrefix(of: path) && object.value(at: path) != nil } ?? false
        switch complaint.reason {
        case "FieldValueRequired":
            if case .object(let type) = shape, object.value(at: path)?.object?.isEmpty == true {
                // It is there, and says nothing: one of its parts is wanted.
                guard let part = type.fields.first else { return }
                object.put(sample(part.shape), at: path.child(part.name))
            } else if object.value(at: path).map({ shape.isEmptySample($0) }) ?? true {
                object.put(sample(shape), at: path)
            }
        case "FieldValueForbidden":
            if let (place, value) = condition(complaint.message, path) {
                object.put(value, at: place)
            } else if !isFixed {
                object.remove(at: path)
            }
        case "FieldValueNotSupported":
            if let value = Self.quoted(complaint.message, after: "supported values: ").first {
                object.put(.string(value), at: texts(at: path, shape))
            }
        case "FieldValueDuplicate": object.put("y", at: path)
        case "FieldValueNotFound": break
        default:
            if case .key(_)? = path.steps.last, complaint.message.contains("must be a standard resource") {
                object.remove(at: path)
                object.put("1", at: path.parent.key("cpu"))
            } else if let name = Self.names(complaint.message, after: "must specify one of").first {
                let place = located(path.child(name))
                object.put(sample(self.shape(at: place) ?? .any), at: place)
            } else if let (place, value) = condition(complaint.message, path) {
                object.put(value, at: place)
            } else if let value = Self.example(complaint.message, object.value(at: path)) {
                object.put(value, at: texts(at: path, shape))
            }
        }
    }

    /// What messages about a list or a struct mean: its first element, or its first text.
    private func texts(at path: SamplePath, _ shape: Shape) -> SamplePath {
        switch shape {
        case .list(let element): texts(at: path.element(0), element)
        case .object(let type):
            type.fields.first { if case .string = $0.shape { true } else { false } }.map { path.child($0.name) } ?? path
        default: path
        }
    }

    private static func allowsOne(_ message: String) -> Bool {
        ["more than 1", "more than one", "at most one of", "simultaneously"].contains { message.contains($0) }
    }

    /// The structs beside a field, and what the message names.
    private func siblings(of path: SamplePath, in object: Value, or message: String) -> [SamplePath] {
        let names = object.value(at: path.parent)?.object?.members.map(\.key) ?? []
        return names.filter { path.parent.child($0) != path }.filter { name in
            if message.contains(name), name != "name" { return true }
            guard case .object? = shape(at: path.parent.child(name)) else { return false }
            return true
        }.map { path.parent.child($0) }
    }

    /// `resources[storage]` in a message means `resources.requests[storage]`.
    private func amount(_ path: SamplePath) -> SamplePath {
        guard case .key(let key)? = path.steps.last, shape(at: path) == nil else { return path }
        return path.parent.child("requests").key(key)
    }

    /// What would make it right: another field of the same struct.
    private func condition(_ message: String, _ path: SamplePath) -> (SamplePath, Value)? {
        let parent = path.steps.last.map { if case .index = $0 { path.parent.parent } else { path.parent } } ?? path
        if let match = message.firstMatch(of: #/only be (?:used|set) when `(\w+)` is '(\w+)'/#) {
            return (owner(of: String(match.1), above: parent), .string(String(match.2)))
        }
        if let match = message.firstMatch(of: #/when `(\w+)` is defined/#) {
            return (owner(of: String(match.1), above: parent), "x")
        }
        if let match = message.firstMatch(of: #/when (\w+) is not set/#) {
            let place = owner(of: String(match.1), above: parent)
            return shape(at: place).map { (place, sample($0)) }
        }
        if message.contains("may not be used when `type` is 'ClusterIP'") {
            return (owner(of: "type", above: parent), "NodePort")
        }
        return nil
    }

    /// The nearest struct that has such a field.
    private func owner(of field: String, above path: SamplePath) -> SamplePath {
        var path = path
        while shape(at: path.child(field)) == nil, !path.steps.isEmpty { path = path.parent }
        return path.child(field)
    }

    /// What a message proposes: `(e.g. 'my-name', or …)`, a number within the bounds that it names, or what
    /// `SampleExceptions` makes of it.
    private static func example(_ message: String, _ value: Value?) -> Value? {
        if let hint = SampleExceptions.hints.first(where: { message.contains($0.words) }) { return hint.value }
        if let text = message.firstMatch(of: #/must be '(\w+)'/#)?.1 { return .string(String(text)) }
        if let text = message.firstMatch(of: #/e\.g\. +'([^']*)'/#)?.1 { return .string(String(text)) }
        if let text = message.firstMatch(of: #/e\.g\. +([^ ,)]*)/#)?.1 { return .string(String(text)) }
        guard value?.int != nil || value?.string != nil else { return nil }
        for pattern in [#/between ([0-9]+) and/#, #/greater than or equal to ([0-9]+)/#] {
            if let low = message.firstMatch(of: pattern)?.1, let number = Int64(low) { return .int(number) }
        }
        if let low = message.firstMatch(of: #/greater than ([0-9]+)/#)?.1, let number = Int64(low) {
            return .int(number +| 1)
        }
        if message.contains("must be 0") || message.contains("must be zero") { return .int(0) }
        return nil
    }

    private static func names(_ message: String, after words: String) -> [String] {
        guard let start = message.firstRange(of: words)?.upperBound else { return [] }
        return message[start...].matches(of: #/`(\w+)`/#).map { String($0.1) }
    }

    private static func quoted(_ message: String, after words: String) -> [String] {
        guard let start = message.firstRange(of: words)?.upperBound else { return [] }
        return message[start...].matches(of: #/"([^"]*)"/#).map { String($0.1) }.filter { !$0.isEmpty }
    }

    // MARK: - the schema

    /// Kubernetes leaves indexes out of some paths: the first element is meant.
    func located(_ path: SamplePath) -> SamplePath {
        path.steps.reduce(SamplePath("")) { found, step in
            if case .name = step, case .list? = shape(at: found) { return found.element(0).step(step) }
            return found.step(step)
        }
    }

    /// What is at a path, by the schema.
    func shape(at path: SamplePath) -> Shape? {
        var shape = Shape.object(type)
        for step in path.steps {
            switch (shape, step) {
            case (.object(let type), .name(let name)):
                guard let field = type.field(name) else { return nil }
                shape = field.shape
            case (.recursive(let name), .name(let field)):
                guard let found = fixture.api.types.type(named: name)?.field(field) else { return nil }
                shape = found.shape
            case (.list(let element), .index), (.map(let element), .name), (.map(let element), .key): shape = element
            default: return nil
            }
        }
        return shape
    }

    /// A value of the shape: as little as there is to it.
    func sample(_ shape: Shape) -> Value {
        switch shape {
        case .string: "x"
        case .bool: true
        case .int32, .int64: 1
        case .double: 1
        case .bytes: "YQ=="
        case .time: "2026-01-01T00:00:00Z"
        case .microTime: "2026-01-01T00:00:00.000000Z"
        case .quantity: "1"
        case .intOrString: 1
        case .any: .object(["x": "y"])
        case .list(let element): [sample(element)]
        case .map(let element): ["x": sample(element)]
        case .object(let type):
            .object(
                Object(
                    sortedUnique: type.fields.filter(\.isRequired).map {
                        Object.Member(key: $0.name, value: sample($0.shape))
                    }))
        case .recursive: .object(Object())
        }
    }
}

extension Shape {
    fileprivate func isEmptySample(_ value: Value) -> Bool {
        switch value {
        case .null: true
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let object): object.isEmpty
        case .int(let number): number == 0
        case .bool, .double: false
        }
    }
}

/// A path as field errors write it: `spec.ports[0].name`, `spec.hard[cpu]`.
struct SamplePath: Hashable, CustomStringConvertible {
    enum Step: Hashable {
        case name(String)
        case index(Int)
        case key(String)
    }

    var steps: [Step] = []

    init(_ text: String) {
        var word = ""
        var rest = text[...]
        func close(_ steps: inout [Step]) {
            if !word.isEmpty { steps.append(.name(word)) }
        }
        while let letter = rest.popFirst() {
            switch letter {
            case ".":
                close(&steps)
                word = ""
            case "[":
                close(&steps)
                word = ""
                let inside = rest.prefix { $0 != "]" }
                rest = rest.dropFirst(inside.count + 1)
                steps.append(Int(inside).map { .index($0) } ?? .key(String(inside)))
            default: word.append(letter)
            }
        }
        close(&steps)
    }

    private init(steps: [Step]) { self.steps = steps }

    func step(_ step: Step) -> SamplePath { SamplePath(steps: steps + [step]) }
    var parent: SamplePath { SamplePath(steps: steps.dropLast()) }
    func child(_ name: String) -> SamplePath { SamplePath(steps: steps + [.name(name)]) }
    func element(_ index: Int) -> SamplePath { SamplePath(steps: steps + [.index(index)]) }
    func key(_ key: String) -> SamplePath { SamplePath(steps: steps + [.key(key)]) }
    func isPrefix(of other: SamplePath) -> Bool { other.steps.starts(with: steps) }

    var description: String {
        steps.reduce("") { text, step in
            switch step {
            case .name(let name): text.isEmpty ? name : "\(text).\(name)"
            case .index(let index): "\(text)[\(index)]"
            case .key(let key): "\(text)[\(key)]"
            }
        }
    }
}

extension Value {
    func value(at path: SamplePath) -> Value? {
        path.steps.reduce(self) { value, step in
            switch step {
            case .name(let name), .key(let name): value?[name]
            case .index(let index): value?.array.flatMap { index < $0.count ? $0[index] : nil }
            }
        }
    }

    /// Makes what is missing on the way; an index beyond the end becomes a new last element.
    mutating func put(_ value: Value?, at path: SamplePath) { put(value, path.steps[...]) }
    mutating func remove(at path: SamplePath) { put(nil, path.steps[...]) }

    private mutating func put(_ value: Value?, _ steps: ArraySlice<SamplePath.Step>) {
        guard let step = steps.first else {
            self = value ?? .null
            return
        }
        let rest = steps.dropFirst()
        switch step {
        case .name(let name), .key(let name):
            var object = self.object ?? Object()
            if rest.isEmpty {
                object[name] = value
            } else {
                var inner = object[name] ?? .null
                if inner == .null, value == nil { return }
                inner.put(value, rest)
                object[name] = inner
            }
            self = .object(object)
        case .index(let index):
            var elements = array ?? []
            if index >= elements.count {
                if value == nil { return }
                elements.append(.null)
            }
            let place = Swift.min(index, elements.count - 1)
            if rest.isEmpty, value == nil {
                elements.remove(at: place)
            } else {
                elements[place].put(value, rest)
            }
            self = .array(elements)
        }
    }
}
