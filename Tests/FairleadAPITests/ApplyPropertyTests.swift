import FairleadModel
import FairleadRandomTesting
import FairleadSchema
import Testing

@testable import FairleadAPI
@testable import FairleadKinds
@testable import FairleadMerge

/// What holds of server-side apply for objects of every kind, made up from their schemas.
struct ApplyPropertyTests {
    private let types: TypeRegistry

    init() throws { types = try TypeRegistry.builtIn() }

    private func ownership(_ type: TypeSchema, _ info: ResourceInfo, _ manager: String) -> FieldOwnership {
        let owner = FieldOwner(manager: manager, operation: .apply, apiVersion: info.apiVersion)
        return FieldOwnership(type: type, types: types, owner: owner, now: Timestamp(seconds: 1_700_000_000))
    }

    /// Calls `body` with configurations that fit the schema of each stored kind.
    private func everyKind(
        seed: UInt64, _ body: (ResourceInfo, TypeSchema, Value) throws -> Void
    ) throws {
        var random = RandomObjects(seed: seed)
        var tried = 0
        for info in ResourceTable.builtIn.all where info.isStored {
            let type = try #require(types.type(named: info.typeName))
            for _ in 0..<12 {
                let made = random.object(of: type)
                var configuration = Self.unique(made, MergeType(.object(type)), types)
                configuration["kind"] = .string(info.kind)
                configuration["apiVersion"] = .string(info.apiVersion)
                configuration["metadata"] = ["name": "x", "labels": ["a": "b"], "finalizers": ["f/x"]]
                guard AppliedConfiguration.complaint(about: configuration, type, types) == nil else { continue }
                tried += 1
                try body(info, type, configuration)
            }
        }
        #expect(tried > 150)
    }

    /// The value as it can be applied: nothing empty, and no element of a keyed list or set twice.
    private static func unique(_ value: Value, _ type: MergeType, _ types: TypeRegistry) -> Value {
        switch value {
        case .object(let object):
            var result = Object()
            for member in object.members {
                let inner = unique(member.value, type.child(.field(member.key), types), types)
                if inner != .object(Object()), inner != .array([]), !inner.isNull { result[member.key] = inner }
            }
            return .object(result)
        case .array(let list):
            let form = type.form(types)
            switch form {
            case .keyedList, .set: break
            default: return value
            }
            var seen: Set<PathElement> = []
            return .array(
                ListItem.items(list, form, types).filter { item in
                    guard case .key(let fields) = item.element else {
                        if case .index = item.element { return false }
                        return seen.insert(item.element).inserted
                    }
                    // What is zero counts as left out once it is decoded.
                    if fields.contains(where: { $0.value == "" || $0.value == 0 }) { return false }
                    return seen.insert(item.element).inserted
                }.map { unique($0.value, type.child($0.element, types), types) })
        default: return value
        }
    }

    @Test func applyingTheSameAgainChangesNothingOfAnyKind() throws {
        try everyKind(seed: 5) { info, type, configuration in
            let ownership = ownership(type, info, "m")
            let first = try ownership.apply(configuration, to: type.empty, isNew: true, force: false).object
            let second = try ownership.apply(configuration, to: first, isNew: false, force: false).object
            #expect(second == first, "\(info.kind): \(configuration.jsonText)")
        }
    }

    @Test func applyingTheSameToTheDefaultedObjectKeepsItOfAnyKind() async throws {
        let api = try await ApplyFixture().api
        try everyKind(seed: 6) { info, type, configuration in
            guard !info.gvr.group.hasPrefix("events"), info.kind != "Event",
                let kind = api.kinds.kind(info.gvr)
            else { return }
            let ownership = ownership(type, info, "m")
            let made = try ownership.apply(configuration, to: type.empty, isNew: true, force: false).object
            guard var stored = try? api.normalized(made, as: kind) else { return }
            kind.strategy.setDefaults(&stored)
            let again = try ownership.apply(configuration, to: stored, isNew: false, force: false).object
            // What decoding and defaulting put in another form (quantities, times) is put so each time.
            var same = try api.normalized(again, as: kind)
            kind.strategy.setDefaults(&same)
            let root = MergeType(.object(type))
            let (before, after) = (Self.unique(stored, root, types), Self.unique(same, root, types))
            let changes = Comparer(types: types).compare(before, after, type, excluding: ownership.reset)
            let paths = changes.taken.union(changes.removed).paths.map { $0.map(\.description).joined() }
            #expect(paths.isEmpty, "\(info.kind)")
            #expect(after == before || !paths.isEmpty, "\(info.kind)")
        }
    }

    @Test func twoManagersOfTheSameShareItAndLettingGoTakesItAway() throws {
        try everyKind(seed: 7) { info, type, configuration in
            let (one, two) = (ownership(type, info, "one"), ownership(type, info, "two"))
            let first = try one.apply(configuration, to: type.empty, isNew: true, force: false).object
            let shared = try two.apply(configuration, to: first, isNew: false, force: false).object
            let sets = try #require(ManagedFields(shared.at("metadata", "managedFields"))).entries.map(\.set)
            #expect(sets.count == 2 && sets[0] == sets[1], "\(info.kind)")
            // One lets go of all: nothing but its own entry changes. The other does: everything goes.
            let bare: Value = [
                "kind": .string(info.kind), "apiVersion": .string(info.apiVersion), "metadata": ["name": "x"],
            ]
            var kept = try one.apply(bare, to: shared, isNew: false, force: false).object
            var wanted = shared
            for path in [["metadata", "managedFields"]] {
                kept.set(nil, at: path[...])
                wanted.set(nil, at: path[...])
            }
            #expect(kept == wanted, "\(info.kind): \(configuration.jsonText)")
            let alone = try one.apply(bare, to: first, isNew: false, force: false).object
            #expect(alone.at("metadata", "labels") == nil, "\(info.kind): \(alone.jsonText)")
            #expect(alone.at("metadata", "managedFields") == nil, "\(info.kind): \(alone.jsonText)")
        }
    }

    @Test func fieldSetsOfEveryKindSurviveFieldsV1() throws {
        try everyKind(seed: 8) { info, type, configuration in
            let set = FieldSet.of(configuration, type, types)
            #expect(FieldSet(fieldsV1: set.fieldsV1) == set, "\(info.kind): \(configuration.jsonText)")
        }
    }
}
