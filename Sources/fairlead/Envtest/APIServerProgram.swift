import FairleadServer
import Foundation

/// What this program is when it is called `kube-apiserver`: `fairlead serve` with the flags that kube-apiserver has.
///
/// As test kits want it, there is no controller and no machine, unless `FAIRLEAD_ENVTEST_CONTROLLERS` names some.
enum APIServerProgram {
    static func main() async {
        let arguments = ComponentArguments(CommandLine.arguments.dropFirst(), switches: APIServerFlags.switches)
        if arguments.values["help"] != nil || arguments.values["h"] != nil {
            return StandardStream.output.write(APIServerFlags.help)
        }
        if arguments.values["version"] != nil {
            return StandardStream.output.write("Kubernetes \(FairleadVersion.kubernetes)\n")
        }
        BuiltInTypes.prepare()
        do {
            var flags = APIServerFlags(arguments)
            try flags.translate(
                controllers: ProcessInfo.processInfo.environment["FAIRLEAD_ENVTEST_CONTROLLERS"] ?? "")
            flags.result += ["--data", await data(arguments["etcd-servers"] ?? "")]
            if !flags.ineffective.isEmpty {
                StandardStream.error.write(
                    "warning: these flags have no effect here: \(flags.ineffective.joined(separator: " "))\n")
            }
            let serve = try Serve.parse(flags.result)
            let parent = ParentWatch()
            try await serve.run()
            withExtendedLifetime(parent) {}
        } catch let problem as ComponentProblem {
            StandardStream.error.write("error: \(problem)\n")
            ProgramEnd.now(status: 1)
        } catch {
            Serve.exit(withError: error)
        }
    }

    /// In the folder of the etcd that is this program as well; else in memory.
    private static func data(_ servers: String) async -> String {
        let first = servers.split(separator: ",").first.map(String.init) ?? ""
        if let address = ComponentURL.address(first), let folder = await EtcdStandIn.folder(of: address) {
            return folder + "/fairlead.db"
        }
        StandardStream.error.write(
            "warning: nothing is kept: at --etcd-servers \(first) is no etcd of fairlead's (fairlead envtest assets)\n")
        return ":memory:"
    }
}
