import FairleadAPI
import FairleadAuthorization
import FairleadModel
import FairleadStorage

/// All FlowSchemas and priority levels at one revision. Never changes.
///
/// The schema with the lowest `matchingPrecedence` that matches decides, among equals the first by name. Schemas whose
/// level does not exist do not count. What no schema matches is the catch-all's.
final class FlowTable: Sendable {
    static let group = "flowcontrol.apiserver.k8s.io"
    static let schemas = GroupResource(group: group, resource: "flowschemas")
    static let levels = GroupResource(group: group, resource: "prioritylevelconfigurations")

    /// A schema with its level.
    final class Entry: Sendable {
        let schema: FlowSchema
        let level: LevelLimits
        /// Of every answer.
        let headers: SharedHeaders

        init(_ schema: FlowSchema, _ level: LevelLimits, _ headers: SharedHeaders) {
            self.schema = schema
            self.level = level
            self.headers = headers
        }
    }

    let entries: [Entry]
    let levels: [LevelLimits]

    /// - Parameter known: schemas that have not changed go on counting.
    init(_ snapshot: Snapshot, known: [FlowSchema] = []) {
        var levels: [String: LevelLimits] = [
            LevelLimits.exempt.name: .exempt, LevelLimits.catchAll.name: .catchAll,
        ]
        for object in snapshot.objects(Self.levels, namespace: nil) {
            levels[object.key.name] = LevelLimits(object.value)
        }
        let old = Dictionary(known.map { ($0.name, $0) }) { first, _ in first }
        let schemas = snapshot.objects(Self.schemas, namespace: nil).map { object in
            // One commit changes one of them, or only a status: all the others need not be read again.
            if let same = old[object.key.name], same.uid == object.value.uid,
                same.generation == object.value.at("metadata", "generation")?.int ?? 0
            {
                return same
            }
            return FlowSchema(object.value)
        }
        self.levels = levels.values.sorted { $0.name < $1.name }
        var entries: [Entry] = []
        for schema in schemas.sorted(by: { ($0.precedence, $0.name) < ($1.precedence, $1.name) }) {
            if let level = levels[schema.level] { entries.append(Self.entry(schema, level)) }
        }
        // Before the objects are there, and for whom they leave out.
        for (name, level) in [("exempt", LevelLimits.exempt), ("catch-all", LevelLimits.catchAll)]
        where !schemas.contains(where: { $0.name == name }) {
            let schema = old[name] ?? FlowSchema(Self.mandatory(name))
            let entry = Self.entry(schema, levels[level.name] ?? level)
            if level.isExempt { entries.insert(entry, at: 0) } else { entries.append(entry) }
        }
        self.entries = entries
    }

    private static func entry(_ schema: FlowSchema, _ level: LevelLimits) -> Entry {
        var headers: [(name: String, value: String)] = []
        if !schema.uid.isEmpty { headers.append((name: "X-Kubernetes-PF-FlowSchema-UID", value: schema.uid)) }
        if !level.uid.isEmpty { headers.append((name: "X-Kubernetes-PF-PriorityLevel-UID", value: level.uid)) }
        return Entry(schema, level, SharedHeaders(headers))
    }

    private static func mandatory(_ name: String) -> Value {
        let isExempt = name == "exempt"
        let groups = isExempt ? [UserInfo.mastersGroup] : ["*"]
        return [
            "metadata": ["name": .string(name)],
            "spec": [
                "matchingPrecedence": isExempt ? 1 : 10000, "priorityLevelConfiguration": ["name": .string(name)],
                "distinguisherMethod": isExempt ? .null : ["type": "ByUser"],
                "rules": [
                    [
                        "subjects": .array(groups.map { ["kind": "Group", "group": ["name": .string($0)]] }),
                        "resourceRules": [
                            [
                                "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": true,
                                "namespaces": ["*"],
                            ]
                        ],
                        "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]],
                    ]
                ],
            ],
        ]
    }

    /// The entry of a request whose level is exempt; nil for all others.
    /// - Parameter wanted: worked out only if the user alone does not decide.
    func exemption(of user: UserInfo, _ wanted: () -> AccessAttributes) -> Entry? {
        for entry in entries where entry.schema.matches(user, wanted) { return entry.level.isExempt ? entry : nil }
        return nil
    }

    /// - Parameter wanted: worked out only if the user alone does not decide.
    func entry(for user: UserInfo, _ wanted: () -> AccessAttributes) -> Entry {
        // The last one, the catch-all, takes those that it does not name, too.
        entries.first { $0.schema.matches(user, wanted) } ?? entries[entries.count - 1]
    }
}
