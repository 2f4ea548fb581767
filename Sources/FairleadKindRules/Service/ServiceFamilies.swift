package import FairleadModel

/// The dual-stack state of a Service: policy, families and addresses, each of which may be inferred from the others.
///
/// Reference: KEP-563; k8s.io/kubernetes `registry/core/service/storage`.
package struct ServiceFamilies {
    package var spec: ServiceSpec
    package let old: ServiceSpec?
    /// The families for which the cluster has ServiceCIDRs; the first is the default.
    package let configured: [String]

    package init(spec: ServiceSpec, old: ServiceSpec?, configured: [String]) {
        self.spec = spec
        self.old = old
        self.configured = configured
    }

    private static let policyPath = FieldPath("spec", "ipFamilyPolicy")

    /// Completes policy and families, and removes what the policy no longer allows.
    ///
    /// - Returns: only those errors that prevent going on.
    package mutating func resolve() -> [FieldError] {
        if spec.isExternalName || isUnchangedPreference { return [] }
        if spec.ipFamilyPolicy == nil { spec.ipFamilyPolicy = old?.ipFamilyPolicy ?? defaultPolicy }
        var errors = ServiceAddressValidation.errors(for: spec)
        if !errors.isEmpty { return errors }
        errors = reduce() + tooManyForSingleStack() + inferFamilies()
        if !errors.isEmpty { return errors }

        // A headless Service without a selector gets no addresses, so it may have families that the cluster lacks.
        if spec.clusterIP == ServiceSpec.none, !spec.hasSelector {
            if spec.ipFamilies.isEmpty { spec.ipFamilies = Array(configured.prefix(1)) }
            addSecondFamily()
            return []
        }
        errors = notConfigured()
        if !errors.isEmpty { return errors }
        if spec.ipFamilies.isEmpty { spec.ipFamilies = Array(configured.prefix(1)) }
        if configured.count == 2 { addSecondFamily() }
        return []
    }

    /// PreferDualStack is resolved when the Service is created. If the cluster gains or loses a family later, the
    /// Service stays as it is.
    private var isUnchangedPreference: Bool {
        guard let old, spec.ipFamilyPolicy == IPFamilyPolicy.preferDualStack, old.type == spec.type,
            spec.needsClusterIP, old.ipFamilyPolicy ?? IPFamilyPolicy.preferDualStack == IPFamilyPolicy.preferDualStack
        else { return false }
        return old.clusterIP == spec.clusterIP && old.clusterIPs == spec.clusterIPs && old.ipFamilies == spec.ipFamilies
    }

    private var defaultPolicy: String {
        spec.clusterIP == ServiceSpec.none && !spec.hasSelector
            ? IPFamilyPolicy.requireDualStack : IPFamilyPolicy.singleStack
    }

    private var isSingleStack: Bool { spec.ipFamilyPolicy == IPFamilyPolicy.singleStack }

    private func wrongPolicy(_ detail: String) -> FieldError {
        .invalid(Self.policyPath, .string(spec.ipFamilyPolicy ?? ""), detail)
    }

    /// Releasing the second family requires the policy SingleStack; setting that policy is enough.
    private mutating func reduce() -> [FieldError] {
        guard let old else { return [] }
        if isSingleStack {
            if spec.clusterIPs == old.clusterIPs { spec.clusterIPs = Array(spec.clusterIPs.prefix(1)) }
            if spec.ipFamilies == old.ipFamilies { spec.ipFamilies = Array(spec.ipFamilies.prefix(1)) }
            return []
        }
        var errors: [FieldError] = []
        if !spec.clusterIPs.isEmpty, spec.clusterIPs.count < old.clusterIPs.count {
            errors.append(wrongPolicy("must be 'SingleStack' to release the secondary cluster IP"))
        }
        if !spec.ipFamilies.isEmpty, spec.ipFamilies.count < old.ipFamilies.count {
            errors.append(wrongPolicy("must be 'SingleStack' to release the secondary IP family"))
        }
        return errors
    }

    private func tooManyForSingleStack() -> [FieldError] {
        guard isSingleStack else { return [] }
        let needed = "must be 'RequireDualStack' or 'PreferDualStack' when multiple "
        var errors: [FieldError] = []
        if spec.clusterIPs.count == 2 { errors.append(wrongPolicy(needed + "cluster IPs are specified")) }
        if spec.ipFamilies.count == 2 { errors.append(wrongPolicy(needed + "IP families are specified")) }
        return errors
    }

    private mutating func inferFamilies() -> [FieldError] {
        var errors: [FieldError] = []
        let shown = Value.array(spec.clusterIPs.map(Value.string))
        var families = spec.ipFamilies
        defer { spec.ipFamilies = families }
        for (index, text) in spec.clusterIPs.enumerated() {
            if text == ServiceSpec.none { break }
            guard index >= families.count, let family = IPAddress(text)?.family else { continue }
            if configured.contains(family) {
                families.append(family)
            } else {
                let path = FieldPath("spec", "clusterIPs").index(index)
                errors.append(.invalid(path, shown, "\(family) is not configured on this cluster"))
            }
        }
        return errors
    }

    private func notConfigured() -> [FieldError] {
        var errors: [FieldError] = []
        if spec.ipFamilyPolicy == IPFamilyPolicy.requireDualStack, configured.count < 2 {
            errors.append(wrongPolicy("this cluster is not configured for dual-stack services"))
        }
        for (index, family) in spec.ipFamilies.enumerated() where !configured.contains(family) {
            let path = FieldPath("spec", "ipFamilies").index(index)
            errors.append(.invalid(path, .string(family), "not configured on this cluster"))
        }
        return errors
    }

    private mutating func addSecondFamily() {
        guard !isSingleStack, spec.ipFamilies.count == 1 else { return }
        spec.ipFamilies.append(IPFamily.other(spec.ipFamilies[0]))
    }
}
