import ArgumentParser
import FairleadServer

/// `fairlead status`: whether a server is up, and the state of its cluster.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say whether a server is up, and how its cluster is.",
        discussion: "Ends with status 0 if it is ready, and 1 if it is not, or if nobody answers.")

    @OptionGroup var options: ServerOptions

    func run() async throws {
        let address = try options.address()
        let page = try await options.get("/debug/status")
        guard page.status == 200 else {
            throw failure("\(address.url) is no server of this program, or one of an older version")
        }
        StandardStream.output.write("\(address.url)\n\(page.body)")
        if try await options.get("/readyz").status != 200 { throw ExitCode.failure }
    }
}
