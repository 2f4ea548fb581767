import FairleadContainers
import FairleadModel

/// Prints what volumes look like from inside.
struct MountTestCommand: AgnhostCommand {
    static let name = "mounttest"
    private static let expected = "mount-tester new file\n"
    /// Those that make files, with the modes of these, in the order in which they act.
    private static let makers: [(option: String, mode: UInt16)] = [
        ("new_file_0644", 0o644), ("new_file_0666", 0o666), ("new_file_0660", 0o660), ("new_file_0777", 0o777),
    ]

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        let paths = ["fs_type", "file_mode", "file_perm", "file_owner", "file_content", "file_content_in_loop"]
        for name in paths + makers.map(\.option) { known.values[name] = "" }
        known.values["retry_time"] = "180"
        known.numbers = ["retry_time"]
        known.booleans["break_on_expected_content"] = true
        return known
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        var hasFailed = false
        func act(_ option: String, _ action: (String) async -> Bool) async {
            let path = flags.text(option)
            if !path.isEmpty, await !action(path) { hasFailed = true }
        }
        await act("fs_type") { await Self.fileSystem(process, $0) }
        for (option, mode) in Self.makers { await act(option) { await Self.make(process, $0, mode) } }
        await act("file_mode") { path in
            await Self.look(process, path) { "mode of file \(path.goQuoted): \(GoText.mode($0))" }
        }
        await act("file_perm") { path in
            await Self.look(process, path) { "perms of file \(path.goQuoted): -\(GoText.permissions($0.mode))" }
        }
        await act("file_owner") { path in
            await Self.look(process, path) {
                "owner UID of \(path.goQuoted): \($0.user)\nowner GID of \(path.goQuoted): \($0.group)"
            }
        }
        await act("file_content") { await Self.show(process, $0) }
        await act("file_content_in_loop") { await Self.loop(process, $0, flags) }
        return hasFailed ? .failure : .success
    }

    private static func fileSystem(_ process: Process, _ path: String) async -> Bool {
        do throws(FileError) {
            let type = try process.world.files.mount(of: process.path(path), as: process.credentials).tree.type
            let magic =
                switch type {
                case "tmpfs": "tmpfs"
                case "ext4": "61267"
                case "xfs": "1481003842"
                default: "2035054128"
                }
            await process.print("mount type of \(path.goQuoted): \(magic)")
            return true
        } catch {
            await process.print("error from statfs(\(path.goQuoted)): \(error.description.lowercased())")
            return false
        }
    }

    /// The umask does not count.
    private static func make(_ process: Process, _ path: String, _ mode: UInt16) async -> Bool {
        do throws(FileError) {
            try process.world.files.write(
                Array(expected.utf8), to: process.path(path), mode: mode, as: process.credentials)
        } catch {
            await process.print(
                "error writing new file \(path.goQuoted): open \(path): \(error.description.lowercased())")
            return false
        }
        return await show(process, path)
    }

    private static func look(
        _ process: Process, _ path: String, _ text: (FileStatus) -> String
    ) async -> Bool {
        do throws(FileError) {
            await process.print(text(try process.world.files.status(process.path(path), as: process.credentials)))
            return true
        } catch {
            await process.print("error from lstat(\(path.goQuoted)): lstat \(path): \(error.description.lowercased())")
            return false
        }
    }

    private static func show(_ process: Process, _ path: String) async -> Bool {
        do throws(FileError) {
            let content = String(decoding: try process.read(path), as: UTF8.self)
            await process.print("content of file \(path.goQuoted): \(content)")
            return true
        } catch {
            await process.print(
                "error reading file content for \(path.goQuoted): open \(path): \(error.description.lowercased())")
            return false
        }
    }

    /// Reads again and again; how the last attempt went is the answer.
    private static func loop(_ process: Process, _ path: String, _ flags: CommandFlags) async -> Bool {
        let limit = Duration.seconds(saturating: Double(flags.number("retry_time")))
        let end = process.world.clock.now + limit
        var isWell = false
        while true {
            do throws(FileError) {
                let content = String(decoding: try process.read(path), as: UTF8.self)
                isWell = true
                await process.print("content of file \(path.goQuoted): \(content)")
                if flags.flag("break_on_expected_content") {
                    if content == expected { return true }
                    await process.print("Unexpected content. Expected: \(expected). Retrying")
                }
            } catch {
                isWell = false
                await process.print(
                    "Error reading file \(path): open \(path): \(error.description.lowercased()), retrying")
            }
            guard process.world.clock.now < end, await process.sleep(for: .seconds(2)) else { return isWell }
        }
    }
}
