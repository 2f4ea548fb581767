@testable import FairleadKinds
import FairleadModel
import Testing

@Suite struct ServiceValidationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var spec: Value
        var causes: [String]
        init(_ spec: String, _ causes: String...) {
            self.spec = (try? JSON.parse(Array(spec.utf8)))?.value ?? .null
            self.causes = causes
        }
        var testDescription: String { spec.jsonText }
    }

    private static let label =
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        + "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

    static let cases: [Case] = [
        Case(#"{"ports":[{"port":80}]}"#),
        Case(#"{"ports":[]}"#, "spec.ports: Required value"),
        Case(
            #"{"ports":[{"port":0}]}"#, "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
            "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive"),
        Case(
            #"{"ports":[{"port":80},{"port":81}]}"#, "spec.ports[0].name: Required value",
            "spec.ports[1].name: Required value"),
        Case(
            #"{"type":"Nonsense","ports":[{"port":80,"protocol":"X"}]}"#,
            #"spec.ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP""#,
            #"spec.type: Unsupported value: "Nonsense": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort""#
        ),
        Case(
            #"{"ports":[{"port":80,"appProtocol":""}]}"#,
            #"spec.ports[0].appProtocol: Invalid value: "": name part must be non-empty"#,
            #"spec.ports[0].appProtocol: Invalid value: "": \#(label)"#),
        Case(
            #"{"allocateLoadBalancerNodePorts":false,"ports":[{"port":80}]}"#,
            "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'"),
        Case(
            #"{"clusterIP":"10.096.0.20","ports":[{"port":80}]}"#,
            #"spec.clusterIPs[0]: Invalid value: "10.096.0.20": must not have leading 0s"#),
        Case(
            #"{"clusterIPs":["10.96.0.205","10.96.0.206"],"ports":[{"port":80}]}"#,
            #"spec.clusterIPs: Invalid value: ["10.96.0.205","10.96.0.206"]: must be empty when `clusterIP` is not specified"#,
            #"spec.clusterIPs: Invalid value: ["10.96.0.205","10.96.0.206"]: may specify no more than one IP for each IP family"#
        ),
        Case(
            #"{"clusterIPs":["10.96.0.205","None"],"ports":[{"port":80}]}"#,
            #"spec.clusterIPs: Invalid value: ["10.96.0.205","None"]: must be empty when `clusterIP` is not specified"#,
            #"spec.clusterIPs[1]: Invalid value: "None": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#
        ),
        Case(
            #"{"clusterIP":"10.96.0.205","clusterIPs":["10.96.0.206"],"ports":[{"port":80}]}"#,
            #"spec.clusterIPs: Invalid value: ["10.96.0.206"]: first value must match `clusterIP`"#),
        Case(
            #"{"clusterIP":"fd00::5","ports":[{"port":80}]}"#,
            #"spec.clusterIPs[0]: Invalid value: ["fd00::5"]: IPv6 is not configured on this cluster"#),
        Case(
            #"{"clusterIP":"10.96.0.204","ipFamilies":["IPv6"],"ports":[{"port":80}]}"#,
            #"spec.clusterIPs[0]: Invalid value: "10.96.0.204": expected an IPv6 value as indicated by `ipFamilies[0]`"#
        ),
        Case(
            #"{"ipFamilies":["IPv6"],"ports":[{"port":80}]}"#,
            #"spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster"#),
        Case(
            #"{"ipFamilyPolicy":"RequireDualStack","ports":[{"port":80}]}"#,
            #"spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services"#
        ),
        Case(
            #"{"externalIPs":["224.0.0.1","x"],"ports":[{"port":80}]}"#,
            #"spec.externalIPs[0]: Invalid value: "224.0.0.1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"#,
            #"spec.externalIPs[1]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#),
        Case(
            #"{"type":"ExternalName","externalName":"x.y","clusterIP":"None","ports":[{"port":80}]}"#,
            "spec.clusterIPs: Forbidden: may not be set for ExternalName services"),
        Case(#"{"type":"ExternalName"}"#, "spec.externalName: Required value"),
        Case(#"{"type":"ExternalName","externalName":"a.example.com."}"#),
        Case(
            #"{"type":"NodePort","clusterIP":"None","ports":[{"port":80}]}"#,
            "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"),
        Case(
            #"{"ports":[{"port":80,"nodePort":30015}]}"#,
            "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"),
        Case(
            #"{"type":"NodePort","ports":[{"port":80,"nodePort":-5}]}"#,
            "spec.ports[0].nodePort: Invalid value: -5: provided port is not in the valid range. The range of valid ports is 30000-32767"
        ),
        Case(
            #"{"loadBalancerSourceRanges":["10.0.0.0/8"],"ports":[{"port":80}]}"#,
            "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"),
        Case(
            #"{"type":"LoadBalancer","loadBalancerSourceRanges":[" 10.0.0.0/8 ","10.0.0.1/8"],"ports":[{"port":80}]}"#,
            #"spec.LoadBalancerSourceRanges[1]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length"#
        ),
        Case(
            #"{"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":0}},"ports":[{"port":80}]}"#,
            "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400"
        ),
        Case(
            #"{"trafficDistribution":"Random","ports":[{"port":80}]}"#,
            #"spec.trafficDistribution: Unsupported value: "Random": supported values: "PreferClose", "PreferSameZone", "PreferSameNode""#
        ),
        Case(
            #"{"externalTrafficPolicy":"Local","ports":[{"port":80}]}"#,
            #"spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services"#),
        Case(
            #"{"ports":[{"port":53,"name":"a","protocol":"UDP"},{"port":53,"name":"b","protocol":"UDP"}]}"#,
            #"spec.ports[1]: Duplicate value: {"Name":"","Protocol":"UDP","AppProtocol":null,"Port":53,"TargetPort":0,"NodePort":0}"#
        ),
        Case(
            #"{"type":"NodePort","sessionAffinity":"Zed","externalTrafficPolicy":"Zed","selector":{"b d":"e"},"ports":[{"port":0,"name":"x","targetPort":"BAD!"}]}"#,
            "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
            #"spec.ports[0].targetPort: Invalid value: "BAD!": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"#,
            #"spec.ports[0].targetPort: Invalid value: "BAD!": must contain at least one letter (a-z)"#,
            #"spec.selector: Invalid value: "b d": \#(label)"#,
            #"spec.sessionAffinity: Unsupported value: "Zed": supported values: "ClientIP", "None""#,
            #"spec.externalTrafficPolicy: Unsupported value: "Zed": supported values: "Cluster", "Local""#),
    ]

    @Test(arguments: cases) func createReportsEveryErrorInOrder(_ test: Case) async throws {
        let fixture = try ServiceFixture()
        let causes = try await fixture.refusal { try await fixture.create("s", test.spec) }
        #expect(causes == test.causes)
        #expect(fixture.imbalance() == [])
    }

    private func warnings(_ spec: Value) -> [String] {
        ServiceStrategy().warnings(for: ["metadata": ["name": "s"], "spec": spec], old: nil)
    }

    @Test func warningsComeInOrderAndOnlyWhereTheyApply() {
        let nonStandard = "will be considered invalid in a future Kubernetes release: use"
        #expect(
            warnings(["type": "LoadBalancer", "externalIPs": ["01.2.3.4"], "loadBalancerIP": "05.6.7.8"]) == [
                #"spec.externalIPs[0]: non-standard IP address "01.2.3.4" \#(nonStandard) "1.2.3.4""#,
                "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
                #"spec.loadBalancerIP: non-standard IP address "05.6.7.8" \#(nonStandard) "5.6.7.8""#,
            ])
        #expect(
            warnings(["type": "ExternalName", "externalName": "a.b", "externalIPs": ["1.2.3.4"]]) == [
                #"spec.externalIPs is ignored when spec.type is "ExternalName""#
            ])
        #expect(
            warnings([
                "type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"], "sessionAffinity": "None",
                "externalIPs": ["1.2.3.4"],
            ]) == ["spec.externalIPs is ignored for headless services"])
    }

    @Test func loadBalancerClassIsCheckedWithTheChangeAndWithTheWhole() async throws {
        let fixture = try ServiceFixture()
        _ = try await fixture.create(
            "s", ["type": "LoadBalancer", "loadBalancerClass": "a.b/c", "ports": [["port": 10250]]])
        let refused = try await fixture.refusal {
            _ = try await fixture.update("s") { $0["loadBalancerClass"] = "a b" }
        }
        let malformed = NameRules.qualifiedName("a b").map { #"spec.loadBalancerClass: Invalid value: "a b": \#($0)"# }
        #expect(
            refused == [#"spec.loadBalancerClass: Invalid value: "a b": may not change once set"#] + malformed
                + malformed)
        let removed = try await fixture.refusal {
            _ = try await fixture.update("s") { $0["loadBalancerClass"] = nil }
        }
        #expect(removed == [#"spec.loadBalancerClass: Invalid value: null: may not change once set"#])
    }

    @Test func statusIsCheckedAgainstTheType() throws {
        var service: Value = [
            "metadata": ["name": "s"], "spec": ["type": "LoadBalancer"],
            "status": [
                "loadBalancer": ["ingress": [["ip": "300.1.1.1", "ipMode": "VIP"], ["hostname": "203.0.113.5"]]]
            ],
        ]
        let fixture = try ServiceFixture()
        let context = StrategyContext(
            snapshot: fixture.store.current, environment: fixture.environment, configuration: fixture.configuration,
            isDryRun: false)
        let errors = fixture.strategy.validateStatusUpdate(service, old: service, context).map(\.description)
        #expect(
            errors == [
                #"status.loadBalancer.ingress[0].ip: Invalid value: "300.1.1.1": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#,
                #"status.loadBalancer.ingress[1].hostname: Invalid value: "203.0.113.5": must be a DNS name, not an IP address"#,
            ])
        service.set("ClusterIP", at: "spec", "type")
        #expect(
            fixture.strategy.validateStatusUpdate(service, old: service, context).map(\.field) == [
                "status.loadBalancer.ingress"
            ])
    }
}
