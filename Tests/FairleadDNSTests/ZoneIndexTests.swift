import FairleadModel
import Testing

@testable import FairleadDNS

struct ZoneIndexTests {
    @Test
    func aQuestionAfterACommitSeesIt() throws {
        let source = MemoryRecordSource.cluster()
        let responder = try TestResponder(source)
        #expect(try responder.ask("new.ns.svc.cluster.local", .a).responseCode == .nameError)
        for last in 1...50 {
            source.putService(
                "new", ["type": "ClusterIP", "clusterIP": .string("10.96.1.\(last)"), "ports": [["port": 80]]])
            let answer = try responder.ask("new.ns.svc.cluster.local", .a)
            #expect(answer.answers.map(\.data.description) == ["10.96.1.\(last)"])
            // The address of before belongs to nobody.
            #expect(try responder.ask("\(last - 1).1.96.10.in-addr.arpa", .ptr).responseCode == .nameError)
            #expect(try responder.ask("\(last).1.96.10.in-addr.arpa", .ptr).answers.count == 1)
        }
        source.delete(.services, namespace: "ns", name: "new")
        #expect(try responder.ask("new.ns.svc.cluster.local", .a).responseCode == .nameError)
        #expect(try responder.ask("50.1.96.10.in-addr.arpa", .ptr).responseCode == .nameError)
        #expect(source.loads == 1)
    }

    @Test
    func lostHistoryIsMadeUpForByLoadingEverything() throws {
        let source = MemoryRecordSource.cluster()
        let responder = try TestResponder(source)
        #expect(try responder.ask("web.ns.svc.cluster.local", .a).answers.count == 1)
        source.delete(.services, namespace: "ns", name: "web")
        source.putNamespace("late")
        source.forget()
        #expect(try responder.ask("web.ns.svc.cluster.local", .a).responseCode == .nameError)
        #expect(try responder.ask("late.svc.cluster.local", .a).responseCode == .noError)
        #expect(source.loads == 2)
    }

    @Test
    func anAddressMovesFromOneServiceToAnotherInEitherOrder() throws {
        let source = MemoryRecordSource.cluster()
        let responder = try TestResponder(source)
        let spec: Value = ["type": "ClusterIP", "clusterIP": "10.96.7.7", "ports": [["port": 80]]]
        source.putService("a", spec)
        source.putService("b", spec)
        // The old owner goes after the new one has come.
        source.delete(.services, namespace: "ns", name: "a")
        let answer = try responder.ask("7.7.96.10.in-addr.arpa", .ptr)
        #expect(answer.answers.map(\.data.description) == ["b.ns.svc.cluster.local."])
    }

    @Test
    func oneAddressInSeveralSlicesHasAPointerForEachService() throws {
        let source = MemoryRecordSource.cluster()
        let responder = try TestResponder(source)
        source.putSlice("x", of: "one", endpoints: [["addresses": ["10.9.9.9"]]])
        source.putSlice("y", of: "two", endpoints: [["addresses": ["10.9.9.9"], "hostname": "h"]])
        source.putSlice("z", of: "two", endpoints: [["addresses": ["10.9.9.9"], "hostname": "h"]])
        let names = try responder.ask("9.9.9.10.in-addr.arpa", .ptr).answers.map(\.data.description).sorted()
        #expect(names == ["10-9-9-9.one.ns.svc.cluster.local.", "h.two.ns.svc.cluster.local."])
        source.delete(.endpointSlices, namespace: "ns", name: "x")
        source.delete(.endpointSlices, namespace: "ns", name: "y")
        #expect(try responder.ask("9.9.9.10.in-addr.arpa", .ptr).answers.count == 1)
        source.delete(.endpointSlices, namespace: "ns", name: "z")
        #expect(try responder.ask("9.9.9.10.in-addr.arpa", .ptr).responseCode == .nameError)
    }

