import FairleadKinds
import FairleadModel
import FairleadStorage

/// Dynamic admission of one attempt at a write, in its two phases.
struct AdmissionRound: Sendable {
    private var attributes: AdmissionAttributes
    private let plugins: [any DynamicAdmission]

    fileprivate init(_ attributes: AdmissionAttributes, _ plugins: [any DynamicAdmission]) {
        self.attributes = attributes
        self.plugins = plugins
    }

    /// The first phase.
    ///
    /// - Parameter builtIn: the built-in plugins, which have been asked once, for the second pass.
    /// - Returns: the object, changed or not; nil if it was.
    func mutate(
        _ object: Value?, old: Value?, warnings: inout [String],
        builtIn: (inout Value) throws(APIStatus) -> Void = { _ throws(APIStatus) in }
    ) async throws(APIStatus) -> Value? {
        var attributes = attributes(object, old)
        attributes.reinvocation = AdmissionReinvocation()
        let known = attributes.notes.count
        for plugin in plugins { attributes.object = try await plugin.mutate(attributes) }
        if attributes.reinvocation.isWanted, var again = attributes.object.map(restored) {
            attributes.reinvocation.beginSecond()
            try builtIn(&again)
            attributes.object = shown(again)
            for plugin in plugins { attributes.object = try await plugin.mutate(attributes) }
        }
        warnings += attributes.notes.warnings(after: known)
        return attributes.object.map(restored)
    }

    /// The second phase.
    func validate(_ object: Value?, old: Value?, warnings: inout [String]) async throws(APIStatus) {
        let attributes = attributes(object, old)
        let known = attributes.notes.count
        for plugin in plugins { try await plugin.validate(attributes) }
        warnings += attributes.notes.warnings(after: known)
    }

    /// Both phases, for what is not stored itself.
    func admit(_ object: Value?, old: Value? = nil) async throws(APIStatus) -> Value? {
        var warnings: [String] = []
        let admitted = try await mutate(object, old: old, warnings: &warnings)
        try await validate(admitted, old: old, warnings: &warnings)
        return admitted
    }

    private func attributes(_ object: Value?, _ old: Value?) -> AdmissionAttributes {
        var result = attributes
        result.object = object.map(shown)
        result.oldObject = old.map(shown)
        // Names are generated between the phases.
        if result.operation == .create, result.name.isEmpty { result.name = object?.name ?? "" }
        return result
    }

    /// Verbs work on the stored form of an object that is converted from another kind's.
    private func shown(_ object: Value) -> Value {
        guard case .object = attributes.form else { return object }
        if let conversion = attributes.kind.conversion { return conversion.fromStored(object) }
        return Self.named(object, attributes.kind)
    }

    private func restored(_ object: Value) -> Value {
        guard case .object = attributes.form, let conversion = attributes.kind.conversion else { return object }
        return conversion.toStored(object)
    }

    /// Bodies may leave out what the path says.
    private static func named(_ object: Value, _ kind: Kind) -> Value {
        if kind.custom != nil || object.kind == kind.info.kind && object.apiVersion == kind.apiVersion { return object }
        var named = object
        named["kind"] = .string(kind.info.kind)
        named["apiVersion"] = .string(kind.apiVersion)
        return named
    }
}

extension API {
    /// Whether anybody has registered for such requests.
    func isAdmissionAsked(
        _ operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool {
        admission.contains { $0.isInterested(in: operation, kind, subresource: subresource, snapshot) }
    }

    /// Whether admission of such requests may be more than an event loop can spare.
    func isAdmissionLaborious(
        _ operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool {
        admission.contains {
            $0.isInterested(in: operation, kind, subresource: subresource, snapshot)
                && $0.isLaborious(in: operation, kind, subresource: subresource, snapshot)
        }
    }

    /// - Parameter requester: nil for what this program does in the course of a request that has been admitted.
    /// - Returns: nil if there is nobody to ask, as for most requests.
    func admissionRound(
        _ operation: AdmissionOperation, _ kind: Kind, subresource: String? = nil,
        form: AdmissionAttributes.Form = .object, namespace: String, name: String, options: Value?, isDryRun: Bool,
        _ requester: Requester?, _ snapshot: Snapshot
    ) -> AdmissionRound? {
        guard let requester, !admission.isEmpty else { return nil }
        let asked = admission.filter { $0.isInterested(in: operation, kind, subresource: subresource, snapshot) }
        if asked.isEmpty { return nil }
        let attributes = AdmissionAttributes(
            api: self, operation: operation, kind: kind, subresource: subresource, form: form, name: name,
            namespace: kind.groupResource == Self.namespaces ? name : namespace, options: options, isDryRun: isDryRun,
            requester: requester, snapshot: snapshot)
        return AdmissionRound(attributes, asked)
    }

    /// The round of a create or an update.
    func admissionRound(
        _ operation: AdmissionOperation, _ kind: Kind, subresource: String? = nil,
        form: AdmissionAttributes.Form = .object, namespace: String, name: String, _ options: WriteOptions,
        _ snapshot: Snapshot
    ) -> AdmissionRound? {
        guard options.requester != nil, !admission.isEmpty else { return nil }
        return admissionRound(
            operation, kind, subresource: subresource, form: form, namespace: namespace, name: name,
            options: options.value(operation == .create ? "CreateOptions" : "UpdateOptions"),
            isDryRun: options.isDryRun, options.requester, snapshot)
    }

    private static let namespaces = GroupResource(group: "", resource: "namespaces")

    /// An object that a plugin has changed, decoded and defaulted as if a client had sent it.
    func admissionDecoded(_ object: Value, as kind: Kind) throws(APIStatus) -> Value {
        var decoded = try normalized(object, as: kind)
        if let conversion = kind.conversion {
            decoded = conversion.toStored(decoded)
            kind.strategy.setDefaults(&decoded)
            return conversion.fromStored(decoded)
        }
        kind.strategy.setDefaults(&decoded)
        return decoded
    }
}
