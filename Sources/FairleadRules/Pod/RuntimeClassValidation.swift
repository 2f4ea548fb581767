package import FairleadModel

/// The rules for RuntimeClasses, some of which are those for pods.
///
/// Reference: k8s.io/kubernetes `pkg/apis/node/validation`.
package enum RuntimeClassValidation {
    package static func errors(for runtimeClass: Value) -> [FieldError] {
        let handler = runtimeClass.text("handler")
        var errors: [FieldError] =
            handler.isEmpty ? [.required(FieldPath("handler"))] : FieldChecks.dnsLabel(handler, FieldPath("handler"))
        if let amounts = runtimeClass.at("overhead", "podFixed") {
            errors += ResourceRequirementsValidation().errors(["limits": amounts], FieldPath("overhead"))
        }
        guard let scheduling = runtimeClass["scheduling"] else { return errors }
        let path = FieldPath("scheduling")
        return errors + FieldChecks.labels(scheduling["nodeSelector"], path.child("nodeSelector"))
            + TolerationValidation.errors(scheduling.items("tolerations"), path.child("tolerations"))
            + repeatedTolerations(scheduling.items("tolerations"), path)
    }

    package static func errors(for runtimeClass: Value, old: Value) -> [FieldError] {
        FieldChecks.unchanged(runtimeClass["handler"], old["handler"], FieldPath("handler"))
    }

    private static func repeatedTolerations(_ tolerations: [Value], _ path: FieldPath) -> [FieldError] {
        var seen: Set<Value> = []
        return tolerations.enumerated().compactMap { index, toleration in
            var key = toleration
            key["tolerationSeconds"] = nil
            if seen.insert(key).inserted { return nil }
            return FieldError(
                .duplicate, path.child("tolerations").index(index),
                printedValue: InternalForm.text(of: toleration, as: "Toleration"), detail: "")
        }
    }
}