    @Test
    func theSerialGrowsWithChangesOfNamesOnly() throws {
        let source = MemoryRecordSource.cluster()
        let responder = try TestResponder(source)
        func serial() throws -> UInt32 {
            let record = try #require(try responder.ask("cluster.local", .soa).answers.first)
            guard case .authority(let soa) = record.data else { return 0 }
            return soa.serial
        }
        let before = try serial()
        #expect(try serial() == before)
        source.putNamespace("more")
        #expect(try serial() > before)
    }

    @Test
    func everyNameInAnSRVOrPTRAnswerResolvesBack() throws {
        let source = MemoryRecordSource.cluster()
        source.putSlice(
            "big", of: "db",
            endpoints: .array((1...60).map { ["addresses": [.string("10.250.0.\($0)")]] }))
        let responder = try TestResponder(source)
        for name in ["web", "db"] {
            let answer = try responder.ask("\(name).ns.svc.cluster.local", .srv)
            #expect(!answer.answers.isEmpty)
            for record in answer.answers {
                guard case .service(_, _, _, let target) = record.data else { continue }
                let addresses =
                    try responder.ask(Question(target, .a)).answers + responder.ask(Question(target, .aaaa)).answers
                #expect(!addresses.isEmpty, "\(target)")
                for case .address(let address) in addresses.map(\.data) {
                    let pointers = try responder.ask(Question(Self.reverse(address), .ptr)).answers
                    #expect(pointers.contains { $0.data == .name(target) }, "\(address)")
                }
            }
        }
    }

    private static func reverse(_ address: IPAddress) throws -> DomainName {
        if address.isIPv4 {
            let parts = address.description.split(separator: ".").reversed().joined(separator: ".")
            return try #require(DomainName("\(parts).in-addr.arpa"))
        }
        let digits = (0..<32).map { String(UInt8(truncatingIfNeeded: address.bits >> UInt128(4 * $0)) & 15, radix: 16) }
        return try #require(DomainName(digits.joined(separator: ".") + ".ip6.arpa"))
    }

    @Test
    func podNamesFollowTheirMode() throws {
        let source = MemoryRecordSource.cluster()
        source.put(
            .pods,
            ["metadata": ["name": "p", "namespace": "ns"], "status": ["phase": "Running", "podIP": "10.244.0.1"]])
        let verified = try TestResponder(source) { $0.podNames = .verified }
        #expect(try verified.ask("10-244-0-1.ns.pod.cluster.local", .a).answers.count == 1)
        #expect(try verified.ask("10-244-0-1.default.pod.cluster.local", .a).responseCode == .nameError)
        #expect(try verified.ask("10-244-0-2.ns.pod.cluster.local", .a).responseCode == .nameError)
        source.put(
            .pods,
            ["metadata": ["name": "p", "namespace": "ns"], "status": ["phase": "Succeeded", "podIP": "10.244.0.1"]])
        #expect(try verified.ask("10-244-0-1.ns.pod.cluster.local", .a).responseCode == .nameError)
        let disabled = try TestResponder(source) { $0.podNames = .disabled }
        #expect(try disabled.ask("10-244-0-1.ns.pod.cluster.local", .a).responseCode == .nameError)
        #expect(try disabled.ask("ns.pod.cluster.local", .a).responseCode == .nameError)
    }

    @Test
    func rotationTurnsAddressesBehindTheAlias() throws {
        let source = MemoryRecordSource.cluster()
        source.putService("to-db", ["type": "ExternalName", "externalName": "db.ns.svc.cluster.local"])
        let responder = try TestResponder(source, rotates: true)
        let question = Question(try #require(DomainName("to-db.ns.svc.cluster.local")), .a)
        let answers = try (0..<2).map { try responder.ask(question, turn: $0).answers.map(\.data.description) }
        #expect(answers[0] == ["db.ns.svc.cluster.local.", "10.244.0.1", "10.244.0.2"])
        #expect(answers[1] == ["db.ns.svc.cluster.local.", "10.244.0.2", "10.244.0.1"])
    }
}
