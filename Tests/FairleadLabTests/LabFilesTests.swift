import FairleadModel
import Foundation
import Testing

@testable import FairleadLab

struct LabFilesTests {
    @Test(arguments: ["node/node-1", "pod/default/web-1", "outside"])
    func targetsAreRead(text: String) throws { #expect(try #require(LabTarget(text)).description == text) }

    @Test(arguments: ["", "node", "node/", "pod/web", "pod/a/b/c", "outside/x", "host"])
    func whatIsNoTargetIsRefused(text: String) { #expect(LabTarget(text) == nil) }

    @Test func namesAreAskedOfTheDNSAlone() {
        let system =
            "passwd: files\n hosts:  files mdns4_minimal [NOTFOUND=return] resolve dns\nhosts : x\nnetworks: files\n"
        #expect(ResolverFiles.nameServices(of: system) == "hosts: files dns\npasswd: files\nnetworks: files\n")
    }

    @Test func nodesFindServicesByTheirNamespace() {
        #expect(
            ResolverFiles.node(nameserver: "10.96.0.10", domain: "cluster.local")
                == "search svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n")
        #expect(ResolverFiles.node(nameserver: "", domain: "x").hasPrefix("#"))
    }

    @Test func aReportIsReadAsItWasWritten() throws {
        var report = LabReport(process: 42, server: "http://127.0.0.1:8080", isPrivate: true)
        report.isReady = true
        report.nameserver = "10.96.0.10"
        report.serverLog = "/x/server.log"
        report.nodes = [
            .init(name: "node-1", namespace: "t.node.node-1", addresses: ["10.0.0.1"], pods: 3, proxy: nil, restarts: 1)
        ]
        report.pods = 7
        report.outside = "t.outside"
        report.clients = ["198.51.100.1"]
        report.entrances = ["172.18.255.1": "node-1"]
        #expect(LabReport(report.value) == report)
        #expect(LabReport(["kind": "Lab", "process": 1]) == nil && LabReport(.null) == nil)
    }

    @Test func oneProcessAtATimeRunsALab() throws {
        let base = NSTemporaryDirectory() + "lab-\(UUID().uuidString)"
        let folder = LabFolder(names: LabNames(lab: "t"), base: base, isPrivate: true)
        #expect(!folder.isRunning)
        let lock = try #require(try folder.takeLock())
        #expect(folder.isRunning)
        #expect(try folder.takeLock() == nil)
        close(lock)
        #expect(!folder.isRunning)
        folder.write(LabReport(process: 42, server: "u", isPrivate: true))
        #expect(folder.report()?.server == "u")
        folder.remove()
        #expect(folder.report() == nil)
        #expect(!FileManager.default.fileExists(atPath: base))
    }

    @Test(arguments: [("fairlead", true), ("a-1", true), ("", false), ("A", false), ("a.b", false), ("../x", false)])
    func labsHavePlainNames(name: String, isValid: Bool) { #expect(LabNames.isValid(name) == isValid) }

    @Test func programsAreRunWithTheirInput() throws {
        let result = try Programs.run("/bin/sh", ["-s", "x y"], input: "echo \"$1\"; echo bad >&2; exit 3\n")
        #expect(result.status == 3 && result.output == "x y\nbad\n")
        #expect(try Programs.run("/nowhere/x", [], input: "").status == 127)
        #expect(Programs.find("sh") != nil && Programs.find("no-such-program") == nil)
    }

    @Test func theServersWelcomeSaysWhereItIs() {
        let begun = "listening on http://127.0.0.1:1234\n"
        #expect(OwnServer.url(in: begun) == nil)
        #expect(OwnServer.url(in: begun + "Kubernetes v1.36.2 …\n") == "http://127.0.0.1:1234")
    }
}
