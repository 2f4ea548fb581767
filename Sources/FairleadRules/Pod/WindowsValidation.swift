import FairleadModel

/// The rules for the Windows options of security contexts.
enum WindowsValidation {
    private static let maximumSpecKiB = 64
    private static let maximumDomain = 256
    private static let maximumUser = 104

    package static func errors(_ options: Value?, _ path: FieldPath) -> [FieldError] {
        guard let options else { return [] }
        var errors: [FieldError] = []
        if let name = options["gmsaCredentialSpecName"]?.string {
            errors += FieldChecks.dnsSubdomain(name, path.child("gmsaCredentialSpecName"))
        }
        if let text = options["gmsaCredentialSpec"]?.string {
            let here = path.child("gmsaCredentialSpec")
            if text.isEmpty {
                errors.append(.invalid(here, "", "gmsaCredentialSpec cannot be an empty string"))
            } else if text.utf8.count > maximumSpecKiB * 1024 {
                errors.append(
                    .invalid(
                        here, .string(text), "gmsaCredentialSpec size must be under \(maximumSpecKiB) KiB"))
            }
        }
        if let name = options["runAsUserName"]?.string {
            for message in userMessages(name) {
                errors.append(.invalid(path.child("runAsUserName"), .string(name), message))
            }
        }
        return errors
    }

    /// What is wrong with `DOMAIN\user` or `user`.
    private static func userMessages(_ name: String) -> [String] {
        if name.isEmpty { return ["runAsUserName cannot be an empty string"] }
        if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            return ["runAsUserName cannot contain control characters"]
        }
        let parts = name.split(separator: "\\", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 2 { return ["runAsUserName cannot contain more than one backslash"] }
        var messages: [String] = []
        let user = parts.last ?? ""
        if parts.count == 2 {
            if parts[0].utf8.count >= maximumDomain {
                messages.append("runAsUserName's Domain length must be under \(maximumDomain) characters")
            }
            if !isNetBIOSName(parts[0]), !isDNSName(parts[0]) {
                messages.append("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
            }
        }
        if user.isEmpty {
            messages.append("runAsUserName's User cannot be empty")
        } else if user.utf8.count > maximumUser {
            messages.append("runAsUserName's User length must not be longer than \(maximumUser) characters")
        }
        if !user.isEmpty, user.utf8.allSatisfy({ $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: " ") }) {
            messages.append("runAsUserName's User cannot contain only periods or spaces")
        }
        if user.contains(where: { #""/\:;|=,+*?<>@[]"#.contains($0) }) {
            messages.append(#"runAsUserName's User cannot contain the following characters: "/\:;|=,+*?<>@[]"#)
        }
        return messages
    }

    private static func isNetBIOSName(_ name: String) -> Bool {
        (1...15).contains(name.unicodeScalars.count) && !name.hasPrefix(".")
            && !name.contains(where: { #"\/:*?"<>|"#.contains($0) })
    }

    private static func isDNSName(_ name: String) -> Bool {
        name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
            $0.utf8.count <= 63 && NameRules.dns1123Label($0.lowercased()).isEmpty
        }
    }

    /// HostProcess containers: all of a pod's containers or none, and only on the host's network.
    static func hostProcess(_ spec: Value, allowsPrivileged: Bool, _ path: FieldPath) -> [FieldError] {
        let ofPod = spec.at("securityContext", "windowsOptions", "hostProcess")?.bool
        var errors: [FieldError] = []
        var count = 0
        let containers = spec.allContainers(path)
        for (container, here) in containers {
            let own = container.at("securityContext", "windowsOptions", "hostProcess")?.bool
            if let ofPod, let own, ofPod != own {
                errors.append(
                    .invalid(
                        here.child("securityContext", "windowsOptions", "hostProcess"), .bool(own),
                        "pod hostProcess value must be identical if both are specified, was \(ofPod)"))
            }
            if own ?? ofPod ?? false { count += 1 }
        }
        if count == 0 { return errors }
        if count != containers.count {
            errors.append(
                .invalid(
                    path, "",
                    "If pod contains any hostProcess containers then all containers must be HostProcess containers"))
        }
        if !spec.flag("hostNetwork") {
            errors.append(
                .invalid(
                    path.child("hostNetwork"), false,
                    "hostNetwork must be true if pod contains any hostProcess containers"))
        }
        if !allowsPrivileged {
            errors.append(.forbidden(path, "hostProcess containers are disallowed by cluster policy"))
        }
        return errors
    }
}
