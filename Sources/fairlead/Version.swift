import ArgumentParser
import FairleadServer

/// `fairlead version`
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the version and the Kubernetes version emulated; so does --version.")

    func run() { print(FairleadVersion.text) }
}
