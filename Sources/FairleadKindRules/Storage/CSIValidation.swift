import FairleadRules
package import FairleadModel

/// The rules for CSIDrivers, CSINodes, CSIStorageCapacities and VolumeAttachments.
///
/// Reference: k8s.io/kubernetes `pkg/apis/storage/validation`.
package enum CSIValidation {
    private static let spec = FieldPath("spec")

    // MARK: CSIDriver

    package static func driverErrors(for driver: Value) -> [FieldError] {
        let value = driver["spec"] ?? .null
        var errors: [FieldError] = []
        let policies = ["File", "None", "ReadWriteOnceWithFSType"]
        if let policy = value["fsGroupPolicy"]?.string, !policies.contains(policy) {
            errors.append(.notSupported(spec.child("fsGroupPolicy"), .string(policy), supported: policies))
        }
        errors += tokenRequests(value.items("tokenRequests"), spec.child("tokenRequests"))
        for mode in value.strings("volumeLifecycleModes") {
            errors += FieldChecks.oneOf(mode, ["Persistent", "Ephemeral"], spec.child("volumeLifecycleModes"))
        }
        let period = "nodeAllocatableUpdatePeriodSeconds"
        if let seconds = value[period]?.int, seconds < 10 {
            errors.append(
                .invalid(spec.child(period), .int(seconds), "must be greater than or equal to 10 seconds"))
        }
        return errors
    }

    package static func driverErrors(for driver: Value, old: Value) -> [FieldError] {
        driverErrors(for: driver)
            // Kubernetes misspells the field.
            + FieldChecks.unchanged(
                driver.at("spec", "attachRequired"), old.at("spec", "attachRequired"), spec.child("attachedRequired"))
            + FieldChecks.unchanged(
                driver.at("spec", "volumeLifecycleModes"), old.at("spec", "volumeLifecycleModes"),
                spec.child("volumeLifecycleModes"))
    }

    private static func tokenRequests(_ requests: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var audiences: Set<String> = []
        for (index, request) in requests.enumerated() {
            let here = path.index(index)
            let audience = request.text("audience")
            guard audiences.insert(audience).inserted else {
                errors.append(.duplicate(here.child("audience"), .string(audience)))
                continue
            }
            guard let seconds = request["expirationSeconds"]?.int else { continue }
            let place = here.child("expirationSeconds")
            if seconds < 600 {
                errors.append(.invalid(place, .int(seconds), "may not specify a duration less than 10 minutes"))
            }
            if seconds > 1 << 32 {
                errors.append(.invalid(place, .int(seconds), "may not specify a duration larger than 2^32 seconds"))
            }
        }
        return errors
    }

    // MARK: CSINode

    package static func nodeErrors(for node: Value) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, driver) in node.items("spec", "drivers").enumerated() {
            errors += self.nodeDriver(driver, &names, spec.child("drivers").index(index))
        }
        return errors
    }

    private static func nodeDriver(_ driver: Value, _ names: inout Set<String>, _ path: FieldPath) -> [FieldError] {
        let name = driver.text("name")
        var errors = StorageSourceValidation.driverName(name, path.child("name"))
        let identifier = driver.text("nodeID")
        if identifier.isEmpty { errors.append(.required(path.child("nodeID"))) }
        if identifier.utf8.count > 192 {
            errors.append(
                .invalid(path.child("nodeID"), .string(identifier), "must be 192 characters or less"))
        }
        errors += FieldChecks.nonNegative(driver.at("allocatable", "count"), path.child("allocatable", "count"))
        if !names.insert(name).inserted { errors.append(.duplicate(path.child("name"), .string(name))) }
        // Errors in topology keys are reported at the driver.
        var keys: Set<String> = []
        for key in driver.strings("topologyKeys") {
            if key.isEmpty { errors.append(.required(path)) }
            if !keys.insert(key).inserted { errors.append(.duplicate(path, .string(key))) }
            errors += FieldChecks.qualifiedName(key, path)
        }
        return errors
    }

    /// Drivers may be added and removed; of an existing one only `allocatable` may change.
    package static func nodeErrors(for node: Value, old: Value) -> [FieldError] {
        var errors = nodeErrors(for: node)
        var drivers: [String: [Value]] = [:]
        for driver in node.items("spec", "drivers") { drivers[driver.text("name"), default: []].append(driver) }
        for before in old.items("spec", "drivers") {
            for driver in drivers[before.text("name")] ?? [] {
                var fixed = driver
                fixed["allocatable"] = nil
                var former = before
                former["allocatable"] = nil
                guard fixed != former else { continue }
                let shown = fixed
                errors.append(
                    .invalid(
                        spec.child("drivers"), printed: InternalForm.text(of: shown, as: "CSINodeDriver"),
                        FieldChecks.immutable))
            }
        }
        return errors
    }

    // MARK: CSIStorageCapacity

    package static func capacityErrors(for capacity: Value) -> [FieldError] {
        var errors = FieldChecks.labelSelector(capacity["nodeTopology"], FieldPath("nodeTopology"))
        errors += FieldChecks.dnsSubdomain(capacity.text("storageClassName"), FieldPath("storageClassName"))
        errors += FieldChecks.nonNegativeQuantity(capacity["capacity"], FieldPath("capacity"))
        return errors
    }

    package static func capacityErrors(for capacity: Value, old: Value) -> [FieldError] {
        var errors: [FieldError] = []
        if let topology = changed(capacity["nodeTopology"], old["nodeTopology"]) {
            errors.append(
                .invalid(FieldPath("nodeTopology"), printed: topology.selectorText, FieldChecks.immutable))
        }
        return errors
            + FieldChecks.unchanged(
                capacity["storageClassName"], old["storageClassName"], FieldPath("storageClassName"))
    }

    private static func changed(_ new: Value?, _ old: Value?) -> Value? { new == old ? nil : new ?? .null }

    // MARK: VolumeAttachment

    package static func attachmentErrors(for attachment: Value) -> [FieldError] {
        var errors = fixedAttachmentErrors(for: attachment)
        errors += StorageSourceValidation.driverName(
            attachment.at("spec", "attacher")?.string ?? "", FieldPath("spec.attacher"))
        if let name = attachment.at("spec", "source", "persistentVolumeName")?.string {
            errors += FieldChecks.dnsSubdomain(name, FieldPath("spec.source.persistentVolumeName"))
        }
        return errors
    }

    package static func attachmentErrors(for attachment: Value, old: Value) -> [FieldError] {
        let errors = fixedAttachmentErrors(for: attachment)
        let value = attachment["spec"] ?? .null
        if value == old["spec"] { return errors }
        return errors + [
            .invalid(
                spec, printed: InternalForm.text(of: value, as: "VolumeAttachmentSpec"), FieldChecks.immutable)
        ]
    }

    /// What is checked on every write.
    private static func fixedAttachmentErrors(for attachment: Value) -> [FieldError] {
        let value = attachment["spec"] ?? .null
        var errors: [FieldError] = value.text("attacher").isEmpty ? [.required(spec.child("attacher"))] : []
        errors += attachmentSource(value["source"] ?? .null, spec.child("source"))
        errors += FieldChecks.dnsSubdomain(value.text("nodeName"), spec.child("nodeName"))
        return errors + attachmentStatusErrors(for: attachment)
    }

    private static func attachmentSource(_ source: Value, _ path: FieldPath) -> [FieldError] {
        let wanted = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
        switch (source["inlineVolumeSpec"], source["persistentVolumeName"]?.string) {
        case (nil, nil): return [.required(path, wanted)]
        case (.some, .some): return [.forbidden(path, wanted)]
        case (nil, ""):
            return [.required(path.child("persistentVolumeName"), "must specify non empty persistentVolumeName")]
        case (nil, .some): return []
        case (let spec?, nil): return PersistentVolumeValidation.inlineErrors(of: spec, path.child("inlineVolumeSpec"))
        }
    }

    package static func attachmentStatusErrors(for attachment: Value) -> [FieldError] {
        let path = FieldPath("status")
        let status = attachment["status"] ?? .null
        var errors: [FieldError] = []
        let size = status.entries("attachmentMetadata").reduce(0) { size, member in
            size + member.key.utf8.count + (member.value.string?.utf8.count ?? 0)
        }
        if size > 256 * 1024 { errors.append(.tooLong(path.child("attachmentMetadata"), maximum: 256 * 1024)) }
        for name in ["attachError", "detachError"] {
            guard let failure = status[name] else { continue }
            if failure.text("message").utf8.count > 1024 {
                // Kubernetes reports a different limit from the one it checks.
                errors.append(.tooLong(path.child(name, "message"), maximum: 256 * 1024))
            }
            if let code = failure["errorCode"]?.int, code < 0 {
                errors.append(
                    .invalid(
                        path.child(name, "errorCode"), .int(code), "must be between 0 and 2147483647, inclusive"))
            }
        }
        return errors
    }
}
