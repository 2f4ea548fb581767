import FairleadRules
import FairleadModel
import FairleadStorage

/// The rules of pods. Reference: k8s.io/kubernetes `pkg/registry/core/pod/strategy.go`.
struct PodStrategy: ResourceStrategy {
    var metadataResetByStatus: [String] { ["deletionTimestamp", "ownerReferences"] }

    func setDefaults(_ object: inout Value) {
        var spec = object["spec"] ?? .object(Object())
        PodSpecDefaults.apply(to: &spec)
        spec.setDefault("enableServiceLinks", true)
        for key in ["containers", "initContainers"] {
            spec.changeItems(key, Self.defaultRequests)
            if spec.flag("hostNetwork") { spec.changeItems(key, Self.defaultHostPorts) }
        }
        object["spec"] = spec
        object.change("status", Self.synchronizeAddresses)
    }

    /// Requests that are not given are the limits; in pods only, not in templates.
    private static func defaultRequests(_ container: inout Value) {
        container.change("resources") { resources in
            guard let limits = resources["limits"]?.object, !limits.isEmpty else { return }
            let requests = resources["requests"]?.object ?? Object()
            resources["requests"] = .object(requests.merging(limits) { _, request, limit in request ?? limit })
        }
    }

    private static func defaultHostPorts(_ container: inout Value) {
        container.changeItems("ports") { $0.setDefaultNumber("hostPort", $0.number("containerPort")) }
    }

    /// `podIP` is the first of `podIPs`; where they differ `podIP` wins and the list is made anew.
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
        guard context.subresource == nil else { return }
        // What admission computed at creation need not be repeated by an updater.
        for field in ["priority", "preemptionPolicy"] where object.at("spec", field) == nil {
            object.set(old.at("spec", field), at: "spec", field)
        }
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        var status: Value = ["phase": "Pending", "qosClass": .string(PodQoS.of(object["spec"] ?? .null))]
        if !(object.at("spec", "schedulingGates")?.array ?? []).isEmpty {
            status["conditions"] = [
                [
                    "type": "PodScheduled", "status": "False", "reason": "SchedulingGated",
                    "message": "Scheduling is blocked due to non-empty scheduling gates", "lastProbeTime": .null,
                    "lastTransitionTime": .null,
                ]
            ]
        }
        object["status"] = status
    }

    func prepareForStatusUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["spec"] = old["spec"]
        object.set(old.at("metadata", "ownerReferences"), at: "metadata", "ownerReferences")
        if object.at("status", "qosClass") == nil {
            object.set(old.at("status", "qosClass"), at: "status", "qosClass")
        }
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        var errors = PodSpecValidation(allowsPrivileged: context.configuration.allowsPrivileged).errors(ofPod: object)
        let spec = object["spec"] ?? .null
        if !spec.items("ephemeralContainers").isEmpty {
            errors.append(.forbidden(FieldPath("spec", "ephemeralContainers"), "cannot be set on create"))
        }
        if !spec.text("nodeName").isEmpty, !spec.items("schedulingGates").isEmpty {
            errors.append(
                .forbidden(FieldPath("spec", "nodeName"), "cannot be set until all schedulingGates have been cleared"))
        }
        return errors
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        PodSpecValidation(allowsPrivileged: context.configuration.allowsPrivileged).errors(ofPod: object)
            + PodUpdateValidation.errors(object, old: old)
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        PodStatusValidation.errors(object, old: old)
    }

    func warnings(for object: Value, old: Value?) -> [String] { PodWarnings.ofPod(object, isNew: old == nil) }

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

    /// Unscheduled and finished pods go at once; a negative period counts as one second.
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
