import FairleadModel
import Foundation
import Testing

@testable import FairleadControllers
@testable import FairleadExplanation

/// One golden text per cause, in Golden/explanations. `FAIRLEAD_WRITE_GOLDEN=1 swift test` writes them anew.
struct ServiceExplanationTests {
    typealias Case = ExplanationCase
    typealias Cause = ServiceExplanation.Cause

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "Golden/explanations")

    @Test(arguments: Cause.allCases)
    func everyCauseIsFoundAndToldAsInItsGoldenText(_ cause: Cause) throws {
        let example = Case.example(cause)
        let explanation = example.explain()
        #expect(explanation.findings.map(\.cause) == example.causes)
        for finding in explanation.findings {
            #expect(!finding.message.isEmpty && !finding.object.name.isEmpty)
            #expect(finding.commands.isEmpty == Self.nothingToDo.contains(finding.cause))
        }
        let file = Self.folder.appending(path: cause.rawValue + ".txt")
        if ProcessInfo.processInfo.environment["FAIRLEAD_WRITE_GOLDEN"] != nil {
            try Data(explanation.text.utf8).write(to: file)
        }
        #expect(explanation.text == String(decoding: try Data(contentsOf: file), as: UTF8.self))
    }

    /// What is as it was meant, or passes by itself.
    private static let nothingToDo: Set<Cause> = [
        .externalName, .externalNamePorts, .allTerminating, .allFinished, .loadBalancerPending,
    ]

    @Test func aNodeThatIsNotReadyIsNamedAndBroughtBack() throws {
        func finding(_ node: String) throws -> ServiceExplanation.Finding {
            let one = Case(service: Case.service(), pods: [Case.pod("a", ready: false, node: node)], causes: [])
            return try #require(one.explain().findings.first)
        }
        let silent = try finding("n2")
        #expect(silent.details == ["pod a: its node n2 is NotReady: Kubelet stopped posting node status."])
        #expect(silent.object == .init(kind: "Node", name: "n2"))
        #expect(silent.commands == ["kubectl describe node n2"])
        #expect(try finding("n3").commands.first == "kubectl annotate node n3 fairlead.dev/down-")
        // One that nobody has ever reported on is no machine that failed: without kubelets there is nothing else.
        #expect(try finding("n4").object.kind == "Pod")
        let published = Case(
            service: Case.service(("publishNotReadyAddresses", true)),
            pods: [Case.pod("a", ready: false, node: "n2")], causes: [])
        #expect(published.explain().findings.isEmpty)
    }

    @Test func aServiceThatWorksHasNothingToExplain() {
        let service = Case.service(("publishNotReadyAddresses", true))
        let explanation = Case(
            service: service, pods: [Case.pod("web-1"), Case.pod("web-2", ready: false)],
            slices: [Case.slice(ready: 2, notReady: 0)]
        ).explain()
        #expect(explanation.findings.isEmpty)
        #expect(explanation.text.hasSuffix("Nothing is wrong.\n"))
    }

    @Test func longListsAreCutAndCounted() throws {
        let pods = (0..<25).map { Case.pod("p\($0)", ready: false) }
        let finding = try #require(Case(service: Case.service(), pods: pods).explain().findings.first)
        #expect(finding.details.count == 11 && finding.details.last == "and 15 more")
    }

    @Test func programsGetTheSameAsATree() throws {
        let json = Case.example(.selectorMatchesNothing).explain().json
        let finding = try #require(json["findings"]?.array?.first)
        #expect(finding["cause"] == "SelectorMatchesNothing" && finding["severity"] == "Error")
        #expect(finding["commands"] == ["kubectl -n ns set selector service web app=wbe"])
        #expect(finding["object"] == ["kind": "Service", "name": "web", "namespace": "ns"])
    }
}
