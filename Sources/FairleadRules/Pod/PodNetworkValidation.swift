import FairleadModel

/// The rules for `dnsConfig` and `hostAliases`.
enum PodNetworkValidation {
    private static let maximumNameservers = 3
    private static let maximumSearches = 32
    private static let maximumSearchLength = 2048

    static func dnsConfig(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        let config = spec["dnsConfig"]
        if spec.text("dnsPolicy") == "None" {
            guard let config else {
                return [.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")]
            }
            if config.items("nameservers").isEmpty {
                return [
                    .required(
                        path.child("nameservers"),
                        "must provide at least one DNS nameserver when `dnsPolicy` is None")
                ]
            }
        }
        guard let config else { return [] }
        return nameservers(config, path.child("nameservers")) + searches(config, path.child("searches"))
            + options(config, path.child("options"))
    }

    private static func nameservers(_ config: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let servers = config.strings("nameservers")
        if servers.count > maximumNameservers {
            errors.append(
                .invalid(
                    path, config["nameservers"] ?? .null,
                    "must not have more than \(maximumNameservers) nameservers"))
        }
        for (index, server) in servers.enumerated() {
            errors += IPText.addressErrors(server, path.index(index))
        }
        return errors
    }

    private static func searches(_ config: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let searches = config.strings("searches")
        if searches.count > maximumSearches {
            errors.append(
                .invalid(
                    path, config["searches"] ?? .null, "must not have more than \(maximumSearches) search paths"))
        }
        if searches.joined(separator: " ").utf8.count > maximumSearchLength {
            errors.append(
                .invalid(
                    path, config["searches"] ?? .null,
                    "must not have more than \(maximumSearchLength) characters (including spaces) in the search list"))
        }
        for (index, search) in searches.enumerated() where search != "." {
            let trimmed = search.hasSuffix(".") ? String(search.dropLast()) : search
            errors += FieldChecks.messages(
                NameRules.dns1123SubdomainWithUnderscores(trimmed), value: trimmed, path.index(index))
        }
        return errors
    }

    private static func options(_ config: Value, _ path: FieldPath) -> [FieldError] {
        config.items("options").enumerated().compactMap { index, option in
            option.text("name").isEmpty
                ? .required(path.index(index), "must not be empty") : nil
        }
    }

    private static let maximumHostname = 64

    /// `hostnameOverride` replaces the pod's own name and excludes other settings of the hostname.
    static func hostname(_ spec: Value, _ path: FieldPath) -> [FieldError] {
        guard let name = spec["hostnameOverride"]?.string else { return [] }
        var errors: [FieldError] = []
        for flag in ["setHostnameAsFQDN", "hostNetwork"] where spec.flag(flag) {
            errors.append(.forbidden(path, "may not be specified when \(flag) is true"))
        }
        if name.utf8.count > maximumHostname { errors.append(.tooLong(path, maximum: maximumHostname)) }
        return errors + FieldChecks.dnsSubdomain(name, path)
    }

    static func hostAliases(_ aliases: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, alias) in aliases.enumerated() {
            let address = alias.text("ip")
            errors += IPText.addressErrors(address, path.index(index).child("ip"))
            for (position, hostname) in alias.strings("hostnames").enumerated() {
                errors += FieldChecks.dnsSubdomain(
                    hostname, path.index(index).child("hostnames").index(position))
            }
        }
        return errors
    }
}
