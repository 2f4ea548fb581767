import ArgumentParser
import FairleadServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `fairlead reset`: deletes a database, so that the next server begins with an empty cluster.
struct ResetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Delete a database that no server has open: the next start is an empty cluster.",
        discussion: "Nothing but a database of this program is deleted. The kubeconfig and the keys beside it stay.")

    @Option(name: .long, help: "The data file. (default: in the user's data directory)")
    var data: String?

    @Flag(name: .long, help: "Do not ask.")
    var yes = false

    func run() throws {
        let path = DataFile.path(data)
        do {
            let reset = try DatabaseReset(path: path)
            guard let reset else { return StandardStream.output.write("\(path) does not exist: nothing to delete\n") }
            defer { reset.close() }
            if !yes {
                guard isatty(0) == 1 else {
                    throw failure("not deleted, as nobody can be asked: --yes deletes without asking")
                }
                StandardStream.output.write(
                    "Everything in \(path) will be deleted (\(reset.contents)). Type yes to go on: ")
                guard readLine() == "yes" else {
                    throw failure("not deleted")
                }
            }
            try reset.delete()
            StandardStream.output.write("deleted \(path) (\(reset.contents))\n")
        } catch let error as StartupError {
            throw failure(error.description)
        }
    }
}
