import ArgumentParser
import FairleadServer
import Foundation

/// `fairlead envtest`: this program in place of the binaries that test kits start.
struct EnvtestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "envtest", abstract: "Stand in for etcd and kube-apiserver in test kits (envtest, jenvtest, …).",
        subcommands: [Assets.self])

    struct Assets: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "assets", abstract: "Make the directory in which test kits look for their binaries.",
            discussion: """
                As in: export KUBEBUILDER_ASSETS=$(fairlead envtest assets)
                The directory has links named etcd and kube-apiserver to this program, and one to kubectl if there is \
                one in $PATH; in its folder k8s, the same as setup-envtest, jenvtest and kube-api-test arrange them. \
                FAIRLEAD_ENVTEST_CONTROLLERS names controllers that run in these servers: *, machines, or names as \
                --controllers of `fairlead serve` takes them.
                """)

        @Argument(help: "The directory. (default: envtest in the user's data directory)")
        var directory: String?

        func run() throws {
            let folder = directory ?? (DataFile.path(nil) as NSString).deletingLastPathComponent + "/envtest"
            do throws(EnvtestAssets.Problem) {
                let path = try EnvtestAssets.make(
                    in: folder, search: ProcessInfo.processInfo.environment["PATH"] ?? "")
                StandardStream.output.write(path + "\n")
            } catch {
                throw failure(error.description)
            }
        }
    }
}
