import FairleadModel
import FairleadSchema
import FairleadStorage
import Foundation
import Testing

@testable import FairleadKinds
@testable import FairleadRules

/// Plays the recorded creations of workloads against the strategies: what Kubernetes made of a body, or what it found
/// wrong with it, must come out. The scenarios are those of Tests/Conformance.
struct RecordedCreationTests {
    @Test(arguments: ["pods", "workloads", "misc", "lifecycle", "errors", "gaps"])
    func creationsComeOutAsRecorded(area: String) async throws {
        let fixture = try await CreationFixture()
        let files = try FileManager.default.contentsOfDirectory(
            at: CreationFixture.scenarios.appending(path: area), includingPropertiesForKeys: nil)
        var count = 0
        // Scenarios in which an earlier step changes what a creation does have tests of their own.
        let others: Set<String> = [
            "limit-range.json", "limit-defaults.json", "priority-admission.json", "hash-statefulset-collision.json",
            "binding-zone-labels.json",
        ]
        let passing = Set(
            try String(contentsOf: CreationFixture.scenarios.appending(path: "../passing.txt"), encoding: .utf8)
                .split(separator: "\n").map(String.init))
        for file in files where file.pathExtension == "json" && !others.contains(file.lastPathComponent) {
            guard passing.contains("\(area)/\(file.deletingPathExtension().lastPathComponent)") else { continue }
            let text = try String(decoding: Data(contentsOf: file), as: UTF8.self)
                .replacing("${ns}", with: "ns-a").replacing("${id}", with: "abcdefgh")
                .replacing("<ns>", with: "ns-a").replacing("<id>", with: "abcdefgh")
            for step in try JSON.parse(Array(text.utf8)).value["steps"]?.array ?? [] {
                guard let differences = try fixture.differences(step) else { continue }
                for difference in differences {
                    Issue.record("\(area)/\(file.deletingPathExtension().lastPathComponent): \(difference)")
                }
                count += 1
            }
        }
        #expect(count > 5)
    }
}

private struct CreationFixture {
    static let scenarios = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Conformance/scenarios")

    let types: TypeRegistry
    let store: Store

    init() async throws {
        types = try TypeRegistry.builtIn()
        store = try Store.open(engine: MemoryEngine(), options: StoreOptions())
        let account: Value = [
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default", "namespace": "ns-a"],
        ]
        let key = ObjectKey(GroupVersionResource.serviceAccounts.groupResource, namespace: "ns-a", name: "default")
        _ = try await store.commit(Transaction(conditions: [], operations: [.put(key, Document(account))]))
    }

    /// What came out otherwise than recorded; nil for steps that are no plain creations of our kinds.
    func differences(_ step: Value) throws -> [String]? {
        guard step["do"] == "request", step["method"] == "POST", step["query"] == nil, step["protobuf"] == nil,
            step["sort"] == nil,
            let body = step["body"], let path = step["path"]?.string, let expected = step["expect"],
            let kind = kind(path),
            let code = expected["status"]?.int, code == 201 || code == 422
        else { return nil }
        let wanted = expected["body"] ?? .null
        let only = step["only"] != nil
        let got = try create(expanded(body), kind)
        var differences: [String] = []
        if only {
            for (pointer, value) in wanted.object ?? Object() {
                let steps = pointer.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
                guard !steps.contains("*") else { continue }
                differences += compare(value, descend(got, steps[...]), pointer)
            }
        } else {
            differences += compare(wanted, got, "")
        }
        let ignored = step["ignore"]?.array?.compactMap(\.string) ?? []
        return differences.filter { difference in !ignored.contains { difference.hasPrefix($0) } }
    }

    /// `{"$repeat": ["x", 100]}` is a long string.
    private func expanded(_ value: Value) -> Value {
        switch value {
        case .object(let object):
            if case .array(let pair)? = object["$repeat"], let text = pair.first?.string, let count = pair.last?.int {
                return .string(String(repeating: text, count: Int(count)))
            }
            return .object(Object(object.map { ($0.key, expanded($0.value)) }))
        case .array(let list): return .array(list.map(expanded))
        default: return value
        }
    }

