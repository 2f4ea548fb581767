import FairleadModel

/// The rules of `spec.conversion`. Paths are those of the internal form, where the webhook's members are siblings of
/// the strategy.
enum DefinitionConversion {
    static func errors(of conversion: Value, _ path: FieldPath) -> [FieldError] {
        guard conversion.object != nil else { return [] }
        let strategy = conversion.text("strategy")
        var errors = DefinitionValidation.choice(strategy, ["None", "Webhook"], path.child("strategy"))
        let config = conversion.at("webhook", "clientConfig")
        let versions = conversion["webhook"]?.strings("conversionReviewVersions") ?? []
        guard strategy == "Webhook" else {
            let words = "should not be set when strategy is not set to Webhook"
            if config != nil { errors.append(.forbidden(path.child("webhookClientConfig"), words)) }
            if !versions.isEmpty { errors.append(.forbidden(path.child("conversionReviewVersions"), words)) }
            return errors
        }
        if let config {
            errors += clientErrors(config, path.child("webhookClientConfig"))
        } else {
            errors.append(
                .required(path.child("webhookClientConfig"), "required when strategy is set to Webhook"))
        }
        return errors + reviewVersionErrors(versions, path.child("conversionReviewVersions"))
    }

    private static func clientErrors(_ config: Value, _ path: FieldPath) -> [FieldError] {
        let service = config["service"]
        if (config["url"] == nil) == (service == nil) {
            return [.required(path, "exactly one of url or service is required")]
        }
        if let service {
            var errors: [FieldError] = []
            for field in ["name", "namespace"] where service.text(field).isEmpty {
                errors.append(.required(path.child("service", field), "service \(field) is required"))
            }
            let port = service["port"]?.int ?? 443
            if !(1...65535).contains(port) {
                errors.append(
                    .invalid(
                        path.child("service", "port"), .int(port),
                        "port is not valid: must be between 1 and 65535, inclusive"))
            }
            if let route = service["path"]?.string, !route.hasPrefix("/") {
                errors.append(
                    .invalid(path.child("service", "path"), .string(route), "must start with a '/'"))
            }
            return errors
        }
        let url = config.text("url")
        if url.hasPrefix("https://"), url.utf8.count > 8 { return [] }
        let scheme = url.split(separator: ":").first.map(String.init) ?? ""
        return [
            .invalid(
                path.child("url"), .string(scheme),
                "'https' is the only allowed URL scheme; desired format: https://host[/path]")
        ]
    }

    private static func reviewVersionErrors(_ versions: [String], _ path: FieldPath) -> [FieldError] {
        if versions.isEmpty { return [.required(path)] }
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, version) in versions.enumerated() {
            if !seen.insert(version).inserted {
                errors.append(.invalid(path.index(index), .string(version), "duplicate version"))
            }
            for message in NameRules.dns1035Label(version) {
                errors.append(.invalid(path.index(index), .string(version), message))
            }
        }
        if seen.isDisjoint(with: ["v1", "v1beta1"]) {
            errors.append(
                .invalid(
                    path, printed: Value.array(versions.map { .string($0) }).jsonText,
                    "must include at least one of v1, v1beta1"))
        }
        return errors
    }
}
