import FairleadClient
import Foundation
import Testing

@testable import FairleadServer

/// The names that `--controllers` takes.
struct ControllerNamesTests {
    @Test func everyNameIsThereOnceAndInTheReadme() throws {
        let names = ControlPlane.known.flatMap { [$0.name] + ($0.alias.map { [$0] } ?? []) }
        #expect(Set(names).count == names.count)
        let readme = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "README.md")
        let text = try String(contentsOf: readme, encoding: .utf8)
        for controller in ControlPlane.known { #expect(text.contains("`\(controller.name)`"), "\(controller.name)") }
    }

    @Test func aNameOfBeforeKubernetes128LeadsToTheController() throws {
        let selection = try ControlPlane.selection("*,-deployment,-endpointslice")
        let off = ControlPlane.known.map(\.name).filter { !selection.includes($0) }
        #expect(Set(off) == ["deployment-controller", "endpointslice-controller"])
    }

    @Test func machinesAndCloudsStandInUnlessTheClusterIsBare() {
        let names = ControlPlane.known.filter(\.isStandIn).map(\.name)
        #expect(
            Set(names) == [
                "service-lb-controller", "service-explanation-controller", "kube-scheduler", "kubelet",
                "simulated-nodes",
            ])
    }

    @Test func anUnknownNameIsRefused() {
        #expect(throws: ControllerSelection.UnknownName.self) { try ControlPlane.selection("*,-deploy") }
    }
}
