import FairleadModel

/// The rules for pod-level resources.
enum PodResourcesValidation {
    package static func errors(_ spec: Value, claims: Set<String>, _ path: FieldPath) -> [FieldError] {
        guard let resources = spec["resources"] else { return [] }
        if spec.at("os", "name")?.string == "windows" {
            return [.forbidden(path, "may not be set for a windows pod")]
        }
        var errors: [FieldError] = []
        if resources["claims"]?.array != nil {
            errors.append(.forbidden(path.child("claims"), "claims may not be set for Resources at pod-level"))
        }
        errors += ResourceRequirementsValidation(claims: claims, isOfPod: true).errors(resources, path)
        return errors + consistency(spec, resources, path)
    }

    /// The containers together may not request more than the pod, and no container's limit may exceed the pod's.
    private static func consistency(_ spec: Value, _ resources: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let requests = ResourceAmounts(resources["requests"])
        let limits = ResourceAmounts(resources["limits"])
        func compare(_ total: ResourceAmounts, _ own: ResourceAmounts, _ word: String) {
            for name in total.names {
                guard let sum = total[name], let amount = own[name], sum > amount else { continue }
                errors.append(
                    .invalid(
                        path.child(word).key(name), .string(amount.description),
                        "must be greater than or equal to aggregate container \(word) of \(sum)"))
            }
        }
        compare(PodUsage.ofContainers(spec, "requests"), requests, "requests")
        let pages = PodUsage.ofContainers(spec, "limits").filter { name, _ in ResourceNames.isHugePages(name) }
        compare(pages, limits, "limits")
        for (index, container) in spec.items("containers").enumerated() {
            let own = ResourceAmounts(container.at("resources", "limits"))
            for name in own.names {
                guard let amount = own[name], let bound = limits[name], amount > bound else { continue }
                errors.append(
                    .invalid(
                        path.child("containers").index(index).key(name).child("limits"),
                        .string(amount.description), "must be less than or equal to pod limits of \(bound)"))
            }
        }
        return errors
    }
}
