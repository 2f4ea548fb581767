import FairleadModel

/// The rules for users and devices in container statuses.
enum ContainerStatusValidation {
    static func users(_ statuses: [Value], _ spec: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, status) in statuses.enumerated() {
            guard let user = status.at("user", "linux") else { continue }
            let here = path.index(index).child("user", "linux")
            switch spec.at("os", "name")?.string ?? "linux" {
            case "windows": errors.append(.forbidden(here, "cannot be set for a windows pod"))
            case "linux":
                for field in ["uid", "gid"] {
                    errors += FieldChecks.userOrGroup(user[field] ?? .int(0), here.child(field))
                }
                for (position, group) in user.items("supplementalGroups").enumerated() {
                    errors += FieldChecks.userOrGroup(group, here.child("supplementalGroups").index(position))
                }
            default: break
            }
        }
        return errors
    }

    /// - Parameter isAllowed: false for ephemeral containers, which have no devices.
    static func allocations(
        _ statuses: [Value], _ containers: [Value], isAllowed: Bool, _ path: FieldPath
    ) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, status) in statuses.enumerated() {
            let here = path.index(index).child("allocatedResourcesStatus")
            let allocations = status.items("allocatedResourcesStatus")
            if !isAllowed {
                if !allocations.isEmpty {
                    errors.append(.forbidden(here, "must not be specified in container status"))
                }
                continue
            }
            let container = containers.first { $0.text("name") == status.text("name") }
            for (position, allocation) in allocations.enumerated() {
                if let container { errors += name(allocation, container, here.index(position).child("name")) }
                errors += devices(allocation.items("resources"), here.index(position).child("resources"))
            }
        }
        return errors
    }

    private static func name(_ allocation: Value, _ container: Value, _ path: FieldPath) -> [FieldError] {
        let name = allocation.text("name")
        let resources = container["resources"] ?? .null
        guard name.hasPrefix("claim:") else {
            return resources.at("requests", name) != nil
                ? [] : [.invalid(path, .string(name), "must match one of the container's resource requests")]
        }
        let uses = resources.items("claims").map { claim in
            let request = claim.text("request")
            return "claim:\(claim.text("name"))" + (request.isEmpty ? "" : "/\(request)")
        }
        if uses.contains(name) { return [] }
        return [
            .invalid(
                path, .string(name),
                "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or "
                    + "'claim:<claimName>' if request is empty")
        ]
    }

    private static let maximumMessage = 1024

    private static func devices(_ devices: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, device) in devices.enumerated() {
            let here = path.index(index)
            errors += FieldChecks.oneOf(
                device.text("health"), ["Healthy", "Unhealthy", "Unknown"], here.child("health"))
            if let message = device["message"]?.string {
                if message.isEmpty {
                    errors.append(.required(here.child("message"), "must be non-empty if specified"))
                } else if message.utf8.count > maximumMessage {
                    errors.append(.tooLong(here.child("message"), maximum: maximumMessage))
                }
            }
            let id = device.text("resourceID")
            if !seen.insert(id).inserted { errors.append(.duplicate(here.child("resourceID"), .string(id))) }
        }
        return errors
    }
}
