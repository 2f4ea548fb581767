import FairleadAPI
import FairleadAdmission
import FairleadKinds
import FairleadMerge
import FairleadModel
import FairleadSchema

/// Carries out what mutating policies ask for.
struct PolicyObjectPatcher: PolicyPatcher {
    let attributes: AdmissionAttributes

    func applied(_ configuration: Value, to object: Value, _ kind: GroupVersionKind) throws(PolicyPatchFailure) -> Value
    {
        guard let type = type(kind) else {
            throw PolicyPatchFailure(
                "Resource kind \(kind.apiVersion), Kind=\(kind.kind) not found. There can be a delay between when "
                    + "CustomResourceDefinitions are created and when they are available.")
        }
        do throws(ConfigurationMerge.Refusal) {
            let merged = try ConfigurationMerge(type, attributes.api.types).merged(configuration, into: object)
            if !merged.nests(deeperThan: JSON.maximumDepth) { return merged }
        } catch {
            throw PolicyPatchFailure("error applying patch: " + error.text)
        }
        throw PolicyPatchFailure("error applying patch: " + JSON.tooDeep)
    }

    func patched(_ object: Value, by operations: [Value]) throws(PolicyPatchFailure) -> Value {
        do throws(JSONPatchFailure) {
            return try JSONPatch.result(of: operations, on: object)
        } catch {
            throw PolicyPatchFailure("JSON Patch: " + error.text)
        }
    }

    func decoded(_ object: Value) throws(APIStatus) -> Value { try attributes.decode(object) }

    private func type(_ kind: GroupVersionKind) -> TypeSchema? {
        if case .part(let name, let version, let typeName) = attributes.form, name == kind.kind,
            version == kind.apiVersion
        {
            return attributes.api.types.type(named: typeName)
        }
        guard let found = attributes.api.kinds.kind(apiVersion: kind.apiVersion, kind: kind.kind) else { return nil }
        return found.custom?.version.type ?? attributes.api.types.type(named: found.info.typeName)
    }
}
