package import FairleadContainers
import FairleadModel

/// Why an applet ends early.
package struct AppletFailure: Error, Sendable {
    /// What is written to the standard error, after the name of the applet; nil for nothing.
    var message: String?
    var status: Int32

    /// A failure with its message and status.
    package init(_ message: String?, status: Int32 = 1) {
        self.message = message
        self.status = status
    }
}

/// A small program with standard streams, as busybox has them.
package struct Applet: Program {
    private let body: @Sendable (Process) async throws -> Int32

    /// An applet made of a function; what it throws is said on the standard error.
    package init(_ body: @escaping @Sendable (Process) async throws -> Int32) { self.body = body }

    /// Runs the function, and turns what it throws into a message and a status.
    package func run(_ process: Process) async -> ExitStatus {
        do {
            return ExitStatus(try await body(process))
        } catch let failure as AppletFailure {
            if let message = failure.message { await process.complain("\(process.appletName): \(message)") }
            return ExitStatus(failure.status)
        } catch let error as FileError {
            await process.complain("\(process.appletName): \(error)")
            return .failure
        } catch let error as NetworkError {
            await process.complain("\(process.appletName): \(error)")
            return .failure
        } catch {
            if Task.isCancelled { return .killed }
            guard let reason = (process.output as? FileSink)?.failure else { return ExitStatus(141) }
            await process.complain("\(process.appletName): write error: \(reason)")
            return .failure
        }
    }
}

extension Process {
    /// The name that a program was called by, without its directory.
    package var appletName: String { arguments.first.map { String($0.split(separator: "/").last ?? "") } ?? "" }

    /// The words after the name.
    package var words: [String] { Array(arguments.dropFirst()) }

    /// Opens a file, or the standard input for `-`.
    package func open(_ path: String) throws(FileError) -> any ByteSource {
        if path == "-" { return input }
        if case .descriptor(0)? = SpecialPath(path) { return input }
        return try world.files.source(self.path(path), as: credentials)
    }

    /// Opens a file to be written, or one of the standard streams.
    package func sink(_ path: String, appending: Bool = false) throws(FileError) -> any ByteSink {
        switch SpecialPath(path) {
        case .descriptor(1): return output
        case .descriptor(2): return errors
        case .process(let id, let number):
            guard let entry = world.processes.entry(id) else { throw .notFound }
            return number == 2 ? entry.errors : entry.output
        default: break
        }
        return try world.files.sink(
            self.path(path), appending: appending, mode: 0o666 & ~umask, as: credentials)
    }

    /// What is at a path; a directory has the size of a block, as on a disk.
    package func status(_ path: String, followsLast: Bool = true) throws(FileError) -> FileStatus {
        var status = try world.files.status(self.path(path), followsLast: followsLast, as: credentials)
        if status.kind == .directory { status.size = 4_096 }
        return status
    }

    /// Calls a function with each file of a list, or with the standard input; says what cannot be opened.
    ///
    /// - Returns: 1 if one could not be opened, otherwise 0.
    package func eachInput(
        _ paths: [String], _ body: (_ path: String, _ source: any ByteSource) async throws -> Void
    ) async throws -> Int32 {
        var status: Int32 = 0
        for path in paths.isEmpty ? ["-"] : paths {
            let source: any ByteSource
            do throws(FileError) {
                source = try open(path)
            } catch {
                await complain("\(appletName): can't open '\(path)': \(error)")
                status = 1
                continue
            }
            try await body(path, source)
        }
        return status
    }

    /// All bytes of a source, 8 MiB at most.
    package func all(_ source: any ByteSource) async throws -> [UInt8] {
        guard let bytes = await source.all(limit: 8 << 20) else { throw AppletFailure("out of memory") }
        if Task.isCancelled { throw BrokenPipe() }
        return bytes
    }

    /// Writes a line, and ends the applet if nobody reads it.
    package func put(_ line: String) async throws { try await output.write(line + "\n") }
}

extension Process {
    /// Starts another command in its place, for applets that run one; complains if it cannot.
    package func start(_ child: Process) async throws -> Int32 {
        do throws(LaunchError) {
            return await child.run(try world.commands.program(for: child)).code
        } catch {
            switch error {
            case .notFound(let name):
                throw AppletFailure("can't execute '\(name)': No such file or directory", status: 127)
            case .notExecutable(let name):
                throw AppletFailure("can't execute '\(name)': Permission denied", status: 126)
            case .notUnderstood(let text): throw AppletFailure(text, status: 126)
            }
        }
    }
}
