import Foundation
import FairleadModel

/// Which resources are encrypted in the database, and with which keys: Kubernetes' EncryptionConfiguration.
///
/// The first rule that names a resource counts; its first provider writes, and all of its providers read.
/// Reference: Kubernetes documentation, "Encrypting Confidential Data at Rest"; `apiserver.config.k8s.io/v1`.
package struct EncryptionConfiguration: Sendable {
    enum Provider: Sendable {
        case identity
        /// The keys of one provider; the first one writes.
        case ciphers([ValueCipher])
    }

    struct Rule: Sendable {
        /// `secrets`, `deployments.apps`, `*.apps`, `*.` for the core group, `*.*`.
        var resources: [String]
        var providers: [Provider]
    }

    private(set) var rules: [Rule] = []

    /// - Parameter text: YAML or JSON.
    package init(_ text: String) throws(EncryptionError) {
        let value: Value
        do {
            let parsed = try YAML.parse(Array(text.utf8))
            if let duplicate = parsed.duplicateLines.first ?? parsed.duplicateFields.first {
                throw EncryptionError("strict decoding error: \(duplicate)")
            }
            value = parsed.value
        } catch let error as EncryptionError {
            throw error
        } catch {
            throw EncryptionError("it is no YAML: \(error)")
        }
        try Self.check(value, at: "", ["kind", "apiVersion", "resources"])
        guard value.text("kind") == "EncryptionConfiguration",
            value.text("apiVersion") == "apiserver.config.k8s.io/v1"
        else { throw EncryptionError("an EncryptionConfiguration of apiserver.config.k8s.io/v1 is wanted") }
        let items = value.items("resources")
        if items.isEmpty { throw EncryptionError("resources: Required value: at least one is wanted") }
        for (index, item) in items.enumerated() {
            let place = "resources[\(index)]"
            try Self.check(item, at: place + ".", ["resources", "providers"])
            rules.append(
                Rule(resources: try Self.resources(item, place), providers: try Self.providers(item, place)))
        }
    }

    /// A field with a wrong name would leave Secrets in the clear without a word.
    private static func check(_ value: Value, at place: String, _ known: Set<String>) throws(EncryptionError) {
        for member in value.object?.members ?? [] where !known.contains(member.key) {
            throw EncryptionError("strict decoding error: unknown field \((place + member.key).goQuoted)")
        }
    }

    private static func resources(_ item: Value, _ place: String) throws(EncryptionError) -> [String] {
        let names = item.texts("resources")
        if names.isEmpty { throw EncryptionError("\(place).resources: Required value: at least one is wanted") }
        for (index, name) in names.enumerated() {
            let place = "\(place).resources[\(index)]"
            if name.isEmpty || name == "*" || name.contains("/") {
                throw EncryptionError(
                    "\(place): Invalid value: \(name.goQuoted): a resource, *.GROUP, *. or *.* is wanted")
            }
            if let problem = Self.problem(of: name) {
                throw EncryptionError("\(place): Invalid value: \(name.goQuoted): \(problem)")
            }
            let others = names.prefix(index) + names.dropFirst(index + 1)
            if names.prefix(index).contains(name) || others.contains(where: { $0 != name && covers($0, name) }) {
                throw EncryptionError(
                    "\(place): Invalid value: \(name.goQuoted): using overlapping resources in the same list is not allowed "
                        + "as they will be masked")
            }
        }
        return names
    }

    /// What cannot be the name of any resource, or a pattern for some.
    private static func problem(of name: String) -> String? {
        if name.contains(where: \.isUppercase) { return "resource name should not contain capital letters" }
        if name == "*.*" || name == "*." { return nil }
        let text = name.hasPrefix("*.") ? name.dropFirst(2) : name[...]
        let isWord = text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        }
        return isWord ? nil : "a resource, *.GROUP, *. or *.* is wanted"
    }

    /// Whether everything that the name stands for is among what the pattern stands for.
    static func covers(_ pattern: String, _ name: String) -> Bool {
        if pattern == name || pattern == "*.*" { return true }
        guard pattern.hasPrefix("*.") else { return false }
        let group = name.firstIndex(of: ".").map { name[name.index(after: $0)...] } ?? ""
        return pattern.dropFirst(2) == group
    }

    /// nil for resources that no rule names: they are stored as they are.
    func rule(of resource: GroupResource) -> Rule? {
        rules.first { rule in rule.resources.contains { Self.covers($0, resource.description) } }
    }

    // MARK: - providers

    private static func providers(_ item: Value, _ place: String) throws(EncryptionError) -> [Provider] {
        let items = item.items("providers")
        if items.isEmpty { throw EncryptionError("\(place).providers: Required value: at least one is wanted") }
        var found: [Provider] = []
        for (index, item) in items.enumerated() {
            found.append(try provider(item, "\(place).providers[\(index)]"))
        }
        return found
    }

    private static func provider(_ item: Value, _ place: String) throws(EncryptionError) -> Provider {
        let kinds = item.object?.map(\.key) ?? []
        guard kinds.count == 1, let kind = kinds.first else {
            throw EncryptionError("\(place): exactly one provider is wanted in each element")
        }
        if kind == "identity" {
            try check(item["identity"] ?? .null, at: place + ".identity.", [])
            return .identity
        }
        guard let algorithm = ValueCipher.Algorithm(rawValue: kind) else {
            throw EncryptionError(
                "\(place): the provider \(kind.goQuoted) is not supported: aesgcm, aescbc, secretbox, identity are")
        }
        let keys = item.items(kind, "keys")
        try check(item[kind] ?? .null, at: "\(place).\(kind).", ["keys"])
        if keys.isEmpty { throw EncryptionError("\(place).\(kind).keys: Required value: at least one is wanted") }
        var ciphers: [ValueCipher] = []
        for (index, key) in keys.enumerated() {
            let place = "\(place).\(kind).keys[\(index)]"
            try check(key, at: place + ".", ["name", "secret"])
            let name = key.text("name")
            if name.isEmpty || name.contains(":") {
                throw EncryptionError("\(place).name: Invalid value: \(name.goQuoted): a name without colons is wanted")
            }
            // The key itself is in no message.
            guard let bytes = Data(base64Encoded: key.text("secret")), !bytes.isEmpty else {
                throw EncryptionError("\(place).secret: Invalid value: \"REDACTED\": secrets must be base64 encoded")
            }
            do throws(EncryptionError) {
                ciphers.append(try ValueCipher(algorithm, name: name, key: Array(bytes)))
            } catch {
                throw EncryptionError("\(place).secret: Invalid value: \"REDACTED\": \(error)")
            }
        }
        return .ciphers(ciphers)
    }
}
