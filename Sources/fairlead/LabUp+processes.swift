import FairleadLab
import FairleadRemote
import FairleadServer
import Foundation

extension LabUp {
    /// A server of the lab's own, if flags for one are given or nobody answers where a server would be; nil otherwise.
    func ownServer() async throws -> OwnServer? {
        if serverFlags.isEmpty {
            if options.server != nil { return nil }
            // Nobody answers: that is the question.
            if (try? await RemotePage.get(try options.found().server, "/livez")) != nil { return nil }
        }
        try lab.folder.make()
        return try await OwnServer.start([LabProcess.own, "serve"] + serverFlags, log: lab.folder.serverLog)
    }

    /// Starts this command anew as root of a user namespace, in which it may make networks. The network that it is in
    /// stays the machine's, where the server is.
    func enterUserNamespace() throws {
        guard LabProcess.mayMakeUserNamespaces() else {
            throw failure(
                "this needs root, or a kernel that lets users make user namespaces (and `unshare` of util-linux): "
                    + "sudo fairlead lab up")
        }
        setenv(LabOptions.insideVariable, LabOptions.base, 1)
        let command =
            [LabProcess.path(of: "unshare"), "--user", "--map-root-user", "--mount", "--", LabProcess.own]
            + CommandLine.arguments.dropFirst()
        throw failure("\(LabVisit.become(command))")
    }

    /// Starts the lab in the background, and waits until it is up.
    func runDetached() async throws {
        let folder = lab.folder
        if folder.isRunning { throw failure("\(LabProblem.isRunning(folder))") }
        var arguments = Array(CommandLine.arguments.dropFirst())
        if let place = arguments.firstIndex(of: "--detach") { arguments.remove(at: place) }
        let process: LabProcess
        do {
            try folder.make()
            process = try LabProcess.start([LabProcess.own] + arguments, log: folder.log, leadsSession: true)
        } catch {
            throw failure("\(error)")
        }
        while true {
            if let report = folder.report(), report.isReady, report.process == Int(process.id) {
                let text = LabText(report, lab.names)
                return StandardStream.output.write(text.text + text.examples)
            }
            if process.exitStatus() != nil {
                StandardStream.error.write(process.output)
                throw failure("the lab does not come up")
            }
            usleep(50_000)
        }
    }
}
