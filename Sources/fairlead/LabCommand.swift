import ArgumentParser
import FairleadLab
import FairleadModel
import FairleadServer
import Foundation

/// `fairlead lab`: the cluster as a network that packets can be sent in.
struct LabCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "Build the simulated cluster as a real network, and run programs in it.",
        discussion: """
            A network namespace for each node, each pod and a client outside, joined by a bridge; on each node \
            `fairlead proxy`, which programs nftables; for every running pod an echo on its containers' ports, which says \
            who answered and whom it saw. The machine's own network is not touched.

              fairlead lab up
              fairlead lab exec node/node-1 -- curl http://web.default
              fairlead lab exec outside -- curl http://172.18.0.2:30007
              fairlead lab down

            Needs Linux with iproute2 and nftables, and root, or a kernel that lets users make user namespaces.
            """,
        subcommands: [LabUp.self, Exec.self, Status.self, Down.self])

    struct Exec: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "exec",
            abstract: "Run a program on a node, in a pod's network, or outside of the cluster.",
            discussion: """
                Only the network is another one, and resolv.conf, which leads to the cluster DNS; files and users are the \
                machine's. The program's exit status is this command's.
                """)

        @OptionGroup var lab: LabOptions

        @Argument(help: "node/NAME, pod/NAMESPACE/NAME or outside.")
        var target: String

        @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.")
        var command: [String]

        private var program: [String] { command.first == "--" ? Array(command.dropFirst()) : command }

        func validate() throws {
            guard LabTarget(target) != nil else {
                throw ValidationError("\(target): node/NAME, pod/NAMESPACE/NAME or outside is wanted")
            }
            if program.isEmpty { throw ValidationError("no program is given, as in: lab exec \(target) -- curl URL") }
        }

        func run() async throws {
            guard let target = LabTarget(target) else { throw ExitCode.validationFailure }
            let folder = lab.folder
            let report = try lab.report()
            if report.isPrivate, !LabOptions.isInside { throw lab.enter(report) }
            let (namespace, resolver) = try await place(target, report)
            do {
                let files = try ResolverFiles(folder).write(resolver, for: target)
                let path = folder.namespace(namespace)
                LabOptions.forget()
                throw failure("\(LabVisit.become(namespace: path, files: files, command: program))")
            } catch let problem as SystemFailure {
                throw failure("\(problem)")
            }
        }

        /// The namespace of the target, and its resolv.conf.
        private func place(_ target: LabTarget, _ report: LabReport) async throws -> (String, String) {
            switch target {
            case .outside: return (report.outside, ResolverFiles.outside)
            case .node(let name): return (try node(name, report), nodeResolver(report))
            case .pod(let name):
                let path = "/api/v1/namespaces/\(name.namespace)/pods/\(name.name)"
                let pod = PodView(try JSON.parseStored(Array(try await get(path, report).utf8)))
                if LabPod(pod) == nil {
                    throw failure("pod \(name) has no address: it is not running (\(pod.phase))")
                }
                let page = try await get("/debug/resolvconf/\(name.namespace)/\(name.name)", report)
                let resolver = page.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n") + "\n"
                if pod.hostNetwork { return (try node(pod.nodeName, report), resolver) }
                return (lab.names.pod(name), resolver)
            }
        }

        private func node(_ name: String, _ report: LabReport) throws -> String {
            if let node = report.nodes.first(where: { $0.name == name }) { return node.namespace }
            let names = report.nodes.map(\.name).joined(separator: ", ")
            throw failure("the lab has no node \(name); it has \(names.isEmpty ? "none" : names)")
        }

        private func nodeResolver(_ report: LabReport) -> String {
            ResolverFiles.node(nameserver: report.nameserver, domain: report.clusterDomain)
        }

        private func get(_ path: String, _ report: LabReport) async throws -> String {
            let answer = try await report.found().get(path)
            guard answer.status == 200 else {
                let message = (try? JSON.parseStored(Array(answer.body.utf8)))?.text("message")  // or it is plain text
                throw failure(message ?? answer.body.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            return answer.body
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status",
            abstract: "Say what is in the lab. Ends with 1 if it is not up.")

        @OptionGroup var lab: LabOptions

        @Flag(name: .long, help: "As JSON, for programs.")
        var json = false

        func run() throws {
            let report = try lab.report()
            StandardStream.output.write(
                json ? String(decoding: report.value.jsonBytes, as: UTF8.self) + "\n" : LabText(report, lab.names).text)
            if !report.isReady { throw ExitCode.failure }
        }
    }

    struct Down: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "down",
            abstract: "Take the lab down, and everything that one left behind which was killed.")

        @OptionGroup var lab: LabOptions

        func run() throws {
            let folder = lab.folder
            let wasRunning = folder.isRunning
            if wasRunning, let report = folder.report() {
                kill(pid_t(clamping: report.process), SIGTERM)
                for _ in 0..<300 where folder.isRunning { usleep(50_000) }
                if folder.isRunning { kill(pid_t(clamping: report.process), SIGKILL) }
                for _ in 0..<40 where folder.isRunning { usleep(50_000) }
            }
            if folder.isRunning { throw failure("the process that runs the lab does not end") }
            let (namespaces, failures) = Leftovers(folder).remove()
            if let problem = failures.first { throw failure("\(problem)") }
            folder.remove()
            StandardStream.output.write(
                wasRunning || namespaces > 0
                    ? "the lab \(lab.names.lab) is down\n" : "there was no lab \(lab.names.lab)\n")
        }
    }
}
