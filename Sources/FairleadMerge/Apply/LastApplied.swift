import FairleadModel
import FairleadSchema

/// The annotation in which kubectl's client-side apply stores what it applied: it is used when an object migrates to
/// server-side apply. This is done only for the manager `kubectl`.
enum LastApplied {
    private static let annotation = "kubectl.kubernetes.io/last-applied-configuration"

    /// Kubernetes' limit for all annotations of an object combined.
    private static let maximumSize = 256 * 1024

    private static func text(of object: Value) -> String? {
        guard let text = object.at("metadata", "annotations")?[annotation]?.string, !text.isEmpty else { return nil }
        return text
    }

    /// The fields that client-side apply has set and that are still unchanged: taking them over is not a conflict.
    static func owned(by live: Value, _ ownership: FieldOwnership) -> FieldSet {
        guard let text = text(of: live), let applied = try? JSON.parse(Array(text.utf8)).value,
            applied["apiVersion"]?.string == ownership.owner.apiVersion
        else { return FieldSet() }
        let difference = Comparer(types: ownership.types).compare(
            applied, live, ownership.type, excluding: ResetFields())
        return FieldSet.of(applied, ownership.type, ownership.types)
            .subtracting(difference.modified).subtracting(difference.added).subtracting(difference.removed)
    }

    /// Updates the annotation of an object that has it, as long as it is not too large.
    static func renew(in object: inout Value, from configuration: Value) {
        guard text(of: object) != nil else { return }
        var applied = configuration
        if var annotations = applied.at("metadata", "annotations")?.object {
            annotations[annotation] = nil
            applied.set(annotations.isEmpty ? nil : .object(annotations), at: "metadata", "annotations")
        }
        // kubectl expects the form that it writes itself: sorted members, and a trailing newline.
        object.set(.string(sortedJSON(applied) + "\n"), at: "metadata", "annotations", annotation)
        let size = object.at("metadata", "annotations")?.stringMap.reduce(0) {
            $0 + $1.key.utf8.count + $1.value.utf8.count
        }
        if (size ?? 0) > maximumSize { object.set(nil, at: "metadata", "annotations", annotation) }
    }

    /// JSON with sorted members at the top level, too.
    private static func sortedJSON(_ value: Value) -> String {
        guard case .object(let object) = value else { return value.jsonText }
        return "{"
            + object.members.map { Value.string($0.key).jsonText + ":" + nested($0.value) }.joined(separator: ",")
            + "}"
    }

    /// Within a list, an object is encoded without putting its kind first.
    private static func nested(_ value: Value) -> String {
        String(Value.array([value]).jsonText.dropFirst().dropLast())
    }
}
