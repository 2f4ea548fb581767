import FairleadModel
import Testing

@testable import FairleadDNS

/// What a question may cost, however much there is to say.
struct AnswerBudgetTests {
    private func resolver(_ source: MemoryRecordSource) throws -> ZoneResolver {
        let settings = ZoneSettings(domain: try #require(DomainName("cluster.local")))
        return ZoneResolver(settings: settings, index: ZoneIndex(source: source, includesPods: false))
    }

    private func resolve(
        _ name: String, _ type: RecordType, _ source: MemoryRecordSource, bytes: Int = 1232, turn: Int = 0
    ) throws -> Resolution {
        let question = Question(try #require(DomainName(name)), type)
        return try #require(
            try resolver(source).resolve(question, local: nil, budget: AnswerBudget(bytes: bytes), turn: turn))
    }

    /// Headless, in slices of a thousand.
    private func source(slices: Int, address: (Int, Int) -> String = { "10.\($0).\($1 / 250).\($1 % 250)" })
        -> MemoryRecordSource
    {
        let source = MemoryRecordSource.cluster()
        for slice in 0..<slices {
            source.putSlice(
                "big-\(slice)", of: "none",
                endpoints: .array((0..<1000).map { ["addresses": [.string(address(slice, $0))]] }))
        }
        return source
    }

    @Test func ofFiftyThousandAddressesOnlyThoseThatFitAreMade() throws {
        let resolution = try resolve("none.ns.svc.cluster.local", .a, source(slices: 50))
        #expect(resolution.isCut)
        #expect(resolution.answers.count == AnswerBudget(bytes: 1232).records)
        var message = Message(id: 1, asking: Question(try #require(DomainName("none.ns.svc.cluster.local")), .a))
        message.answers = resolution.answers
        let cut = try Message(bytes: message.bytes(limit: 1232))
        #expect(cut.header.isTruncated)
        #expect(cut.answers.count < resolution.answers.count)
    }

    @Test func theWalkLooksAtNoMoreThanItTakes() {
        let slices = source(slices: 50).load([.endpointSlices]).objects.map { SliceRecords($0) }.filter {
            $0.serviceName == "none"
        }
        let scope = FindingScope(type: .a, limit: 88)
        var budget = AnswerBudget(bytes: 1232)
        let wanted = NameRequest.ServiceName(namespace: "ns", name: "none")
        let findings = EndpointWalk(slices: slices, wanted: wanted, scope: scope, base: []).run(&budget)
        #expect(findings?.list.count == 88)
        #expect(AnswerBudget.mostSteps - budget.steps == 88)
    }

    @Test func theOtherFamilyIsNoDataAndNotCut() throws {
        let resolution = try resolve("none.ns.svc.cluster.local", .aaaa, source(slices: 50))
        #expect(!resolution.isCut)
        #expect(resolution.code == .noError)
        #expect(resolution.answers.isEmpty)
        #expect(!resolution.authorities.isEmpty)
    }

    @Test func copiesOfOneAddressEndAtSomePoint() throws {
        let few = try resolve("none.ns.svc.cluster.local", .a, source(slices: 2) { _, _ in "10.0.0.1" })
        #expect(few.answers.count == 1)
        #expect(!few.isCut)
        let many = try resolve("none.ns.svc.cluster.local", .a, source(slices: 50) { _, _ in "10.0.0.1" })
        #expect(many.answers.count == 1)
        #expect(many.isCut)
    }

    @Test func oneEndpointOfFiftyThousandIsFoundWithoutLookingAtTheOthers() throws {
        let source = source(slices: 50)
        let resolver = try resolver(source)
        for name in ["10-49-3-249", "10-0-0-0"] {
            let question = Question(try #require(DomainName("\(name).none.ns.svc.cluster.local")), .a)
            var budget = AnswerBudget(bytes: 1232)
            budget.steps = 3
            let resolution = try #require(resolver.resolve(question, local: nil, budget: budget))
            #expect(resolution.answers.count == 1)
            #expect(!resolution.isCut)
        }
        let missing = try resolve("10-77-0-0.none.ns.svc.cluster.local", .a, source)
        #expect(missing.code == .nameError)
    }

    @Test func weightsCountTheEndpointsThatAreLeftOut() throws {
        let source = MemoryRecordSource.cluster()
        source.putSlice(
            "s", of: "none", endpoints: .array((0..<30).map { ["addresses": [.string("10.0.0.\($0)")]] }))
        let question = Question(try #require(DomainName("none.ns.svc.cluster.local")), .srv)
        let budget = AnswerBudget(bytes: 120)
        let resolution = try #require(try resolver(source).resolve(question, local: nil, budget: budget))
        #expect(resolution.isCut)
        #expect(resolution.answers.count == (budget.records + 1) / 2)
        guard case .service(_, let weight, _, _) = try #require(resolution.answers.first).data else {
            Issue.record("no SRV record")
            return
        }
        #expect(weight == 3)
    }

    @Test func turnsShowOtherEndpoints() throws {
        let resolver = try resolver(source(slices: 3))
        let question = Question(try #require(DomainName("none.ns.svc.cluster.local")), .a)
        let budget = AnswerBudget(bytes: 1232)
        var seen: Set<ResourceRecord> = []
        for turn in stride(from: 0, to: 3000, by: 50) {
            let answers = resolver.resolve(question, local: nil, budget: budget, turn: turn)?.answers ?? []
            #expect(answers.count == budget.records)
            seen.formUnion(answers)
        }
        #expect(seen.count == 3000)
    }

    @Test func anAddressOfTenThousandServicesHasAsManyNamesAsFit() throws {
        let source = MemoryRecordSource.cluster()
        for number in 0..<2000 {
            source.putSlice("s\(number)", of: "s\(number)", endpoints: [["addresses": ["10.9.9.9"]]])
        }
        let resolution = try resolve("9.9.9.10.in-addr.arpa", .ptr, source)
        #expect(resolution.isCut)
        #expect(resolution.answers.count == AnswerBudget(bytes: 1232).records)
    }

    /// Slices of names, each of which leads to another Service of such slices: the paths are as many as 200 to the tenth.
    @Test func aliasesThatBranchEndAtSomePoint() throws {
        let source = MemoryRecordSource.cluster()
        for level in 0..<10 {
            source.putService("l\(level)", ["type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]])
            // Names below a name that is on the way already are not followed, so each endpoint has a name of its own.
            source.putSlice(
                "l\(level)", of: "l\(level)", addressType: "FQDN",
                endpoints: .array((0..<200).map { _ in ["addresses": [.string("l\(level + 1).ns.svc.cluster.local")]] })
            )
        }
        source.putService("l10", ["type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]])
        source.putSlice("l10", of: "l10", endpoints: [["addresses": ["10.0.0.1"]]])
        let resolution = try resolve("l0.ns.svc.cluster.local", .a, source, bytes: 65535)
        #expect(resolution.isCut)
        #expect(resolution.answers.count <= AnswerBudget(bytes: 65535).records)
    }
}
