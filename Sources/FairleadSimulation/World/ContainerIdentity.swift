import FairleadContainers
import FairleadModel

/// Whose rights a container's processes have, by its security context, its image and the image's /etc/passwd.
///
/// Reference: "Configure a Security Context for a Pod or Container".
struct ContainerIdentity: Hashable, Sendable {
    var credentials: Credentials
    /// The home directory of the user.
    var home: String

    /// - Parameters:
    ///   - imageUser: what the image says: empty for root, `1000`, `1000:50`, `name`.
    ///   - passwd: the text of the image's /etc/passwd; likewise `group`.
    init(pod: Value, container: Value, imageUser: String, passwd: String, group: String) {
        let shared = pod.at("spec", "securityContext")
        let own = container["securityContext"]
        func number(_ field: String) -> UInt32? { (own?[field] ?? shared?[field])?.int.map { UInt32(clamping: $0) } }
        let accounts = Self.rows(passwd)
        let parts = imageUser.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let named = parts.first.flatMap { name in accounts.first { $0[0] == name } }
        let user =
            number("runAsUser") ?? parts.first.flatMap { UInt32($0) }
            ?? named.flatMap { $0.count > 2 ? UInt32($0[2]) : nil } ?? 0
        let account = accounts.first { $0.count > 2 && UInt32($0[2]) == user }
        var primary = number("runAsGroup")
        let groups = Self.rows(group)
        if primary == nil, own?["runAsUser"] == nil, shared?["runAsUser"] == nil, parts.count > 1 {
            primary = UInt32(parts[1])
            if primary == nil, let row = groups.first(where: { $0[0] == parts[1] }), row.count > 2 {
                primary = UInt32(row[2])
            }
        }
        let first = primary ?? account.flatMap { $0.count > 3 ? UInt32($0[3]) : nil } ?? 0
        var more: [UInt32] = []
        func add(_ number: UInt32?) {
            if let number, number != first, !more.contains(number), more.count < 1024 { more.append(number) }
        }
        if let account, shared?.text("supplementalGroupsPolicy") != "Strict" {
            for row in groups where row.count > 3 && row[3].split(separator: ",").contains(account[0][...]) {
                add(UInt32(row[2]))
            }
        }
        add(shared?["fsGroup"]?.int.map { UInt32(clamping: $0) })
        for group in shared?.items("supplementalGroups") ?? [] { add(group.int.map { UInt32(clamping: $0) }) }
        credentials = Credentials(user: user, group: first, groups: more)
        home = account.flatMap { $0.count > 5 && !$0[5].isEmpty ? $0[5] : nil } ?? "/"
    }

    /// Fields separated by colons, a row a line.
    private static func rows(_ text: String) -> [[String]] {
        text.split(separator: "\n").prefix(1000).map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// Why a container may not run as root although it would; nil if it may, or does not.
    ///
    /// - Parameter imageUser: nil if nothing is known of the image.
    static func refusal(pod: Value, container: Value, imageUser: String?) -> ContainerFault? {
        let shared = pod.at("spec", "securityContext")
        let own = container["securityContext"]
        guard (own?["runAsNonRoot"] ?? shared?["runAsNonRoot"])?.bool == true else { return nil }
        let place = "(pod: \"\(pod.name)_\(pod.namespace)(\(pod.uid))\", container: \(container.text("name")))"
        if let user = (own?["runAsUser"] ?? shared?["runAsUser"])?.int {
            return user == 0 ? .configuration("container's runAsUser breaks non-root policy \(place)") : nil
        }
        guard let imageUser else { return nil }
        let name = imageUser.split(separator: ":").first.map(String.init) ?? ""
        if name.isEmpty || UInt32(name) == 0 {
            return .configuration("container has runAsNonRoot and image will run as root \(place)")
        }
        guard UInt32(name) == nil else { return nil }
        return .configuration(
            "container has runAsNonRoot and image has non-numeric user (\(name)), cannot verify user is non-root "
                + place
        )
    }
}
