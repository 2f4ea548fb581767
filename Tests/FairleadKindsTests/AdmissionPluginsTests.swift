import FairleadKindRules
import Testing

@Suite struct AdmissionPluginsTests {
    private func refusal(enable: [String] = [], disable: [String] = []) -> String? {
        do throws(AdmissionPlugins.Refusal) {
            _ = try AdmissionPlugins(enable: enable, disable: disable)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func namesAreKubernetes() {
        #expect(AdmissionPlugin.allCases.count < 64)
        for plugin in AdmissionPlugin.allCases { #expect(AdmissionPlugin(name: plugin.name) == plugin) }
        #expect(AdmissionPlugin.denyServiceExternalIPs.name == "DenyServiceExternalIPs")
        #expect(AdmissionPlugin(name: "podSecurity") == nil)
    }

    @Test func standardOnesAreOnAndCanBeSwitched() throws {
        let standard = AdmissionPlugins.standard
        #expect(standard.contains(.podSecurity) && standard.contains(.namespaceLifecycle))
        #expect(!standard.contains(.alwaysPullImages) && !standard.contains(.alwaysDeny))
        let changed = try AdmissionPlugins(enable: ["AlwaysPullImages", "PodSecurity"], disable: ["Priority"])
        #expect(changed.contains(.alwaysPullImages) && changed.contains(.podSecurity) && !changed.contains(.priority))
        #expect(Set(changed.names).symmetricDifference(standard.names) == ["AlwaysPullImages", "Priority"])
    }

    @Test func whatIsWrongIsSaidInKubernetesWords() {
        #expect(refusal(enable: ["Nope"]) == #"enable-admission-plugins plugin "Nope" is unknown"#)
        #expect(refusal(disable: ["Nope"]) == #"disable-admission-plugins plugin "Nope" is unknown"#)
        #expect(
            refusal(enable: ["Priority"], disable: ["Priority"])
                == "[Priority] in enable-admission-plugins and disable-admission-plugins overlapped")
        #expect(refusal(enable: ["ImagePolicyWebhook"])?.contains("not available in this server") == true)
        #expect(refusal(disable: ["ImagePolicyWebhook"]) == nil)
    }
}