    private func kind(_ path: String) -> Kind? {
        var parts = path.split(separator: "/").map(String.init)[...]
        guard let first = parts.popFirst() else { return nil }
        var group = ""
        if first == "apis" { group = parts.popFirst() ?? "" }
        guard let version = parts.popFirst() else { return nil }
        if parts.first == "namespaces", parts.count > 2 { parts = parts.dropFirst(2) }
        guard parts.count == 1, let name = parts.first else { return nil }
        // Services take addresses when they are created; their tests are ServiceRecordedTests.
        guard name != "services" else { return nil }
        let kind = KindRegistry().kind(GroupVersionResource(group: group, version: version, resource: name))
        return kind?.info.isStored == true ? kind : nil
    }

    private func create(_ body: Value, _ kind: Kind) throws -> Value {
        let (info, strategy) = (kind.info, kind.strategy)
        var object = body
        object["kind"] = .string(info.kind)
        object["apiVersion"] = .string(info.apiVersion)
        _ = try types.normalize(&object, as: info.typeName)
        let isEvents = info.gvr.group == "events.k8s.io"
        if let conversion = kind.conversion { object = conversion.toStored(object) }
        object.set(info.isNamespaced ? "ns-a" : nil, at: "metadata", "namespace")
        let context = StrategyContext(
            snapshot: store.current, environment: .live,
            configuration: APIConfiguration(serviceClusterIPRanges: []), isDryRun: false)
        strategy.setDefaults(&object)
        do {
            try strategy.admit(&object, old: nil, context)
        } catch {
            return error.value
        }
        object.set("11111111-2222-3333-4444-555555555555", at: "metadata", "uid")
        for field in ["selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"] {
            object.set(nil, at: "metadata", field)
        }
        object.set("2026-01-01T00:00:00Z", at: "metadata", "creationTimestamp")
        object.set("7", at: "metadata", "resourceVersion")
        if !strategy.generationFields.isEmpty { object.set(1, at: "metadata", "generation") }
        strategy.prepareForCreate(&object, context)
        let errors =
            MetadataValidation.errors(
                for: object, old: nil, isNamespaced: info.isNamespaced,
                nameErrors: strategy.nameErrors(_:isPrefix:)) + strategy.validate(object, context)
        guard errors.isEmpty else {
            // Errors of events name the core kind, whichever API they came through.
            let group = isEvents ? "" : info.gvr.group
            return APIStatus.invalid(group: group, kind: info.kind, name: object.name, errors: errors).value
        }
        strategy.canonicalize(&object)
        return kind.conversion?.fromStored(object) ?? object
    }

    private func descend(_ value: Value, _ steps: ArraySlice<String>) -> Value? {
        guard let first = steps.first else { return value }
        let next: Value? =
            if let index = Int(first), let list = value.array {
                list.indices.contains(index) ? list[index] : nil
            } else {
                value[first.replacing("~1", with: "/")]
            }
        return next.flatMap { descend($0, steps.dropFirst()) }
    }

    private func compare(_ wanted: Value, _ got: Value?, _ path: String) -> [String] {
        if case .string(let text) = wanted {
            if text == "<absent>" { return got == nil ? [] : ["\(path) is \(got?.jsonText ?? "")"] }
            if text.contains("<") {
                let parts = text.split(separator: /<[a-z]+(:[0-9]+)?>/, omittingEmptySubsequences: false)
                guard parts.count > 1, case .string(let found)? = got else {
                    let isSame = text == got?.string || parts.count > 1
                    return isSame ? [] : ["\(path): \(text) ≠ \(got?.jsonText ?? "absent")"]
                }
                let matches = found.hasPrefix(parts.first ?? "") && found.hasSuffix(parts.last ?? "")
                return matches ? [] : ["\(path): \(text) ≠ \(found)"]
            }
        }
        guard let got else { return ["\(path): \(wanted.jsonText) ≠ absent"] }
        switch (wanted, got) {
        case (.object(let left), .object(let right)):
            let keys = Set(Array(left.keys) + Array(right.keys)).sorted()
            return keys.flatMap { key -> [String] in
                guard let value = left[key] else {
                    return ["\(path)/\(key): absent ≠ \((right[key] ?? .null).jsonText)"]
                }
                return compare(value, right[key], "\(path)/\(key)")
            }
        case (.array(let left), .array(let right)) where left.count == right.count:
            return left.indices.flatMap { compare(left[$0], right[$0], "\(path)/\($0)") }
        default: return wanted == got ? [] : ["\(path): \(wanted.jsonText) ≠ \(got.jsonText)"]
        }
    }
}
