import FairleadModel

/// Roles and bindings, arranged by subject.
struct RoleTables: CommitTables {
    static let sources = RoleResources.all

    /// Where bindings count: everywhere, or in one namespace.
    private struct Scope: Hashable, Sendable {
        var namespace: ByteText
        var subject: RoleSubject
    }

    private struct Grant: Sendable {
        var grant: RoleGrant
        /// The place of its role in `roles`.
        var role: Int
    }

    /// A role that exists, or that a binding names.
    private struct Role: Sendable {
        var key: ObjectKey
        /// nil if it does not exist.
        var rules: RuleTable?
        /// How many bindings name it.
        var uses = 0
    }

    private var roles: Slots<Role> = Slots()
    private var rolePlaces: [ObjectKey: Int] = [:]
    private var grants: Slots<Grant> = Slots()
    private var grantPlaces: [ObjectKey: Int] = [:]
    private var bySubject: [Scope: Grants] = [:]

    /// What somebody is granted somewhere.
    private struct Grants: Sendable {
        var places: Set<Int> = []
        /// The roles, with the number of grants of each: a thousand bindings of one role decide no more than one does.
        var roles: [Int: Int] = [:]

        mutating func add(_ place: Int, role: Int) {
            places.insert(place)
            roles[role, default: 0] += 1
        }

        mutating func remove(_ place: Int, role: Int) {
            guard places.remove(place) != nil else { return }
            roles[role] = roles[role].flatMap { $0 > 1 ? $0 - 1 : nil }
        }
    }

    // MARK: - changes

    /// - Parameter object: nil if it has been deleted.
    mutating func set(_ key: ObjectKey, _ object: Value?) {
        switch key.resource {
        case RoleResources.roles, RoleResources.clusterRoles:
            setRole(key, object.map { RuleTable(PolicyRule.all(of: $0)) })
        case RoleResources.roleBindings, RoleResources.clusterRoleBindings:
            setGrant(key, object.flatMap { RoleGrant(key, $0) })
        default: break
        }
    }

    private mutating func setRole(_ key: ObjectKey, _ rules: RuleTable?) {
        let place = place(ofRole: key)
        roles[place].rules = rules
        forgetRole(place)
    }

    private mutating func place(ofRole key: ObjectKey) -> Int {
        if let place = rolePlaces[key] { return place }
        let place = roles.add(Role(key: key))
        rolePlaces[key] = place
        return place
    }

    /// Gives up the place of a role that neither exists nor is named.
    private mutating func forgetRole(_ place: Int) {
        guard roles[place].rules == nil, roles[place].uses == 0 else { return }
        rolePlaces[roles[place].key] = nil
        roles.remove(place)
    }

    private mutating func setGrant(_ key: ObjectKey, _ grant: RoleGrant?) {
        if let place = grantPlaces.removeValue(forKey: key) {
            let old = grants[place]
            for scope in scopes(of: old.grant) {
                bySubject[scope]?.remove(place, role: old.role)
                if bySubject[scope]?.places.isEmpty == true { bySubject[scope] = nil }
            }
            grants.remove(place)
            roles[old.role].uses -= 1
            forgetRole(old.role)
        }
        guard let grant else { return }
        let role = place(ofRole: grant.role)
        roles[role].uses += 1
        let place = grants.add(Grant(grant: grant, role: role))
        grantPlaces[key] = place
        for scope in scopes(of: grant) { bySubject[scope, default: Grants()].add(place, role: role) }
    }

    private func scopes(of grant: RoleGrant) -> Set<Scope> {
        let namespace = ByteText(grant.key.namespace)
        return Set(grant.subjects.map { Scope(namespace: namespace, subject: $0.subject) })
    }

    // MARK: - decisions

    func allows(_ wanted: AccessAttributes) -> Bool {
        if allows(wanted, in: "") { return true }
        return !wanted.namespace.isEmpty && allows(wanted, in: wanted.namespace)
    }

    private func allows(_ wanted: AccessAttributes, in namespace: String) -> Bool {
        let namespace = ByteText(namespace)
        if allows(wanted, Scope(namespace: namespace, subject: .user(wanted.user.name))) { return true }
        for group in wanted.user.groups where allows(wanted, Scope(namespace: namespace, subject: .group(group))) {
            return true
        }
        return false
    }

    private func allows(_ wanted: AccessAttributes, _ scope: Scope) -> Bool {
        bySubject[scope]?.roles.keys.contains { roles[$0].rules?.allows(wanted) ?? false } ?? false
    }

    /// What a user is granted by one binding.
    struct Granted: Sendable {
        var grant: RoleGrant
        var subject: RoleGrant.Subject
        /// nil if the role does not exist.
        var rules: [PolicyRule]?
    }

    /// What the user is granted in a namespace ("" for none): by ClusterRoleBindings first, each in order of name.
    func granted(to user: UserInfo, in namespace: String) -> [Granted] {
        let subjects = [RoleSubject.user(user.name)] + user.groups.map { RoleSubject.group($0) }
        var result: [Granted] = []
        for namespace in namespace.isEmpty ? [""] : ["", namespace] {
            let scopes = subjects.map { Scope(namespace: ByteText(namespace), subject: $0) }
            let places = Set(scopes.flatMap { bySubject[$0]?.places ?? [] })
            for found in places.map({ grants[$0] }).sorted(by: { $0.grant.key.name.isBefore($1.grant.key.name) }) {
                guard let subject = found.grant.subject(for: user) else { continue }
                result.append(Granted(grant: found.grant, subject: subject, rules: roles[found.role].rules?.rules))
            }
        }
        return result
    }

    /// nil if the role does not exist.
    func rules(of role: ObjectKey) -> [PolicyRule]? { rolePlaces[role].flatMap { roles[$0].rules?.rules } }

    /// Every role that exists.
    var allRoles: [(key: ObjectKey, rules: [PolicyRule])] {
        rolePlaces.compactMap { key, place in roles[place].rules.map { (key, $0.rules) } }
    }
}

/// A list whose elements keep their places.
private struct Slots<Element: Sendable>: Sendable {
    private var elements: [Element?] = []
    private var free: [Int] = []

    mutating func add(_ element: Element) -> Int {
        guard let place = free.popLast() else {
            elements.append(element)
            return elements.count - 1
        }
        elements[place] = element
        return place
    }

    mutating func remove(_ place: Int) {
        elements[place] = nil
        free.append(place)
    }

    /// - Precondition: the place is taken.
    subscript(place: Int) -> Element {
        get {
            guard let element = elements[place] else { preconditionFailure("an empty place") }
            return element
        }
        _modify {
            guard var element = elements[place] else { preconditionFailure("an empty place") }
            elements[place] = nil
            defer { elements[place] = element }
            yield &element
        }
    }
}
