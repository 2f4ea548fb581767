import FairleadContainers

/// The users and groups of /etc/passwd and /etc/group.
struct AccountNames {
    private var users: [UInt32: String] = [:]
    private var groups: [UInt32: String] = [:]
    /// The groups whose members are listed with a user's name.
    private var memberships: [(group: UInt32, members: [Substring])] = []

    init(_ process: Process) {
        for fields in Self.lines("/etc/passwd", process) where fields.count > 2 {
            if let id = UInt32(fields[2]), users[id] == nil { users[id] = String(fields[0]) }
        }
        for fields in Self.lines("/etc/group", process) where fields.count > 2 {
            guard let id = UInt32(fields[2]) else { continue }
            if groups[id] == nil { groups[id] = String(fields[0]) }
            if fields.count > 3, !fields[3].isEmpty { memberships.append((id, fields[3].split(separator: ","))) }
        }
    }

    private static func lines(_ path: String, _ process: Process) -> [[Substring]] {
        // Without the file, nobody has a name.
        let text = (try? process.world.files.text(path)) ?? ""
        return text.split(separator: "\n").prefix(2_000).map {
            $0.split(separator: ":", omittingEmptySubsequences: false)
        }
    }

    func user(_ id: UInt32) -> String? { users[id] }
    func group(_ id: UInt32) -> String? { groups[id] }
    func user(named name: String) -> UInt32? { users.first { $0.value == name }?.key ?? UInt32(name) }
    func group(named name: String) -> UInt32? { groups.first { $0.value == name }?.key ?? UInt32(name) }

    /// All groups of a process: its own first. What it was given as supplementary groups, or else what the file says.
    func all(of user: Credentials) -> [UInt32] {
        var result = [user.group]
        for group in user.groups where !result.contains(group) { result.append(group) }
        if user.groups.isEmpty, let name = users[user.user] {
            for (group, members) in memberships where members.contains(Substring(name)) && !result.contains(group) {
                result.append(group)
            }
        }
        return result
    }
}
