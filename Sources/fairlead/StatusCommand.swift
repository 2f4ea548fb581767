import ArgumentParser
import FairleadServer

/// `fairlead status`: whether a server is up, and the state of its cluster.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say whether a server is up, and how its cluster is.",
        discussion: "Ends with status 0 if it is ready, and 1 if it is not, or if nobody answers.")

    @OptionGroup var options: ServerOptions

    func run() async throws {
        let server = try options.found()
        let page = try await server.get("/debug/status")
        switch page.status {
        case 200: break
        case 401, 403:
            throw failure(
                "\(server.url) does not let you see its status: use the kubeconfig beside its data, or one of somebody "
                    + "who may get /debug/status")
        default: throw failure("\(server.url) is no server of this program, or one of an older version")
        }
        StandardStream.output.write("\(server.url)\n\(page.body)")
        if try await server.get("/readyz").status != 200 { throw ExitCode.failure }
    }
}
