import FairleadRules
import FairleadModel
import FairleadStorage

/// The rules of pods. Reference: k8s.io/kubernetes `pkg/registry/core/pod/strategy.go`.
struct PodStrategy: ResourceStrategy {
    var metadataResetByStatus: [String] { ["deletionTimestamp", "ownerReferences"] }

    func setDefaults(_ object: inout Value) {
        PodSpecDefaults.apply(toPod: &object)
        setStatusDefaults(&object)
    }

    func setStatusDefaults(_ object: inout Value) { object.change("status", Self.synchronizeAddresses) }

    /// `podIP` is the first of `podIPs`; if they differ, `podIP` wins and the list is replaced.
    static func synchronizeAddresses(_ status: inout Value) {
        let first = status.items("podIPs").first?.text("ip") ?? ""
        let single = status.text("podIP")
        if single.isEmpty {
            if !first.isEmpty { status["podIP"] = .string(first) }
        } else if single != first {
            status["podIPs"] = .array([["ip": .string(single)]])
        }
    }

    func admit(_ object: inout Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        guard let old else { return try PodAdmission.admit(&object, context) }
        switch context.subresource {
        case nil: PodAdmission.admitUpdate(&object, old: old, context)
        case "resize": LimitRanger.fill(&object, from: LimitRanger.ranges(in: object.namespace, context))
        default: break
        }
    }

    func validateAdmission(_ object: Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        try PodAdmission.validate(object, old: old, context)
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        var status: Value = ["phase": "Pending", "qosClass": .string(PodQoS.of(object["spec"] ?? .null))]
        if !(object.at("spec", "schedulingGates")?.array ?? []).isEmpty {
            status["conditions"] = [
                [
                    "type": "PodScheduled", "status": "False", "reason": "SchedulingGated",
                    "message": "Scheduling is blocked due to non-empty scheduling gates", "lastProbeTime": .null,
                    "lastTransitionTime": .string(context.environment.now().rfc3339),
                ]
            ]
        }
        object["status"] = status
        MatchLabelKeys.merge(into: &object)
        AppArmorAnnotations.synchronize(&object)
    }

    func prepareForStatusUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        switch context.subresource {
        case "ephemeralcontainers": PodSubresource.keepAllButEphemeralContainers(&object, old: old)
        case "resize": PodSubresource.keepAllButResources(&object, old: old)
        default: PodSubresource.keepAllButStatus(&object, old: old)
        }
    }

    private func rules(_ context: StrategyContext) -> PodSpecValidation {
        PodSpecValidation(allowsPrivileged: context.configuration.allowsPrivileged)
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        rules(context).errors(ofNewPod: object)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        rules(context).errors(ofPod: object) + PodAnnotationValidation.updateErrors(object, old: old)
            + PodUpdateValidation.errors(object, old: old)
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        switch context.subresource {
        case "ephemeralcontainers": rules(context).errors(ofEphemeralContainers: object, old: old)
        case "resize": rules(context).errors(ofResize: object, old: old)
        default: PodStatusValidation.errors(object, old: old)
        }
    }

    /// Only creations are warned about: nobody edits pods by hand.
    func warnings(for object: Value, old: Value?) -> [String] { old == nil ? PodWarnings.ofPod(object) : [] }

    func statusWarnings(for object: Value) -> [String] {
        ["podIPs", "hostIPs"].flatMap { key in
            (object["status"]?.items(key) ?? []).enumerated().flatMap { index, item in
                IPText.addressWarnings(item.text("ip"), FieldPath("status").child(key).index(index).child("ip"))
            }
        }
    }

    let selectableFieldNames = [
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
    ]

    func selectableFields(of object: Value) -> [String: String] {
        let spec = object["spec"] ?? .null
        let status = object["status"] ?? .null
        return [
            "spec.nodeName": spec.text("nodeName"),
            "spec.restartPolicy": spec.text("restartPolicy"),
            "spec.schedulerName": spec.text("schedulerName"),
            "spec.serviceAccountName": spec.text("serviceAccountName"),
            "spec.hostNetwork": String(spec.flag("hostNetwork")),
            "status.phase": status.text("phase"),
            "status.podIP": status.text("podIP"),
            "status.podIPs": status.text("podIP"),
            "status.nominatedNodeName": status.text("nominatedNodeName"),
        ]
    }

    /// Unscheduled and finished pods are deleted at once; a negative period counts as one second.
    func gracePeriod(of object: Value, requested: Int64?) -> Int64? {
        let spec = object["spec"] ?? .null
        if spec.text("nodeName").isEmpty { return 0 }
        if ["Failed", "Succeeded"].contains(object.at("status", "phase")?.string ?? "") { return 0 }
        let period = requested ?? spec.number("terminationGracePeriodSeconds")
        return period < 0 ? 1 : period
    }

    let answersDeletedObject = true
    let generationFields = ["spec"]
}
