@testable import FairleadKinds
import FairleadModel
import Testing

/// The smaller kinds around Services.
@Suite struct ServiceNetworkKindsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var resource: String
        var object: Value
        var errors: [String]
        init(_ resource: String, _ object: String, _ errors: String...) {
            self.resource = resource
            self.object = (try? JSON.parse(Array(object.utf8)))?.value ?? .null
            self.errors = errors
        }
        var testDescription: String { resource + " " + object.jsonText }
    }

    private static let labelValue = NameRules.labelValue("a b")[0]

    static let cases: [Case] = [
        Case("ipaddresses", #"{"spec":{}}"#, "spec.parentRef: Required value"),
        Case("servicecidrs", #"{"spec":{}}"#, "spec.cidrs: Required value: at least one CIDR required"),
        Case(
            "servicecidrs", #"{"spec":{"cidrs":["10.97.0.1/16"]}}"#,
            #"spec.cidrs[0]: Invalid value: "10.97.0.1/16": must not have bits set beyond the prefix length"#),
        Case(
            "servicecidrs", #"{"spec":{"cidrs":["10.0.0.0"]}}"#,
            #"spec.cidrs[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"#
        ),
        Case(
            "servicecidrs", #"{"spec":{"cidrs":["10.97.0.0/24","fd00:97::/112","fd00:98::/112"]}}"#,
            #"spec.cidrs: Invalid value: {"CIDRs":["10.97.0.0/24","fd00:97::/112","fd00:98::/112"]}: may only hold up to 2 values"#
        ),
        Case(
            "servicecidrs", #"{"spec":{"cidrs":["10.97.0.0/24","10.98.0.0/24"]}}"#,
            #"spec.cidrs: Invalid value: ["10.97.0.0/24","10.98.0.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"#
        ),
        Case(
            "servicecidrs", #"{"spec":{"cidrs":["10.97.0.1/24","10.98.0.1/24"]}}"#,
            #"spec.cidrs[0]: Invalid value: "10.97.0.1/24": must not have bits set beyond the prefix length"#,
            #"spec.cidrs[1]: Invalid value: "10.98.0.1/24": must not have bits set beyond the prefix length"#,
            #"spec.cidrs: Invalid value: ["10.97.0.1/24","10.98.0.1/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"#
        ),
        Case(
            "servicecidrs", #"{"spec":{"cidrs":["10.97.0.0/24","x"]}}"#,
            #"spec.cidrs[1]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"#),
        Case(
            "leases", #"{"spec":{"leaseDurationSeconds":0,"leaseTransitions":-1}}"#,
            "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
            "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0"),
        Case(
            "endpoints", #"{"subsets":[{"addresses":[{"ip":"x"}],"ports":[{"port":0}]},{"ports":[{"port":80}]}]}"#,
            #"subsets[0].addresses[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#,
            #"subsets[0].addresses[0].ip: Invalid value: "x": must be a valid IP address"#,
            "subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
            "subsets[1]: Required value: must specify `addresses` or `notReadyAddresses`"),
        Case(
            "endpointslices", #"{"addressType":"X","endpoints":[{"addresses":[]}]}"#,
            #"addressType: Unsupported value: "X": supported values: "FQDN", "IPv4", "IPv6""#,
            "endpoints[0].addresses: Required value: must contain at least 1 address"),
        Case("endpointslices", #"{"endpoints":[]}"#, "addressType: Required value"),
        Case(
            "endpointslices",
            #"{"addressType":"IPv4","endpoints":[{"addresses":["::1","10.1.1.1"]}],"ports":[{"protocol":""}]}"#,
            #"ports[0].protocol: Unsupported value: "": supported values: "SCTP", "TCP", "UDP""#,
            #"endpoints[0].addresses: Invalid value: "::1": must be an IPv4 address"#,
            #"endpoints[0].addresses[0]: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128)"#
        ),
        Case(
            "endpointslices",
            #"{"addressType":"IPv4","endpoints":[{"addresses":["10.1.1.1"],"hints":{"forZones":[{"name":"a b"},{"name":"a b"}]}}]}"#,
            #"endpoints[0].hints.forZones[0].name: Invalid value: "a b": \#(labelValue)"#,
            #"endpoints[0].hints.forZones[1].name: Duplicate value: "a b""#,
            #"endpoints[0].hints.forZones[1].name: Invalid value: "a b": \#(labelValue)"#),
        Case(
            "endpointslices",
            #"{"addressType":"IPv4","endpoints":[{"addresses":["10.1.1.1"],"hints":{"forZones":[{"name":"a"},{"name":"a"}]}}],"ports":[{"port":70000}]}"#,
            #"endpoints[0].hints.forZones[1].name: Duplicate value: "a""#),
    ]

    @Test(arguments: cases) func createReportsEveryErrorInOrder(_ test: Case) throws {
        let fixture = try ServiceFixture()
        let context = StrategyContext(
            snapshot: fixture.store.current, environment: fixture.environment, configuration: fixture.configuration,
            isDryRun: false)
        let strategy = try #require(Kind.builtIn.first { $0.info.gvr.resource == test.resource }).strategy
        var object = test.object
        strategy.setDefaults(&object)
        #expect(strategy.validate(object, context).map(\.description) == test.errors)
    }

    @Test(
        arguments: [
            ("10.96.0.1", nil), ("bad", "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
            ("10.96.0.0223", "must not have leading 0s"),
            ("fd00:96:0::1:251", "must be in canonical form (\"fd00:96::1:251\")"),
            ("::ffff:10.96.1.1", "must not be an IPv4-mapped IPv6 address"),
        ] as [(String, String?)])
    func namesOfIPAddressesAreCanonical(_ name: String, _ message: String?) {
        #expect(IPAddressStrategy().nameErrors(name, isPrefix: false) == (message.map { [$0] } ?? []))
    }

    private func context() throws -> StrategyContext {
        let fixture = try ServiceFixture()
        return StrategyContext(
            snapshot: fixture.store.current, environment: fixture.environment, configuration: fixture.configuration,
            isDryRun: false)
    }

    @Test func parentOfAnIPAddressStays() throws {
        let old: Value = ["spec": ["parentRef": ["resource": "services", "namespace": "y", "name": "x"]]]
        func errors(_ spec: Value) throws -> [String] {
            try IPAddressStrategy().validateUpdate(["spec": spec], old: old, context()).map(\.description)
        }
        #expect(try errors(["parentRef": ["resource": "services", "namespace": "y", "name": "x"]]) == [])
        #expect(
            try errors(["parentRef": ["resource": "services", "namespace": "y", "name": "z"]]) == [
                #"spec.parentRef: Invalid value: {"Group":"","Resource":"services","Namespace":"y","Name":"z"}: field is immutable"#
            ])
        #expect(
            try errors([:]) == [
                "spec.parentRef: Required value", #"spec.parentRef: Invalid value: "null": field is immutable"#,
            ])
    }

    @Test func serviceCIDRGainsASecondFamilyOnly() throws {
        func errors(_ old: Value, _ new: Value) throws -> [String] {
            try ServiceCIDRStrategy().validateUpdate(
                ["spec": ["cidrs": new]], old: ["spec": ["cidrs": old]], context()
            ).map(\.description)
        }
        #expect(try errors(["10.97.0.0/24"], ["10.97.0.0/24", "fd00:97::/112"]) == [])
        #expect(
            try errors(["10.97.0.0/24"], ["10.97.0.0/24", "fd00:97::/112", "fd00:98::/112"]) == [
                #"spec.cidrs: Invalid value: ["10.97.0.0/24","fd00:97::/112","fd00:98::/112"]: field is immutable"#
            ])
    }

    @Test func slicesLoseDeprecatedTopologyAndWarnWhereSomebodyCanHelp() throws {
        var slice: Value = [
            "addressType": "FQDN", "endpoints": [["addresses": ["a.b"], "deprecatedTopology": ["a": "b"]]],
        ]
        let strategy = EndpointSliceStrategy()
        strategy.prepareForCreate(&slice, try context())
        #expect(slice["endpoints"] == [["addresses": ["a.b"]]])
        #expect(strategy.warnings(for: slice, old: nil) == ["spec.addressType: FQDN endpoints are deprecated"])
        #expect(strategy.warnings(for: slice, old: slice) == [])
        slice = ["addressType": "IPv6", "endpoints": [["addresses": ["FD00::1"]]]]
        #expect(strategy.warnings(for: slice, old: nil).count == 1)
        slice["metadata"] = ["labels": ["endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"]]
        #expect(strategy.warnings(for: slice, old: nil) == [])
    }

    @Test func emptySlicesAreWrittenAsNull() {
        var slice: Value = ["addressType": "IPv4", "endpoints": [["addresses": ["10.1.1.1"]]]]
        EndpointSliceStrategy().setDefaults(&slice)
        #expect(slice["ports"] == .null)
        #expect(slice["endpoints"] == [["addresses": ["10.1.1.1"], "conditions": [:]]])
        slice["ports"] = [["port": 80]]
        EndpointSliceStrategy().setDefaults(&slice)
        #expect(slice["ports"] == [["name": "", "port": 80, "protocol": "TCP"]])
    }
}
