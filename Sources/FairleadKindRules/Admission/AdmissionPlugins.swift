import FairleadModel

/// The admission plugins of kube-apiserver, in the order in which it asks them.
package enum AdmissionPlugin: UInt64, CaseIterable, Sendable {
    case alwaysAdmit, namespaceAutoProvision, namespaceExists, namespaceLifecycle,
        limitPodHardAntiAffinityTopology, limitRanger, serviceAccount, nodeRestriction, taintNodesByCondition,
        alwaysPullImages, imagePolicyWebhook, podSecurity, podNodeSelector, priority, defaultTolerationSeconds,
        podTolerationRestriction, eventRateLimit, extendedResourceToleration, defaultStorageClass,
        storageObjectInUseProtection, ownerReferencesPermissionEnforcement, persistentVolumeClaimResize,
        runtimeClass, certificateApproval, certificateSigning, clusterTrustBundleAttest,
        certificateSubjectRestriction, defaultIngressClass, denyServiceExternalIPs, podTopologyLabels,
        nodeDeclaredFeatureValidator, mutatingAdmissionPolicy, mutatingAdmissionWebhook, validatingAdmissionPolicy,
        validatingAdmissionWebhook, resourceQuota, alwaysDeny

    /// Kubernetes' name: that of the case, with a capital letter.
    package var name: String {
        let text = String(describing: self)
        return text.prefix(1).uppercased() + text.dropFirst()
    }

    package init?(name: String) {
        guard let plugin = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = plugin
    }
}

/// Which admission plugins are on (`--enable-admission-plugins`, `--disable-admission-plugins`).
///
/// Reference: Kubernetes documentation, "Admission Controllers"; k8s.io/apiserver `pkg/server/options/admission.go`.
package struct AdmissionPlugins: Sendable, Hashable {
    package struct Refusal: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// A bit for each plugin: every write asks for some of them.
    private var bits: UInt64 = 0

    /// Those that kube-apiserver leaves off unless it is told otherwise. NodeRestriction is on here wherever the
    /// authorizer Node is, without which it has nothing to say.
    private static let offByDefault: Set<AdmissionPlugin> = [
        .alwaysAdmit, .namespaceAutoProvision, .namespaceExists, .limitPodHardAntiAffinityTopology, .alwaysPullImages,
        .imagePolicyWebhook, .podNodeSelector, .podTolerationRestriction, .eventRateLimit,
        .extendedResourceToleration, .ownerReferencesPermissionEnforcement, .denyServiceExternalIPs, .alwaysDeny,
    ]
    /// Those that do nothing without a configuration file of their own (`--admission-control-config-file`).
    private static let missing: Set<AdmissionPlugin> = [.imagePolicyWebhook, .eventRateLimit]

    /// Whether a plugin of that name can be on; also true for a name that does not exist, which has an error of its own.
    package static func isAvailable(_ name: String) -> Bool {
        AdmissionPlugin(name: name).map { !missing.contains($0) } ?? true
    }

    package static let standard = AdmissionPlugins(on: AdmissionPlugin.allCases.filter { !offByDefault.contains($0) })

    private init(on plugins: [AdmissionPlugin]) { for plugin in plugins { bits |= Self.bit(plugin) } }

    /// - Parameters:
    ///   - enable: names besides the standard ones.
    ///   - disable: names of those that are left out.
    /// - Throws: with Kubernetes' message for a name that it does not know, or that is in both lists.
    package init(enable: [String], disable: [String]) throws(Refusal) {
        self = .standard
        for (flag, names) in [("enable", enable), ("disable", disable)] {
            for name in names where AdmissionPlugin(name: name) == nil {
                throw Refusal(description: "\(flag)-admission-plugins plugin \(name.goQuoted) is unknown")
            }
        }
        let both = Set(enable).intersection(disable).sorted()
        if !both.isEmpty {
            throw Refusal(
                description: "[\(both.joined(separator: " "))] in enable-admission-plugins and "
                    + "disable-admission-plugins overlapped")
        }
        for plugin in enable.compactMap(AdmissionPlugin.init(name:)) {
            if Self.missing.contains(plugin) {
                throw Refusal(
                    description: "enable-admission-plugins plugin \(plugin.name.goQuoted) is not available in this "
                        + "server")
            }
            bits |= Self.bit(plugin)
        }
        for plugin in disable.compactMap(AdmissionPlugin.init(name:)) { bits &= ~Self.bit(plugin) }
    }

    package func contains(_ plugin: AdmissionPlugin) -> Bool { bits & Self.bit(plugin) != 0 }

    /// The names of those that are on.
    package var names: [String] { AdmissionPlugin.allCases.filter(contains).map(\.name) }

    private static func bit(_ plugin: AdmissionPlugin) -> UInt64 { 1 << plugin.rawValue }
}
