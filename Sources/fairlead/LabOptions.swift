import ArgumentParser
import FairleadLab
import FairleadRemote
import FairleadServer
import Foundation

/// Which lab a command is about.
struct LabOptions: ParsableArguments {
    @Option(name: .long, help: "The lab's name, with which the names of its namespaces begin.")
    var name = "fairlead"

    func validate() throws {
        guard LabNames.isValid(name) else {
            throw ValidationError("--name \(name): letters, digits and dashes are wanted, at most 30")
        }
    }

    var names: LabNames { LabNames(lab: name) }

    /// Set for a process that has entered the user namespace of a lab: where its folder is.
    static let insideVariable = "FAIRLEAD_LAB_FOLDER"

    /// Where the user is: entering a mount namespace leads to its root.
    static let directoryVariable = "FAIRLEAD_LAB_DIRECTORY"

    static var isInside: Bool { ProcessInfo.processInfo.environment[insideVariable] != nil }

    static var isRoot: Bool { geteuid() == 0 && !isInside }

    static var base: String {
        ProcessInfo.processInfo.environment[insideVariable]
            ?? LabFolder.base(isRoot: geteuid() == 0, user: getuid())
    }

    var folder: LabFolder { LabFolder(names: names, base: Self.base, isPrivate: !Self.isRoot) }

    /// - Throws: if the lab is not up.
    func report() throws -> LabReport {
        let folder = folder
        guard folder.isRunning, let report = folder.report() else {
            throw failure("there is no lab \(name): bring it up with `fairlead lab up`")
        }
        return report
    }

    /// Prepares for becoming another program, which shall not know of all this.
    static func forget() {
        if let directory = ProcessInfo.processInfo.environment[directoryVariable] { chdir(directory) }
        unsetenv(directoryVariable)
        unsetenv(insideVariable)
    }

    /// Starts this command anew in the user namespace of a lab; returns only if that fails.
    func enter(_ report: LabReport) -> ExitCode {
        setenv(Self.insideVariable, Self.base, 1)
        setenv(Self.directoryVariable, FileManager.default.currentDirectoryPath, 1)
        let command =
            [
                LabProcess.path(of: "nsenter"), "--target", String(report.process), "--user", "--mount",
                "--preserve-credentials", "--", LabProcess.own,
            ] + CommandLine.arguments.dropFirst()
        return failure("\(LabVisit.become(command))")
    }
}

extension LabReport {
    /// The server that the lab is of.
    func found() throws -> FoundServer {
        do throws(RemoteServer.Refusal) {
            return kubeconfig.isEmpty
                ? FoundServer(try ServerURL(server)) : try FoundServer(kubeconfig: kubeconfig)
        } catch {
            throw failure(error.description)
        }
    }
}

/// What `lab up` and `lab status` print.
struct LabText {
    private let report: LabReport
    private let names: LabNames

    init(_ report: LabReport, _ names: LabNames) {
        self.report = report
        self.names = names
    }

    private static let mostRows = 20

    var text: String {
        var rows = report.nodes.prefix(Self.mostRows).map { node in
            let proxy =
                node.proxy == nil ? ", no proxy" : node.restarts == 0 ? "" : ", proxy restarted \(node.restarts)x"
            return [
                "node/\(node.name)", node.addresses.joined(separator: " "), node.namespace,
                "\(node.pods) pod\(node.pods == 1 ? "" : "s")\(proxy)",
            ]
        }
        if report.nodes.count > Self.mostRows {
            rows.append(["and \(report.nodes.count - Self.mostRows) more nodes", "", "", ""])
        }
        rows.append(["outside", report.clients.joined(separator: " "), report.outside, ""])
        var lines = ["The lab \(names.lab) of \(report.server) is \(report.isReady ? "up" : "being built"):"]
        lines += Self.table(rows)
        if !report.serverLog.isEmpty {
            lines.append("The server has been started for the lab, and ends with it. Its log: \(report.serverLog)")
        }
        if !report.entrances.isEmpty {
            lines.append("From outside, packets go")
            let ways = report.entrances.sorted { $0.key < $1.key }
            lines += Self.table(ways.prefix(Self.mostRows).map { ["to \($0.key)", "by \($0.value)"] })
            if ways.count > Self.mostRows { lines.append("  and \(ways.count - Self.mostRows) more addresses") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    var examples: String {
        let name = names.lab == "fairlead" ? "" : " --name \(names.lab)"
        let node = report.nodes.first
        var lines = ["Try, in another terminal:"]
        if let node {
            let kubectl =
                "kubectl "
                + (report.kubeconfig.isEmpty
                    ? "--server \(report.server)" : "--kubeconfig \(Welcome.shellWord(report.kubeconfig))")
            lines.append("  \(kubectl) create deployment web --image=nginx --replicas=3")
            lines.append("  \(kubectl) create service nodeport web --tcp=80 --node-port=30007")
            lines.append("  fairlead lab exec\(name) node/\(node.name) -- curl -s http://web.default")
            lines.append("  fairlead lab exec\(name) outside -- curl -s http://\(node.addresses.first ?? ""):30007")
            lines.append(
                "  fairlead explain packet --from node/\(node.name) --to web.default.svc.\(report.clusterDomain):80")
        }
        return (lines + ["  fairlead lab down\(name)"]).joined(separator: "\n") + "\n"
    }

    private static func table(_ rows: [[String]]) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return ("  " + cells.joined(separator: "  ")).trimmingEnd
        }
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self[...]
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}
